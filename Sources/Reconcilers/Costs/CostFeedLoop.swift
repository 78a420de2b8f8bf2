package import Base
internal import Costs
internal import Matching
package import Store

/// Asks a source of costs again and again and writes what it says: hours of cost, recommendations, and how it fared.
package actor CostFeedLoop: CostLoop {
    private let feed: any CostFeed
    private let costs: CostStore
    private let interval: Duration
    private let adviceChunk: Int
    private let metrics: CostFeedMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let pause: @Sendable (Duration) async throws -> Void
    private var meter: RateMeter
    private var advice = CostAdviceMemory()
    private var shown: Set<String> = []
    private var lastError: String?
    /// Until the next round, when the source wishes so.
    private var next: Duration?
    /// Until the next round when the last one was written.
    var nextWait: Duration { next ?? interval }

    /// Rates whose hours are one transaction, so that none holds much memory or takes long.
    private static let chunk = 1_000
    /// One part of the recommendations is made while another is written.
    private static let chunksAtOnce = 2
    /// Of whole hours, which come by ten thousands.
    private static let hourChunk = 10_000
    /// Of a round, when the interval is shorter.
    private static let shortestDeadline: Duration = .seconds(60)

    /// - Parameters:
    ///   - interval: from the end of a round to the next; also the deadline of a round, at least a minute.
    ///   - adviceChunk: recommendations in one transaction; their details are long.
    ///   - pause: waits between two rounds.
    package init(
        _ feed: any CostFeed, costs: CostStore, interval: Duration, adviceChunk: Int = 250,
        metrics: MetricsRegistry, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.feed, self.costs, self.interval, self.adviceChunk) = (feed, costs, interval, adviceChunk)
        (self.logger, self.now, self.pause) = (logger, now, pause)
        self.metrics = CostFeedMetrics(metrics, source: feed.source.name)
        // One round may fail and its hour still be whole.
        meter = RateMeter(longestPause: max(2 * interval.components.seconds, 60))
    }

    package func run() async {
        // Another leader may have written since.
        advice = CostAdviceMemory()
        var backoff = Backoff(initial: .seconds(1), factor: 2, maximum: max(interval, .seconds(1)), jitter: 0.2)
        while !Task.isCancelled {
            let isWritten = await round()
            var generator = SystemRandomNumberGenerator()
            if isWritten { backoff.reset() }
            let wait = isWritten ? nextWait : backoff.next(using: &generator)
            guard (try? await pause(wait)) != nil else { break }
        }
        metrics.hide(shown)
    }

    /// Asks and writes once.
    ///
    /// - Returns: false when the database did not take part of it.
    func round() async -> Bool {
        let began = ContinuousClock.now
        do {
            let poll = try await askAndWrite()
            guard let poll else { return true }
            let error = (poll.failures + poll.clusters.values.compactMap(\.error)).sorted().first
            metrics.polled(
                error == nil ? "success" : poll.clusters.isEmpty ? "error" : "partial", after: .now - began)
            tell(error)
        } catch {
            metrics.polled("error", after: .now - began)
            tell("\(error)")
            return false
        }
        // What a round takes is not needed until the next.
        returnUnusedMemory()
        return true
    }

    /// - Returns: nil when the task was cancelled meanwhile.
    private func askAndWrite() async throws -> CostPoll? {
        let (feed, moment) = (feed, now())
        let workloads = try await costs.chargeableWorkloads(
            goneSince: feed.lookBackSeconds.map { moment.adding(seconds: -$0) })
        let stored = try await costs.ingestStates(of: feed.source)
        let through = Dictionary(
            stored.compactMap { state in state.through.map { (state.cluster, $0) } }
        ) { first, _ in first }
        var poll = await bounded { await feed.poll(workloads, through: through, at: moment) }
        guard !Task.isCancelled else { return nil }
        next = poll.next
        try await writeHours(of: poll)
        for rates in poll.rates.chunks(of: Self.chunk) {
            let hours = meter.hours(of: rates, stored: through, at: moment)
            if !hours.isEmpty { try await costs.write(hours, source: feed.source) }
        }
        meter.wrote(poll.rates, at: moment)
        poll.rates = []
        try await write(poll.advice, in: Array(poll.clusters.keys), at: moment)
        let outcome = IngestOutcome(
            poll, of: feed.source, stored: stored, clusters: Set(workloads.map(\.key.cluster)), at: moment)
        try await costs.note(outcome.states, source: feed.source, forgetting: outcome.forgotten)
        await feed.wrote()
        metrics.show(poll.clusters)
        shown.formUnion(poll.clusters.keys)
        return poll
    }

    private func write(_ found: [any CostAdvice], in clusters: [String], at moment: Timestamp) async throws {
        let costs = costs
        try await withThrowingTaskGroup(of: [any CostAdvice].self) { tasks in
            for (index, part) in advice.news(in: found).chunks(of: adviceChunk).enumerated() {
                if index >= Self.chunksAtOnce, let part = try await tasks.next() { advice.wrote(part) }
                advice.sends(part)
                tasks.addTask {
                    try await costs.write(part.map { $0.recommendation(at: moment) })
                    return part
                }
            }
            for try await part in tasks { advice.wrote(part) }
        }
        advice.keep(found)
        try await costs.forgetRecommendations(of: feed.source, in: clusters, except: found.map(\.workloadID))
    }

    /// The hours that the source itself gives.
    private func writeHours(of poll: CostPoll) async throws {
        for hours in poll.hours.chunks(of: Self.hourChunk) { try await costs.write(hours, source: feed.source) }
        guard !poll.toldHours.isEmpty else { return }
        let ids = try await costs.remainders(Array(Set(poll.remainders.map(\.key))))
        let rows = poll.remainders.compactMap { row in ids[row.key].map { row.hourly($0) } }
        let stored = try await costs.remainderHours(of: feed.source, in: poll.toldHours)
        let gone = stored.subtracting(rows.map { StoredHour($0) }).map(HourlyCost.none)
        for hours in (rows + gone).chunks(of: Self.hourChunk) { try await costs.write(hours, source: feed.source) }
    }

    /// What is not there when the time is up is told as cancelled.
    private func bounded(_ poll: @escaping @Sendable () async -> CostPoll) async -> CostPoll {
        let work = Task { await poll() }
        let limit = max(interval, Self.shortestDeadline)
        let alarm = Task {
            try await Task.sleep(for: limit)
            work.cancel()
        }
        defer { alarm.cancel() }
        return await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
    }

    /// The log is told when it changes whether something is wrong.
    private func tell(_ error: String?) {
        let source = JSONValue.string(feed.source.name)
        if let error, lastError == nil {
            logger.warning("costs are missing", ["source": source, "error": .string(error)])
        }
        if error == nil, lastError != nil { logger.info("costs are complete again", ["source": source]) }
        lastError = error
    }
}

