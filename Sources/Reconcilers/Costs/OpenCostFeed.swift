package import Base
package import CostSources
internal import Costs
internal import Matching
package import Store

/// What OpenCost allocates to workloads hour by hour. Each round asks for the last hours again, since what comes late to
/// OpenCost changes them; once a day the day before is brought to the sum that OpenCost has of it as a whole.
package actor OpenCostFeed: CostFeed {
    /// How far an endpoint was asked.
    private struct Progress {
        /// Up to when there are answers.
        var asked: Timestamp?
        /// The day that was corrected last.
        var corrected: Timestamp?
        /// Clusters that it told of and Callboard did not have then.
        var strangers: Set<String> = []
    }

    package let source = CostSource.opencost
    package nonisolated var lookBackSeconds: Int64? { Self.keptHours * 3_600 }
    private let clients: [OpenCostClient]
    /// Nil: ten minutes after each hour.
    private let interval: Duration?
    private let logger: Logger
    private let jitter: @Sendable () -> Double
    /// By endpoint.
    private var progress: [String: Progress] = [:]
    /// The same when what was said last is written.
    private var pending: [String: Progress] = [:]
    private var strangers: Set<String> = []

    /// For how many hours OpenCost keeps hours, as its chart sets it up (`retention1h`).
    static let keptHours: Int64 = 49
    /// What is asked for again in each round.
    static let overlapHours: Int64 = 3
    /// In one round, so that what is behind is taken in bounded parts.
    static let hoursAtOnce: Int64 = 12
    /// While no workload is known.
    private static let patience: Duration = .seconds(30)
    /// After a failure.
    static let retryInterval: Duration = .seconds(300)

    /// - Parameters:
    ///   - interval: between two rounds; nil: ten minutes after each hour.
    ///   - jitter: from 0 to 1; how much of two minutes to wait longer, so that many do not ask at once.
    package init(
        _ clients: [OpenCostClient], interval: Duration? = nil, logger: Logger,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        (self.clients, self.interval, self.logger, self.jitter) = (clients, interval, logger, jitter)
    }

    package func poll(
        _ workloads: [ChargeableWorkload], through: [String: Timestamp], at now: Timestamp
    ) async -> CostPoll {
        var poll = CostPoll()
        let index = OpenCostWorkloads(workloads)
        pending = progress
        // At the first start the workloads are still to be found.
        guard !index.clusters.isEmpty else {
            poll.next = min(interval ?? Self.patience, Self.patience)
            return poll
        }
        var isBehind = false
        for client in clients {
            let join = OpenCostJoin(index, except: Set(poll.clusters.keys))
            let stored = through.filter { index.clusters.contains($0.key) }.values.min()
            if await read(client, join, index, stored: stored, &poll, at: now) { isBehind = true }
        }
        tell(pending.values.reduce(into: []) { $0.formUnion($1.strangers) })
        poll.next = isBehind ? .zero : pause(after: poll, at: now)
        return poll
    }

    package func wrote() { progress = pending }

    /// Reads what an endpoint says.
    ///
    /// - Parameters:
    ///   - join: without any rows.
    ///   - stored: up to when an earlier process had read.
    /// - Returns: whether there are further hours to be had.
    private func read(
        _ client: OpenCostClient, _ join: OpenCostJoin, _ index: OpenCostWorkloads, stored: Timestamp?,
        _ poll: inout CostPoll, at now: Timestamp
    ) async -> Bool {
        let name = client.endpoint.name
        var (asked, stored) = (progress[name]?.asked, stored)
        // A cluster that was unknown until now is read from the beginning.
        if progress[name]?.strangers.isDisjoint(with: index.clusters) == false { (asked, stored) = (nil, nil) }
        let window = Self.window(asked: asked, stored: stored, at: now)
        let reading = OpenCostReading(client: client)
        let hours = await reading.hours(from: window.from, to: window.to, into: join)
        pending[name, default: Progress()].asked = max(hours.end, asked ?? hours.end)
        if hours.error == nil { pending[name]?.strangers = hours.join.strangers }
        if let error = hours.error { poll.failures.append(error.detail) }
        var problems = [hours.error, hours.gap].compactMap { $0?.detail }
        var charges = hours.join.charges
        if hours.end == now.startOfHour, let day = dueDay(name, since: window.from, at: now) {
            let (corrected, error) = await correct(day, reading, join)
            charges.merge(corrected) { $1 }
            if let error { problems.append(error.detail) }
            if error == nil { pending[name, default: Progress()].corrected = day }
        }
        add(charges, to: &poll)
        note(hours, client.endpoint, problems.first, &poll)
        return hours.error == nil && hours.end < now.startOfHour
    }

    /// From the last hours that are over, or further back to where it came to an end, as far as OpenCost keeps hours.
    static func window(asked: Timestamp?, stored: Timestamp?, at now: Timestamp) -> (from: Timestamp, to: Timestamp) {
        let end = now.startOfHour
        let oldest = end.adding(seconds: -keptHours * 3_600)
        let before = (asked ?? stored)?.startOfHour ?? oldest
        let from = max(min(before, end.adding(seconds: -overlapHours * 3_600)), oldest)
        // Hours of the overlap are the later ones: what is behind goes on after where it ended.
        return (from, min(from.adding(seconds: hoursAtOnce * 3_600), end))
    }

    /// The day before, when its hours are not asked for in every round any more; anew when they were asked for again.
    private func dueDay(_ name: String, since from: Timestamp, at now: Timestamp) -> Timestamp? {
        let today = now.startOfDay
        let day = today.adding(seconds: -86_400)
        guard now.startOfHour >= today.adding(seconds: Self.overlapHours * 3_600) else { return nil }
        return progress[name]?.corrected != day || from < today ? day : nil
    }

    /// The hours of a day, adding up to what the day as a whole is charged.
    private func correct(
        _ day: Timestamp, _ reading: OpenCostReading, _ join: OpenCostJoin
    ) async -> ([Timestamp: [OpenCostPayer: OpenCostCharge]], UsageError?) {
        let whole = await reading.day(day, into: join)
        guard whole.error == nil else { return ([:], whole.error) }
        let hours = await reading.hours(from: day, to: day.adding(seconds: 86_400), into: join)
        guard hours.error == nil else { return ([:], hours.error) }
        return (OpenCostRounding.corrected(hours.join.charges, by: whole.join.charges[day] ?? [:]), nil)
    }

    private func add(_ charges: [Timestamp: [OpenCostPayer: OpenCostCharge]], to poll: inout CostPoll) {
        for (hour, payers) in charges {
            for (payer, charge) in payers {
                switch payer {
                case .workload(let id): poll.hours.append(charge.hourly(id, in: hour))
                case .remainder(let key):
                    let usage = charge.usage(in: hour, ofWorkload: false)
                    poll.remainders.append(RemainderHour(key: key, usage: usage, cost: charge.cost.capped))
                }
            }
        }
    }

    /// How each cluster fared. What was told of stays complete up to there, whatever failed later.
    private func note(
        _ hours: OpenCostReading.Found, _ endpoint: OpenCostEndpoint, _ problem: String?, _ poll: inout CostPoll
    ) {
        for (name, cluster) in hours.join.clusters {
            let told = hours.join.told[name] ?? []
            var cluster = cluster
            cluster.through = told.max()?.adding(seconds: 3_600)
            cluster.error = problem ?? Self.gap(told, until: hours.end).map { "OpenCost \(endpoint.name): \($0)" }
            poll.clusters[name] = cluster
            poll.toldHours.formUnion(told.map { ClusterHour(cluster: name, hour: $0) })
        }
        guard hours.error == nil else { return }
        // Clusters that are named in the configuration are expected.
        for name in endpoint.clusters.values where poll.clusters[name] == nil {
            poll.clusters[name] = CostPoll.Cluster()
            poll.clusters[name]?.error = "OpenCost \(endpoint.name) says nothing of this cluster"
        }
    }

    /// Hours after the first one that is told of and before the end without any row: nothing is known of them, which is
    /// something else than that they cost nothing.
    private static func gap(_ told: Set<Timestamp>, until end: Timestamp) -> String? {
        guard let first = told.min() else { return nil }
        let hours = stride(from: first.microseconds, to: end.microseconds, by: 3_600_000_000)
            .map { Timestamp(microseconds: $0) }
        let missing = hours.filter { !told.contains($0) }
        return missing.first.map {
            "nothing is said of \(missing.count) of \(hours.count) hours, the first \($0.rfc3339)"
        }
    }

    private func pause(after poll: CostPoll, at now: Timestamp) -> Duration {
        if let interval { return interval }
        var next = now.startOfHour.adding(seconds: 600)
        if next <= now { next = next.adding(seconds: 3_600) }
        let wait = Duration.seconds(next.secondsSince(now) + 120 * jitter())
        let hasFailed = !poll.failures.isEmpty || poll.clusters.values.contains { $0.error != nil }
        return hasFailed ? min(wait, Self.retryInterval) : wait
    }

    /// The log is told of clusters that Callboard does not have, when there are others than before.
    private func tell(_ found: Set<String>) {
        if !found.subtracting(strangers).isEmpty {
            logger.warning(
                "OpenCost tells of clusters without workloads here; when they have another name here, say so in "
                    + "opencost.clusters", ["names": .array(found.sorted().map(JSONValue.string))])
        }
        strangers = found
    }
}
