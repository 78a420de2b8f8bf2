internal import Base
internal import MCP
internal import Store
internal import Synchronization

/// Tells the listeners of all MCP endpoints of the process which resources change, as PostgreSQL announces it; so it is told
/// by every replica.
///
/// What was announced is looked at once, for all listeners together, and only while there are any.
final class ContentChanges: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<MCPChange>.Continuation] = [:]
        var nextID = 0
        var pump: Task<Void, Never>?
    }

    /// Changes that wait for one listener. Of more the earliest are lost, and the last say that all may be others.
    static let maximumWaiting = 1_000
    /// More entities than these are not told one by one.
    private static let maximumTold = 1_000
    /// How far back is looked when the database did not name the entities: transactions last less.
    private static let lookBackSeconds = 60
    private static let databaseRetry: Duration = .seconds(1)

    private let catalog: CatalogStore
    private let feed: CatalogFeed
    private let clock: any Clock<Duration>
    private let state = Mutex(State())

    init(catalog: CatalogStore, feed: CatalogFeed, clock: any Clock<Duration> = ContinuousClock()) {
        self.catalog = catalog
        self.feed = feed
        self.clock = clock
    }

    /// What changes from now on, until the reader's task ends.
    func stream() -> AsyncStream<MCPChange> {
        let (stream, listener) = AsyncStream.makeStream(
            of: MCPChange.self, bufferingPolicy: .bufferingNewest(Self.maximumWaiting))
        let id = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.listeners[id] = listener
            if state.pump == nil { state.pump = pump(feed.beginnings, feed.subscribe(fromNow: true)) }
            return id
        }
        listener.onTermination = { [weak self] _ in self?.end(id) }
        return stream
    }

    /// For tests: how many listen.
    var listeners: Int { state.withLock { $0.listeners.count } }

    private func end(_ id: Int) {
        state.withLock { state in
            state.listeners[id] = nil
            guard state.listeners.isEmpty else { return }
            state.pump?.cancel()
            state.pump = nil
        }
    }

    /// - Parameter beginnings: how often the feed had begun before the subscription.
    private func pump(_ beginnings: Int, _ subscription: CatalogSubscription) -> Task<Void, Never> {
        Task { [weak self, feed] in
            defer { subscription.cancel() }
            // Not known before the first look: what came since the subscription must not be taken for what was there.
            var count: Int?
            var known = beginnings
            while let notice = await subscription.next() {
                let beginnings = feed.beginnings
                if beginnings != known { await self?.tellOfGap(&count) } else { await self?.tell(notice, &count) }
                known = beginnings
            }
        }
    }

    /// What changed while nobody listened is not known.
    private func tellOfGap(_ count: inout Int?) async {
        count = await answer { try await $0.presence(of: []) }?.count
        send([.anyResource, .resources])
    }

    private func tell(_ notice: CatalogNotice, _ count: inout Int?) async {
        switch notice {
        case .anything:
            let recent = await answer {
                try await $0.changed(withinSeconds: Self.lookBackSeconds, limit: Self.maximumTold)
            }
            count = await answer { try await $0.presence(of: []) }?.count
            let others: [MCPChange] = recent?.count == Self.maximumTold ? [.anyResource] : []
            send((recent ?? []).flatMap(Self.changes) + others + [.resources])
        case .entities(let refs):
            let presence = await answer { try await $0.presence(of: refs) }
            let gone = refs.count - (presence?.present.count ?? 0)
            // What came makes the count more than what went makes it less.
            let isSetChanged = gone > 0 || presence?.count != count
            count = presence?.count
            let isFew = refs.count <= Self.maximumTold
            let told = isFew ? refs.sorted().flatMap(Self.changes) : [.anyResource]
            send(told + (isSetChanged || !isFew ? [.resources] : []))
        }
    }

    /// Nil when the task is cancelled.
    private func answer<Value: Sendable>(_ question: (CatalogStore) async throws -> Value) async -> Value? {
        while !Task.isCancelled {
            if let value = try? await question(catalog) { return value }
            try? await clock.sleep(for: Self.databaseRetry)
        }
        return nil
    }

    private func send(_ changes: [MCPChange]) {
        for listener in state.withLock({ Array($0.listeners.values) }) {
            var isShort = false
            for change in changes {
                if case .dropped = listener.yield(change) { isShort = true }
            }
            guard isShort else { continue }
            listener.yield(.anyResource)
            listener.yield(.resources)
        }
    }

    private static func changes(of ref: String) -> [MCPChange] {
        ContentURI.all(of: ref).map { .resource($0.text) }
    }
}
