import Base
import CatalogSources
import Matching
import Store
import Synchronization

@testable import Reconcilers

/// The claims that were told, in order.
final class ClaimLog: ClaimReceiver {
    private let log = Mutex<[[String: EntitySelector?]]>([])
    private let replaced = Mutex(0)

    func claimsReplaced(by claims: [String: EntitySelector]) async {
        replaced.withLock { $0 += 1 }
        var changes: [String: EntitySelector?] = claims.mapValues { .some($0) }
        for ref in batches.flatMap(\.keys) where claims[ref] == nil && last(ref) != nil { changes[ref] = .some(nil) }
        await claimsChanged(changes)
    }

    func claimsChanged(_ claims: [String: EntitySelector?]) async { log.withLock { $0.append(claims) } }

    var batches: [[String: EntitySelector?]] { log.withLock { $0 } }

    /// How often all claims were told together.
    var replacements: Int { replaced.withLock { $0 } }

    /// How often an entity's claim was told.
    func count(_ ref: String) -> Int { batches.count { $0[ref] != nil } }

    /// What an entity claims by what was told; nil: nothing.
    func last(_ ref: String) -> EntitySelector? {
        (batches.reversed().lazy.compactMap { $0[ref] }.first ?? nil)
    }
}

/// Runs a catalog reconciler over the sources, and tells the claims that it stores, while the body runs.
func following(
    _ sources: [ScriptedSource], _ store: Store, claims: ClaimLog = ClaimLog(),
    processing: CatalogProcessing = .forTests(), metrics: MetricsRegistry = MetricsRegistry(),
    _ body: (CatalogReconciler) async throws -> Void
) async throws {
    let logger = Logger("test")
    let reconciler = CatalogReconciler(
        sources: sources, processing: processing, store: store, metrics: metrics, logger: logger)
    let feed = store.catalogFeed(logger: logger)
    let follower = ClaimFollower(cluster: "test", catalog: store.catalog, feed: feed, logger: logger)
    let run = Task {
        async let feeding: Void = feed.run()
        async let following: Void = follower.run(claims)
        await reconciler.run()
        _ = await (feeding, following)
    }
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(reconciler))
    } catch {
        result = .failure(error)
    }
    run.cancel()
    await run.value
    try result.get()
}

extension CatalogReconciler {
    /// Caught up, and nothing waits to be read or written now, here or far away.
    var isSettled: Bool {
        isCaughtUp && far.keys.isEmpty && queue.counts.ready == 0 && queue.counts.processing == 0
    }
}

extension CatalogProcessing {
    private static let executor = ThreadExecutor(name: "test-targets")

    /// What is named by Locations and placeholders comes from these URLs, and is looked at often.
    static func forTests(urls: ScriptedURLs? = nil, interval: Duration? = .milliseconds(50)) -> CatalogProcessing {
        var processing = CatalogProcessing(targets: TargetReader(urls: urls, executor: executor))
        processing.interval = interval
        processing.firstRetry = .milliseconds(20)
        return processing
    }
}

extension Store {
    /// The title of a Component in the namespace `default`, `""` without one; nil when there is no such entity.
    func title(_ name: String) async throws -> String? {
        try await document(name).map { $0["metadata"]?["title"]?.stringValue ?? "" }
    }

    /// The document of a Component in the namespace `default`.
    func document(_ name: String) async throws -> JSONValue? {
        try await catalog.entity(ref: "component:default/\(name)").map { try JSONValue(parsing: $0.document) }
    }

    func source(_ target: String) async throws -> SourceView? {
        try await catalog.sources().first { $0.target == target }
    }
}

extension MetricsRegistry {
    /// The value of a series as the exposition writes it; nil when there is none.
    func value(_ series: String) -> Double? {
        exposition().split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }
}
