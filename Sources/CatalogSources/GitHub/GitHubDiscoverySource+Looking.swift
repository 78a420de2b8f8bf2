internal import Base

// One look at all repositories.
extension GitHubDiscoverySource {
    /// Reads what there is and takes it in.
    ///
    /// - Throws: when it could not come to its end; what it read by then is kept, and nothing counts as gone.
    func look() async throws {
        var listed = try await client.repositories(of: discovery.owner, pageSize: discovery.pageSize)
        listed += try await missed(in: listed)
        var waiting = try discovery.selected(listed)[...]
        var found: [String: GitHubHolding] = [:]
        try await withThrowingTaskGroup(of: (String, GitHubHolding).self) { group in
            for next in waiting.prefix(Self.concurrency) { group.addTask { try await self.look(at: next) } }
            waiting = waiting.dropFirst(Self.concurrency)
            while let (name, holding) = try await group.next() {
                found[name] = holding
                if let next = waiting.popFirst() { group.addTask { try await self.look(at: next) } }
            }
        }
        try await complete(found)
    }

    /// Repositories that were there and that a listing lacks: a page's bounds may have moved while it was read. Each is
    /// asked for by its name, and is gone only when GitHub says so.
    private func missed(in listed: [GitHubRepository]) async throws -> [GitHubRepository] {
        let names = Set(listed.map { $0.fullName.lowercased() })
        let known = Set(try await etags.urls(for: id).compactMap(repositoryName)).filter {
            $0.lowercased().hasPrefix(discovery.owner.lowercased() + "/")
        }
        guard !listed.isEmpty || known.isEmpty else {
            throw GitHubError(
                .incomplete,
                "\(client.host) lists no repository of \(discovery.owner) any more, and there were \(known.count)")
        }
        var found: [GitHubRepository] = []
        for name in known.sorted() where !names.contains(name.lowercased()) {
            // Under a new name it is listed.
            guard let one = try await client.repository(name), one.fullName.lowercased() == name.lowercased() else {
                continue
            }
            found.append(one)
        }
        return found
    }

    /// `owner/name` of a URL of a repository or of a file in one.
    private func repositoryName(_ url: String) -> String? {
        URLParts(url).flatMap { $0.segments.count < 2 ? nil : $0.segments.prefix(2).joined(separator: "/") }
    }

    /// One repository.
    private func look(
        at place: (repository: GitHubRepository, branch: String)
    ) async throws -> (String, GitHubHolding) {
        let name = place.repository.fullName
        let now = client.manner.now()
        let state = GitHubHolding.state(of: place.repository, place.branch, discovery.catalogPath, now: now)
        if let known = repositories[name], known.stillHolds(state, now: now) { return (name, known) }
        let files = try await files(in: place, state)
        var holding = GitHubHolding(state: files.isComplete ? state : nil, checkedAt: now)
        for path in files.paths {
            let file = GitHubPlace(repository: name, ref: place.branch, path: path)
            switch files.isDoubtful ? .unknown : try await look(at: file) {
            case .present: holding.add(path, file.url(on: client.host.name))
            case .absent: break
            case .unknown:
                holding.add(path, file.url(on: client.host.name))
                holding.state = nil
            }
        }
        if let state = holding.state {
            try await etags.keep(EtaggedCopy(etag: state, content: holding.record), of: repositoryURL(name), for: id)
        }
        hold(holding, of: name)
        return (name, holding)
    }

    private enum Presence { case present, absent, unknown }

    private func look(at file: GitHubPlace) async throws -> Presence {
        do {
            return try await refresh(file, isVisible: true) ? .present : .absent
        } catch let error as GitHubError where !error.isGeneral {
            doubt(file.url(on: client.host.name))
            return .unknown
        }
    }

    /// Which files of a repository are to be looked at.
    private struct Files {
        var paths: [String]
        /// Whether these are surely all.
        var isComplete = true
        /// They are kept as they are, without a look.
        var isDoubtful = false
    }

    /// Those of the record when nothing was pushed since, else the configured one or what the branch's tree has.
    private func files(in place: (repository: GitHubRepository, branch: String), _ state: String?) async throws -> Files
    {
        let name = place.repository.fullName
        let record = try await etags.copy(of: repositoryURL(name), for: id)
        let known = record.map { GitHubHolding.paths(ofRecord: $0.content) } ?? []
        if let record, record.etag == state { return Files(paths: known) }
        guard discovery.catalogPath.hasWildcards else { return Files(paths: [discovery.catalogPath.path]) }
        do {
            let found = try await client.paths(in: name, at: place.branch, matching: discovery.catalogPath)
            if found != nil { emptied.remove(name) }
            if let found { return Files(paths: found) }
            return try await emptied(place)
        } catch let error as GitHubError {
            guard !error.isGeneral else { throw error }
            warn("the files of a repository cannot be listed; what it gave stays", name, error)
            return Files(paths: known, isComplete: false)
        }
    }

    /// GitHub says that a repository has no commit. One that gave something is believed to be empty when its listing counts
    /// nothing in it either, or when the next look finds the same.
    private func emptied(_ place: (repository: GitHubRepository, branch: String)) async throws -> Files {
        let name = place.repository.fullName
        let known = try await etags.urls(for: id).compactMap { try? GitHubPlace($0, on: client.host) }
            .filter { $0.repository.lowercased() == name.lowercased() && $0.ref == place.branch }
        guard !known.isEmpty, place.repository.size != 0, emptied.insert(name).inserted else {
            emptied.remove(name)
            return Files(paths: [])
        }
        warn(
            "a repository with catalog files is said to be empty; what it gave stays until the next look", name,
            GitHubError(doubtfullyEmpty: name))
        return Files(paths: known.map(\.path).sorted(), isComplete: false, isDoubtful: true)
    }
}
