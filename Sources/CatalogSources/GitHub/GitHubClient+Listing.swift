internal import Base

// Reading which repositories and files there are.
extension GitHubClient {
    /// More pages than that are not believed.
    private static let maximumPages = 2_000
    /// Directories that are read one by one where GitHub cuts a tree short.
    private static let maximumTrees = 1_000

    /// All repositories of an organisation, or of a user, that may be seen.
    ///
    /// - Parameter pageSize: 1 to 100.
    func repositories(of owner: String, pageSize: Int) async throws(GitHubError) -> [GitHubRepository] {
        let name = percentEncoded(owner)
        if let all = try await pages("/orgs/\(name)/repos", [("type", "all")], pageSize) { return all }
        // Private repositories of a user are listed for that user alone.
        if try await isOwn(owner), let all = try await pages("/user/repos", [("affiliation", "owner")], pageSize) {
            return all
        }
        if let all = try await pages("/users/\(name)/repos", [("type", "owner")], pageSize) { return all }
        throw GitHubError(.invisible, "\(host) shows no organisation and no user \(owner)")
    }

    /// A repository by its name; nil when there is none of that name that may be seen.
    func repository(_ fullName: String) async throws(GitHubError) -> GitHubRepository? {
        let answer = try await send(Request(path: "/repos/\(GitHubPlace.encoded(fullName))"))
        guard answer.status == 200 else { return nil }
        guard let repository = GitHubRepository(try document(answer)) else { throw malformed("a repository") }
        return repository
    }

    /// The files of a branch whose paths match; nil when the repository is empty, none when there is no such branch.
    func paths(
        in repository: String, at branch: String, matching pattern: GitHubPathPattern
    ) async throws(GitHubError) -> [String]? {
        switch try await tree(repository, percentEncoded(branch), isRecursive: true) {
        case .empty: return nil
        case .absent, .unchanged: return []
        case .tree(let root):
            return root.isTruncated ? try await walk(repository, branch, pattern) : root.files.filter(pattern.matches)
        }
    }

    private func isOwn(_ user: String) async throws(GitHubError) -> Bool {
        guard host.token != nil else { return false }
        // Tokens of apps are nobody's: 403.
        let answer = try await send(Request(path: "/user"), absences: [403, 404])
        guard answer.status == 200 else { return false }
        return try document(answer)["login"]?.stringValue?.lowercased() == user.lowercased()
    }

    /// Nil when there is nothing at the path. In the order of names, so that pushes meanwhile move no page's bounds.
    private func pages(
        _ path: String, _ query: [(name: String, value: String)], _ size: Int
    ) async throws(GitHubError) -> [GitHubRepository]? {
        var all: [GitHubRepository] = []
        for page in 1...Self.maximumPages {
            let answer = try await send(
                Request(
                    path: path,
                    query: query + [("sort", "full_name"), ("per_page", "\(size)"), ("page", "\(page)")]))
            guard answer.status == 200 else {
                if page == 1 { return nil }
                throw GitHubError(.incomplete, "\(host)\(path): page \(page) is not there")
            }
            // With single sign-on, GitHub leaves out what the token is not authorised for and answers 200.
            if answer.headers["X-GitHub-SSO"]?.contains("partial-results") == true {
                throw GitHubError(.forbidden, "\(host)\(path): GitHub lists a part only; authorise the token for SSO")
            }
            let (found, isLast) = try self.page(answer, size)
            all += found
            if isLast { return all }
        }
        throw GitHubError(.unexpected, "\(host)\(path): more than \(Self.maximumPages) pages")
    }

    private func page(
        _ answer: Answer, _ size: Int
    ) throws(GitHubError) -> (repositories: [GitHubRepository], isLast: Bool) {
        guard let elements = try document(answer).arrayValue else { throw malformed("a list of repositories") }
        var found: [GitHubRepository] = []
        for element in elements {
            guard let repository = GitHubRepository(element) else { throw malformed("a repository") }
            found.append(repository)
        }
        let links = answer.headers["Link"]
        return (found, links.map { !$0.contains("rel=\"next\"") } ?? (elements.count < size))
    }
}

// Trees.
extension GitHubClient {
    struct Tree {
        var files: [String] = []
        var folders: [(path: String, sha: String)] = []
        var isTruncated = false
        var etag: String?
    }

    /// What GitHub says of a branch's tree.
    enum TreeAnswer {
        case tree(Tree)
        /// Still what the etag stands for.
        case unchanged
        /// There is no such repository or no such branch.
        case absent
        /// The repository has no commit yet.
        case empty
    }

    func tree(
        _ repository: String, _ ref: String, isRecursive: Bool, etag: String? = nil
    ) async throws(GitHubError) -> TreeAnswer {
        let answer = try await send(
            Request(
                path: "/repos/\(GitHubPlace.encoded(repository))/git/trees/\(ref)",
                query: isRecursive ? [("recursive", "1")] : [], etag: etag, maximumBytes: 64 << 20),
            absences: [404, 409, 422])
        switch answer.status {
        case 304: return .unchanged
        case 409: return .empty
        case 200: return .tree(try tree(of: answer))
        default: return .absent
        }
    }

    private func tree(of answer: Answer) throws(GitHubError) -> Tree {
        let document = try document(answer)
        guard let entries = document["tree"]?.arrayValue else { throw malformed("a tree") }
        var tree = Tree(isTruncated: document["truncated"]?.boolValue ?? false, etag: answer.headers["ETag"])
        for entry in entries {
            guard let path = entry["path"]?.stringValue else { throw malformed("an entry of a tree") }
            if entry["type"]?.stringValue == "blob" { tree.files.append(path) }
            if entry["type"]?.stringValue == "tree", let sha = entry["sha"]?.stringValue {
                tree.folders.append((path, sha))
            }
        }
        return tree
    }

    /// Directory by directory, and only where matching files may lie. A directory that was announced and is not told of leaves
    /// open which files there are.
    func walk(
        _ repository: String, _ branch: String, _ pattern: GitHubPathPattern
    ) async throws(GitHubError) -> [String] {
        var found: [String] = []
        var waiting = [(path: "", ref: percentEncoded(branch))]
        var read = 0
        while let next = waiting.popLast() {
            read += 1
            guard read <= Self.maximumTrees else {
                throw GitHubError(
                    .tooLarge, "\(repository): more than \(Self.maximumTrees) directories; narrow catalogPath")
            }
            guard case .tree(let tree) = try await tree(repository, next.ref, isRecursive: false) else {
                throw GitHubError(.incomplete, "\(repository): GitHub does not list /\(next.path), which it named")
            }
            guard !tree.isTruncated else {
                throw GitHubError(.tooLarge, "\(repository): GitHub lists /\(next.path) in part only")
            }
            let base = next.path.isEmpty ? "" : next.path + "/"
            found += tree.files.map { base + $0 }.filter(pattern.matches)
            waiting += tree.folders.map { (base + $0.path, $0.sha) }.filter { pattern.mayMatch(below: $0.0) }
        }
        return found
    }

    private func document(_ answer: Answer) throws(GitHubError) -> JSONValue {
        do {
            return try JSONValue(parsing: answer.body)
        } catch {
            throw malformed("JSON (\(error.description))")
        }
    }

    private func malformed(_ expected: String) -> GitHubError {
        GitHubError(.unexpected, "\(host): expected \(expected), found something else")
    }
}
