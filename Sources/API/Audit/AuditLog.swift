internal import Actions
package import Base
internal import HTTPServer
package import Store
internal import Synchronization

/// What the operator decided about the audit.
package struct AuditSettings: Sendable, Hashable {
    /// What matters less is neither logged nor stored.
    package var minimumSeverity = AuditSeverity.low
    /// Reads over REST too; those of agents always are.
    package var recordsReads = false
    /// With what tools and actions were called, secrets masked.
    package var recordsArguments = false

    package init() {}
}

/// Takes down who did what, without holding up anybody: events wait in a bounded queue, from which they are logged and
/// written to the database in batches.
package final class AuditLog: Sendable {
    private struct State {
        var queue = AuditQueue()
        /// Logged already, to be stored; the oldest first.
        var unwritten: [AuditEvent] = []
    }

    let settings: AuditSettings
    private let state = Mutex(State())
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let metrics: AuditMetrics
    private let arrivals: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let readiness: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// How long events are gathered.
    private static let gathering: Duration = .seconds(1)
    /// While the database is away, so many are kept at most, the newest.
    private static let maximumUnwritten = 10_000
    private static let batch = 1_000

    package init(
        _ settings: AuditSettings = AuditSettings(), metrics: MetricsRegistry, logger: Logger = Logger("audit"),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.settings = settings
        self.logger = logger
        self.clock = clock
        self.metrics = AuditMetrics(metrics)
        arrivals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        readiness = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes an event down. Never waits.
    func note(_ event: AuditEvent) {
        guard event.severity >= settings.minimumSeverity else { return }
        let (isFirst, lost) = state.withLock { state in
            (state.queue.isEmpty, state.queue.add(event))
        }
        metrics.taken(event)
        if lost > 0 { metrics.lost(lost, "queue-full") }
        if isFirst { arrivals.continuation.yield() }
    }

    /// Logs and writes until the task is cancelled.
    ///
    /// - Parameter write: adds events to the database; all or none.
    package func run(_ write: @escaping @Sendable ([AuditEvent]) async throws -> Void) async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.arrivals.stream {
                    try? await self.clock.sleep(for: Self.gathering)
                    self.tell()
                }
            }
            group.addTask {
                for await _ in self.readiness.stream { await self.store(write) }
            }
        }
    }

    /// What is left at the end of the program is told, and written if the database takes it at once.
    package func finish(_ write: @Sendable ([AuditEvent]) async throws -> Void) async {
        tell()
        while let batch = nextBatch() {
            do { try await self.write(batch, write) } catch {
                let count = state.withLock { $0.unwritten.count } + batch.count
                metrics.lost(count, "end")
                logger.error(
                    "events of the audit were not stored", ["events": .int(Int64(count)), "error": "\(error)"])
                return
            }
        }
    }

    /// Logs what has come and leaves it to be stored.
    private func tell() {
        let (events, lost) = state.withLock { state in
            let events = state.queue.empty()
            state.unwritten += events
            let excess = max(0, state.unwritten.count - Self.maximumUnwritten)
            state.unwritten.removeFirst(excess)
            return (events, excess)
        }
        for event in events { logger.info("\(event.plugin).\(event.event)", event.logFields) }
        if lost > 0 { metrics.lost(lost, "database-away") }
        if !events.isEmpty { readiness.continuation.yield() }
    }

    private func store(_ write: @Sendable ([AuditEvent]) async throws -> Void) async {
        var backoff = Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(30), jitter: 0.2)
        var random = SystemRandomNumberGenerator()
        var isAway = false
        while !Task.isCancelled, let batch = nextBatch() {
            do {
                try await self.write(batch, write)
                if isAway { logger.info("the audit is stored again") }
                (isAway, backoff) = (
                    false, Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(30), jitter: 0.2)
                )
            } catch {
                putBack(batch)
                if !isAway { logger.warning("the audit cannot be stored at the moment", ["error": "\(error)"]) }
                isAway = true
                try? await clock.sleep(for: backoff.next(using: &random))
            }
        }
    }

    /// Writes a batch. What the database refuses is looked for by halves and left out, so that it does not hold up the rest.
    ///
    /// - Throws: when the database is away; some may be written then, which does no harm.
    private func write(
        _ batch: [AuditEvent], _ write: @Sendable ([AuditEvent]) async throws -> Void
    ) async throws {
        do {
            try await write(batch)
            metrics.written(batch.count)
        } catch let error as StoreError where error.code == .statement || error.code == .badParameter {
            guard batch.count > 1 else {
                metrics.lost(1, "refused")
                return logger.error("an event of the audit was refused", ["error": .string(error.description)])
            }
            let middle = batch.count / 2
            try await self.write(Array(batch[..<middle]), write)
            try await self.write(Array(batch[middle...]), write)
        }
    }

    private func nextBatch() -> [AuditEvent]? {
        state.withLock { state in
            let batch = Array(state.unwritten.prefix(Self.batch))
            state.unwritten.removeFirst(batch.count)
            metrics.waiting(state.unwritten.count)
            return batch.isEmpty ? nil : batch
        }
    }

    private func putBack(_ batch: [AuditEvent]) {
        let lost = state.withLock { state in
            let room = max(0, Self.maximumUnwritten - state.unwritten.count)
            state.unwritten = batch.suffix(room) + state.unwritten
            metrics.waiting(state.unwritten.count)
            return max(0, batch.count - room)
        }
        if lost > 0 { metrics.lost(lost, "database-away") }
    }
}

extension AuditEvent {
    /// The line of the log in Backstage's shape, besides the message.
    var logFields: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        var fields: JSONObject = [
            "isAuditorEvent": true, "plugin": .string(plugin), "eventId": .string(event),
            "severityLevel": .string(severity.rawValue),
            "actor": [
                "actorId": text(actor.id), "ip": text(actor.ip), "hostname": text(actor.hostname),
                "userAgent": text(actor.userAgent),
            ],
            "meta": .object(meta), "status": .string(status),
            "durationMilliseconds": .double(duration / .milliseconds(1)),
        ]
        if let request {
            fields["request"] = ["method": .string(request.method), "url": .string(request.url)]
            fields["requestId"] = .string(request.id)
        }
        if let error { fields["error"] = .string(error) }
        if occurrences > 1 { fields["occurrences"] = .int(occurrences) }
        return fields
    }
}

/// What the audit tells of itself.
private struct AuditMetrics: Sendable {
    private let events: Counter
    private let stored: Counter
    private let dropped: Counter
    private let unwritten: Gauge

    init(_ registry: MetricsRegistry) {
        events = registry.counter(
            "callboard_audit_events_total", help: "What the audit took down.", labels: ["plugin", "event", "status"])
        stored = registry.counter(
            "callboard_audit_rows_written_total", help: "Rows of the audit that were written.")
        dropped = registry.counter(
            "callboard_audit_events_lost_total", help: "Events of the audit that were not stored.", labels: ["reason"])
        unwritten = registry.gauge("callboard_audit_events_waiting", help: "Events of the audit to be stored.")
        for reason in ["queue-full", "database-away", "refused", "end"] { dropped.increment(by: 0, [reason]) }
    }

    func taken(_ event: AuditEvent) { events.increment([event.plugin, event.event, event.status]) }
    func written(_ count: Int) { stored.increment(by: Double(count)) }
    func lost(_ count: Int, _ reason: String) { dropped.increment(by: Double(count), [reason]) }
    func waiting(_ count: Int) { unwritten.set(Double(count)) }
}
