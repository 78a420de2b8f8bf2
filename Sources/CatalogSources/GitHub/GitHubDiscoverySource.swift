package import Base

/// The catalog files in the repositories of an organisation or a user on GitHub. Locations are `url:<URL of the file>`.
///
/// Looks on a schedule. A look lists the repositories; where something was pushed since, files are asked for with the etag
/// of the copy that is kept, so what has not changed costs nothing of the rate limit. What the catalog reads are the copies.
/// Only a look that came to its end lets a file be gone; while GitHub fails, everything stays as it was.
package actor GitHubDiscoverySource: CatalogSource {
    package nonisolated let id: SourceID
    nonisolated let discovery: GitHubDiscovery
    nonisolated let client: GitHubClient
    nonisolated let etags: any EtagKeeping
    private let logger: Logger
    private let clock: any Clock<Duration>
    /// By full name, what the latest look found.
    var repositories: [String: GitHubHolding] = [:]
    /// Repositories that had files and were found empty by the latest look at them.
    var emptied: Set<String> = []
    /// Locations whose copies are what GitHub has, by the latest look at each.
    private var current: Set<String> = []
    /// Those whose copies the present look has changed.
    private var changed: Set<String> = []
    /// Of the latest complete look.
    private var listing: Set<String> = []
    /// Why there is no complete listing at present.
    private var problem: CatalogSourceError?
    private var looking: Task<Void, Never>?
    /// When the latest look that has ended began.
    private var began: Timestamp?

    /// Requests under way at a time.
    static let concurrency = 4

    /// A source that reads nothing yet.
    package init(
        _ discovery: GitHubDiscovery, client: GitHubClient, etags: any EtagKeeping, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        let id = SourceID(type: "github-provider", target: discovery.id)
        self.id = id
        self.discovery = discovery
        self.client = client
        self.etags = etags
        self.clock = clock
        self.logger = logger.with(["source": .string(id.description)])
        problem = CatalogSourceError(.notSynced, id, "GitHub has not been read yet since the start")
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) {
        guard looking == nil else { return }
        // Nobody waits for GitHub: what is stored is served meanwhile.
        onChange(.listing)
        looking = Task { await run(onChange) }
    }

    package func stop() async {
        let task = looking
        looking = nil
        task?.cancel()
        await task?.value
    }

    package func lookedAt() async -> Timestamp? { began }

    /// Only what no copy is known to be current of is asked for.
    package func farHost(of location: String) async -> String? { current.contains(location) ? nil : client.host.name }

    package func locations() throws -> Set<String> {
        if let problem { throw problem }
        return listing
    }

    package func read(_ location: String) async throws -> [UInt8]? {
        guard location.hasPrefix("url:") else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is no URL")
        }
        let isListed = listing.contains(location)
        if let problem, !current.contains(location), !isListed { throw problem }
        guard isListed || current.contains(location) else { return nil }
        do {
            let url = String(location.dropFirst(4))
            if current.contains(location), let copy = try await etags.copy(of: url, for: id) { return copy.content }
            guard let place = try GitHubPlace(url, on: client.host) else { return nil }
            return try await refresh(place, isVisible: false) ? try await etags.copy(of: url, for: id)?.content : nil
        } catch {
            throw refusal(error)
        }
    }

    /// Asks GitHub for the one file. When that fails, as while the rate limit is used up, reading it fails until it is known.
    package func refresh(_ location: String) async {
        let url = String(location.dropFirst("url:".count))
        guard listing.contains(location) || current.contains(location),
            let place = try? GitHubPlace(url, on: client.host)
        else { return }
        do {
            _ = try await refresh(place, isVisible: false)
        } catch {
            doubt(url)
        }
    }
}

// One look after the other.
extension GitHubDiscoverySource {
    private func run(_ onChange: @Sendable (CatalogSourceChange) -> Void) async {
        var pauses = GitHubPauses(discovery.schedule)
        try? await clock.sleep(for: discovery.schedule.initialDelay)
        while !Task.isCancelled {
            let start = client.manner.now()
            let failure = await lookInTime()
            guard !Task.isCancelled else { return }
            began = start
            note(failure, onChange)
            try? await clock.sleep(for: pauses.next(after: failure, now: client.manner.now()))
        }
    }

    private func note(_ failure: (any Error)?, _ onChange: @Sendable (CatalogSourceChange) -> Void) {
        let isNews = problem != failure.map(refusal)
        problem = failure.map(refusal)
        if failure == nil || isNews { onChange(.listing) }
        // A look that did not come to its end has found something all the same.
        if failure != nil, !changed.isEmpty { onChange(.locations(changed)) }
        changed = []
        if let problem {
            logger.warning("GitHub was not read to the end; what it gave stays", ["error": .string("\(problem)")])
        } else {
            logger.debug("GitHub was read", ["files": .int(Int64(listing.count))])
        }
    }

    /// A look that ends when its time is over.
    ///
    /// - Returns: why it did not come to its end; nil when it did.
    private func lookInTime() async -> (any Error)? {
        await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                do {
                    try await self.look()
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask { [clock, discovery] in
                try? await clock.sleep(for: discovery.schedule.timeout)
                let limit = discovery.schedule.timeout
                return GitHubError(
                    .incomplete, "reading \(discovery.owner) took longer than schedule.timeout, \(limit)")
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// Takes in what a complete look found.
    func complete(_ found: [String: GitHubHolding]) async throws {
        repositories = found
        let urls = found.values.flatMap(\.urls)
        listing = Set(urls.map { "url:\($0)" })
        current.formIntersection(listing)
        let records = found.keys.map { repositoryURL($0) }
        try await etags.forget(allBut: Set(urls).union(records), for: id)
    }

    func hold(_ holding: GitHubHolding, of repository: String) { repositories[repository] = holding }

    /// Brings the copy of a file up to date.
    ///
    /// - Parameter isVisible: that the repository can be seen is known.
    /// - Returns: false when there is no such file.
    func refresh(_ place: GitHubPlace, isVisible: Bool) async throws -> Bool {
        let url = place.url(on: client.host.name)
        let copy = try await etags.copy(of: url, for: id)
        let etag = copy.flatMap { $0.etag.isEmpty ? nil : $0.etag }
        // What was there once is asked for with more care: the token may have lost sight of the repository meanwhile.
        switch try await client.file(place, etag: etag, isVisible: isVisible && copy == nil) {
        case .missing:
            current.remove("url:\(url)")
            return false
        case .unchanged: break
        case .content(let bytes, let etag):
            guard copy?.content != bytes || copy?.etag != etag ?? "" else { break }
            try await etags.keep(EtaggedCopy(etag: etag ?? "", content: bytes), of: url, for: id)
            changed.insert("url:\(url)")
        }
        current.insert("url:\(url)")
        return true
    }

    /// A file could not be read; what is kept of it may be old.
    func doubt(_ url: String) { current.remove("url:\(url)") }

    func warn(_ text: String, _ repository: String, _ error: GitHubError) {
        logger.warning(text, ["repository": .string(repository), "error": .string("\(error)")])
    }

    func repositoryURL(_ fullName: String) -> String { "https://\(client.host.name)/\(GitHubPlace.encoded(fullName))" }

    private func refusal(_ error: any Error) -> CatalogSourceError {
        if let error = error as? CatalogSourceError { return error }
        return CatalogSourceError((error as? GitHubError)?.code == .tooLarge ? .tooLarge : .unreadable, id, "\(error)")
    }
}
