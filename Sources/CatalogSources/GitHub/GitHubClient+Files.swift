internal import Base
internal import Catalog

// Reading one file.
extension GitHubClient {
    /// The largest file that is read, in bytes: as much as of a file in a directory.
    static let maximumFileBytes = DirectorySource.maximumFileBytes

    /// What a file holds.
    ///
    /// - Parameters:
    ///   - etag: of the content that the caller holds.
    ///   - isVisible: that the repository can be seen is known; else it is asked for before a file counts as missing.
    func file(_ place: GitHubPlace, etag: String?, isVisible: Bool = false) async throws(GitHubError) -> URLAnswer {
        let answer = try await send(host.readsByAPI ? byAPI(place, etag) : raw(place, etag))
        switch answer.status {
        case 304: return .unchanged
        case 404:
            if !isVisible { try await makeSureOfVisibility(place.repository) }
            return .missing
        default:
            try makeSureOfFile(answer, place)
            return .content(answer.body, etag: answer.headers["ETag"])
        }
    }

    private func byAPI(_ place: GitHubPlace, _ etag: String?) -> Request {
        Request(
            path: "/repos/\(GitHubPlace.encoded(place.repository))/contents/\(place.encodedPath)",
            query: [("ref", place.ref)], accept: "application/vnd.github.v3.raw", etag: etag,
            maximumBytes: Self.maximumFileBytes)
    }

    private func raw(_ place: GitHubPlace, _ etag: String?) -> Request {
        Request(
            base: .raw,
            path: "/\(GitHubPlace.encoded(place.repository))/\(GitHubPlace.encoded(place.ref))/\(place.encodedPath)",
            accept: "*/*", etag: etag, maximumBytes: Self.maximumFileBytes)
    }

    /// GitHub answers 404 for what may not be seen, too; only in a repository that can be seen a file is surely missing.
    func makeSureOfVisibility(_ repository: String) async throws(GitHubError) {
        let isVisible = host.apiBaseURL == nil ? false : try await self.repository(repository) != nil
        guard !isVisible else { return }
        let who = host.token == nil ? "without a token" : "with the configured token"
        throw GitHubError(
            .invisible,
            "the repository \(repository) cannot be seen on \(host) \(who): it does not exist, or access to it is missing"
        )
    }

    /// A directory comes as a list in JSON, and a page to log in as HTML.
    private func makeSureOfFile(_ answer: Answer, _ place: GitHubPlace) throws(GitHubError) {
        let type = answer.headers["Content-Type"]?.lowercased() ?? ""
        let isPage = type.hasPrefix("text/html")
        guard isPage || (host.readsByAPI && type.hasPrefix("application/json")) else { return }
        throw GitHubError(
            .notAFile,
            "\(place.repository): expected a file at /\(place.path), found "
                + (isPage ? "a page of HTML" : "a directory or a submodule"))
    }
}

// Reading which files there are.
extension GitHubClient {
    /// The files that a URL with wildcards stands for, as a Location entity that names them. There are none in a repository
    /// without a commit when its size says so too.
    ///
    /// - Parameter etag: of the tree that the caller knows.
    func files(of place: GitHubPlace, _ pattern: URLPattern, etag: String?) async throws(GitHubError) -> URLAnswer {
        guard host.apiBaseURL != nil else {
            throw GitHubError(
                .unexpected, "wildcards need the API, and integrations.github of \(host) has no apiBaseUrl")
        }
        let paths = GitHubPathPattern(place.path)
        switch try await tree(place.repository, percentEncoded(place.ref), isRecursive: true, etag: etag) {
        case .unchanged: return .unchanged
        case .absent:
            try await makeSureOfVisibility(place.repository)
            return .missing
        case .empty:
            guard try await self.repository(place.repository)?.size == 0 else {
                throw GitHubError(doubtfullyEmpty: place.repository)
            }
            return .content(pattern.document(of: []), etag: nil)
        case .tree(let tree):
            // The tree that GitHub cuts short has an etag of its own, which says nothing of the rest.
            let found =
                tree.isTruncated
                ? try await walk(place.repository, place.ref, paths) : tree.files.filter(paths.matches)
            let urls = found.sorted().map {
                GitHubPlace(repository: place.repository, ref: place.ref, path: $0).url(on: host.name)
            }
            return .content(pattern.document(of: urls), etag: tree.isTruncated ? nil : tree.etag)
        }
    }
}
