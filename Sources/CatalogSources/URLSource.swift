package import Base
internal import Catalog

/// A URL that the operator configured (`type: url` in `catalog.locations`), or the files that a pattern of one stands for.
package actor URLSource: CatalogSource {
    package nonisolated let id: SourceID
    private let url: String
    private let targets: TargetReader
    private let interval: @Sendable () -> Duration?
    private let clock: any Clock<Duration>
    private var listing: Set<String> = []
    /// Why there is no listing at present.
    private var problem: CatalogSourceError?
    private var began: Timestamp?
    private var looking: Task<Void, Never>?

    /// Which source that is.
    package static func id(of url: String) -> SourceID { SourceID(type: "url", target: url) }

    /// A source that reads nothing yet.
    ///
    /// - Parameters:
    ///   - targets: reads the URLs.
    ///   - interval: until they are read the next time; nil: for ever.
    package init(
        _ url: String, targets: TargetReader, clock: any Clock<Duration> = ContinuousClock(),
        interval: @escaping @Sendable () -> Duration?
    ) {
        id = Self.id(of: url)
        self.url = url
        self.targets = targets
        self.clock = clock
        self.interval = interval
        if URLPattern(url) == nil {
            listing = ["url:\(url)"]
        } else {
            problem = CatalogSourceError(.notSynced, id, "it has not been looked up yet which files match")
        }
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) {
        guard looking == nil else { return }
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

    package nonisolated func farHost(of location: String) async -> String? { FarHost.of(location) ?? "" }

    package func locations() throws -> Set<String> {
        if let problem { throw problem }
        return listing
    }

    package func read(_ location: String) async throws -> [UInt8]? {
        guard listing.contains(location) else {
            if let problem { throw problem }
            return nil
        }
        let bytes = try await content(of: location)
        // The one file that is configured is meant to be there, as a file of `type: file` is.
        guard bytes != nil || URLPattern(url) != nil else {
            throw CatalogSourceError(.unreadable, id, "nothing is there")
        }
        return bytes
    }

    private func content(of location: String) async throws -> [UInt8]? {
        let place = Provenance(location: location, source: id.description)
        return try await targets.read(location, for: place, maximumBytes: DirectorySource.maximumFileBytes)
    }
}

extension URLSource {
    private static let firstRetry: Duration = .seconds(5)

    private func run(_ onChange: @Sendable (CatalogSourceChange) -> Void) async {
        let isPattern = URLPattern(url) != nil
        var backoff = Backoff(initial: Self.firstRetry, factor: 2, maximum: .seconds(300), jitter: 0.2)
        var isFirst = true
        while !Task.isCancelled {
            let isListed = isPattern ? await look() : true
            guard !Task.isCancelled else { return }
            // The start has announced what is known without looking.
            if isPattern || !isFirst { onChange(.listing) }
            isFirst = false
            var generator = SystemRandomNumberGenerator()
            if isListed { backoff.reset() }
            let pause = isListed ? interval() : min(backoff.next(using: &generator), interval() ?? .seconds(300))
            guard let pause else { return }
            try? await clock.sleep(for: pause)
        }
    }

    /// Looks up which files match.
    ///
    /// - Returns: whether that is known now; when it is not, all stay that were there.
    private func look() async -> Bool {
        let start = Timestamp.now()
        defer { began = start }
        do {
            guard let document = try await content(of: "url:\(url)"), let urls = URLPattern.urls(in: document) else {
                throw CatalogSourceError(.unreadable, id, "nothing is there")
            }
            (listing, problem) = (Set(urls.map { "url:\($0)" }), nil)
            return true
        } catch {
            problem = error as? CatalogSourceError ?? CatalogSourceError(.unreadable, id, "\(error)")
            return false
        }
    }
}
