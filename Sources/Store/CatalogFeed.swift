internal import Base
internal import Synchronization

/// What changed in the stored catalog, or was asked of its leader, as a subscriber learns it.
package enum CatalogNotice: Sendable, Equatable {
    /// Anything may have changed: what was announced before, or while the database was away, went by unheard.
    case anything
    /// These entities were written or removed; of requests, the keys of the locations that were registered or removed.
    case entities(Set<String>)
}

/// Tells every process which entities changed, over PostgreSQL's NOTIFY: whoever writes announces it in the same
/// transaction, so that what is announced is stored, and what is stored is announced.
///
/// Another feed tells the leader of the catalog what the API asks of it. A notice says only where to look. One connection
/// serves all subscribers of a feed in the process.
package final class CatalogFeed: Sendable {
    static let entities = "callboard_entities"
    static let requests = "callboard_catalog_requests"
    /// NOTIFY takes less than 8,000 bytes.
    private static let maximumPayload = 7_900
    /// Between two looks at whether the feed is to end.
    private static let patience: Duration = .milliseconds(200)
    private static let databaseRetry: Duration = .seconds(1)

    private let configuration: PostgresPool.Configuration
    private let channel: String
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var subscriptions: [Int: CatalogSubscription] = [:]
        var nextID = 0
        var caches: [EntityCache] = []
        var beginnings = 0
    }

    init(_ configuration: PostgresPool.Configuration, channel: String, logger: Logger) {
        self.configuration = configuration
        self.channel = channel
        self.logger = logger
    }

    /// A subscription, whose first notice is `anything`; of changes from now on alone for who takes no interest in what was.
    package func subscribe(fromNow: Bool = false) -> CatalogSubscription {
        state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            let subscription = CatalogSubscription(fromNow ? nil : .anything) { [weak self] in
                self?.state.withLock { $0.subscriptions[id] = nil }
            }
            state.subscriptions[id] = subscription
            return subscription
        }
    }

    /// Has a store give entities that it read before, as long as this feed tells it which change.
    package func keepCurrent(_ catalog: CatalogStore) { state.withLock { $0.caches.append(catalog.cache) } }

    /// How often it began to listen. When that is more than before, `anything` may also be what went by unheard.
    package var beginnings: Int { state.withLock { $0.beginnings } }

    /// Listens until the task is cancelled. Without it, subscribers hear nothing after their first notice.
    package func run() async {
        let connection = PostgresConnection(parameters: configuration.parameters, number: 0)
        while !Task.isCancelled {
            do {
                try await listen(connection)
            } catch {
                for cache in caches { cache.distrust() }
                logger.warning("does not hear of catalog changes at the moment", ["error": .string("\(error)")])
                try? await Task.sleep(for: Self.databaseRetry)
            }
        }
        for cache in caches { cache.distrust() }
        await connection.close()
    }

    /// Passes on what is announced within a moment.
    private func listen(_ connection: PostgresConnection) async throws {
        let caches = caches
        let heard = try await connection.run { [channel] in
            try $0.notifications(on: channel, within: Self.patience, asking: !caches.isEmpty)
        }
        if heard.isBeginning {
            state.withLock { $0.beginnings += 1 }
            send(.anything)
        }
        for payload in heard.payloads { send(Self.notice(payload)) }
        guard let instant = heard.completeUntil else { return }
        for cache in caches { cache.trust(asOf: instant) }
    }

    private var caches: [EntityCache] { state.withLock { $0.caches } }

    private func send(_ notice: CatalogNotice) {
        let (subscriptions, caches) = state.withLock { (Array($0.subscriptions.values), $0.caches) }
        for cache in caches { cache.forget(notice) }
        for subscription in subscriptions { subscription.add(notice) }
    }

    private static func notice(_ payload: String) -> CatalogNotice {
        // A ref holds no white space, and neither does the key of a location.
        payload.isEmpty ? .anything : .entities(Set(payload.split(separator: " ").map(String.init)))
    }

    /// Announces entities that were written or removed, when the session's transaction commits.
    static func announce(_ refs: Set<String>, in session: PostgresSession) throws(StoreError) {
        guard !refs.isEmpty else { return }
        try notify(entities, refs, in: session)
    }

    /// Announces that something was asked of the leader, when the session's transaction commits.
    ///
    /// - Parameter registrations: keys of locations that were registered or removed.
    static func announceRequest(registrations: Set<String>, in session: PostgresSession) throws(StoreError) {
        try notify(requests, registrations.isEmpty ? ["request"] : registrations, in: session)
    }

    private static func notify(
        _ channel: String, _ names: Set<String>, in session: PostgresSession
    ) throws(StoreError) {
        let payload = names.joined(separator: " ")
        try session.run(
            "SELECT pg_notify($1, $2)", [.text(channel), .text(payload.utf8.count <= maximumPayload ? payload : "")])
    }
}

/// The notices for one subscriber. What comes while it is busy is put together, so that nothing piles up.
package final class CatalogSubscription: Sendable {
    private struct State {
        var pending: CatalogNotice?
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// More entities than this are no longer told apart.
    private static let maximumEntities = 10_000

    private let state: Mutex<State>
    private let end: @Sendable () -> Void

    init(_ first: CatalogNotice?, end: @escaping @Sendable () -> Void) {
        state = Mutex(State(pending: first))
        self.end = end
    }

    /// Ends the subscription; a pending `next()` goes on waiting until its task is cancelled.
    package func cancel() { end() }

    /// Waits for the next notice; nil when the task is cancelled. One consumer.
    package func next() async -> CatalogNotice? {
        while !Task.isCancelled {
            let notice = state.withLock { state in
                defer { state.pending = nil }
                return state.pending
            }
            if let notice { return notice }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.pending == nil, !Task.isCancelled else { return false }
                        state.waiter = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                wake()
            }
        }
        return nil
    }

    func add(_ notice: CatalogNotice) {
        state.withLock { state in
            switch (state.pending, notice) {
            case (nil, _): state.pending = notice
            case (.entities(let old), .entities(let new)) where old.count + new.count <= Self.maximumEntities:
                state.pending = .entities(old.union(new))
            default: state.pending = .anything
            }
        }
        wake()
    }

    private func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