/// What is noted of a round. Pure.
struct IngestOutcome {
    private(set) var states: [IngestState] = []
    /// Clusters of which the source never said anything, and need not.
    private(set) var forgotten: [String] = []

    /// - Parameters:
    ///   - stored: what was noted before.
    ///   - clusters: those of which there are workloads.
    init(_ poll: CostPoll, of source: CostSource, stored: [IngestState], clusters: Set<String>, at now: Timestamp) {
        states = poll.clusters.sorted { $0.key < $1.key }.map { name, cluster in
            IngestState(
                cluster: name, through: cluster.through ?? (cluster.error == nil ? now : nil), askedAt: now,
                error: cluster.error, unmatched: cluster.unmatched, malformed: cluster.malformed)
        }
        let before = Dictionary(stored.map { ($0.cluster, $0) }) { first, _ in first }
        for name in clusters.union(before.keys).subtracting(poll.clusters.keys).sorted() {
            var state = before[name] ?? IngestState(cluster: name, askedAt: nil)
            state.askedAt = now
            if !poll.failures.isEmpty {
                state.error = poll.failures.joined(separator: "; ")
            } else if state.through != nil {
                state.error = "\(source.name) says nothing of this cluster any more"
            } else {
                if before[name] != nil { forgotten.append(name) }
                continue
            }
            states.append(state)
        }
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> some Sequence<[Element]> {
        stride(from: 0, to: count, by: size).lazy.map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
