package import Base
package import Store

/// Adds up the costs' hours by day, says which source counts, keeps partitions ready, and drops what is too old.
package struct CostRollUp: CostLoop {
    /// What the operator decided.
    package struct Settings: Sendable, Hashable {
        /// Between two looks at what is to be added up.
        package var interval: Duration = .seconds(300)
        /// The source that counts for a cluster, and those of clusters for which another one does.
        package var primary = CostSource.estimate
        package var primaryByCluster: [String: CostSource] = [:]
        package var retention = CostRetention()

        package init() {}
    }

    private let costs: CostStore
    private let settings: Settings
    private let metrics: RollUpMetrics
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    /// After the start, when the first hours have been written, nobody shall wait a whole interval for the first sums.
    private static let beginning: Duration = .seconds(30)
    /// After an upgrade there are many to be made, and roll-ups must not wait for them.
    private static let sheetsAtOnce = 40
    private static let lacking = "what all workloads cost was not added up"

    /// - Parameter costs: fenced for the catalog's shard.
    package init(
        costs: CostStore, settings: Settings, metrics: MetricsRegistry, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.costs = costs
        self.settings = settings
        self.metrics = RollUpMetrics(metrics)
        self.logger = logger
        self.clock = clock
        self.now = now
    }

    package func run() async {
        var pause = min(Self.beginning, settings.interval)
        while !Task.isCancelled {
            await turn()
            try? await clock.sleep(for: pause)
            pause = settings.interval
        }
    }

    private func turn() async {
        await attempt("partitions were not made ahead") { try await costs.makePartitions(now: now()) }
        await attempt("past days of workloads that are claimed since are not known") {
            try await costs.touchClaimedPast(now: now())
        }
        await rollUp()
        await attempt(Self.lacking) { try await costs.makeSheets(limit: Self.sheetsAtOnce) }
        await attempt("the primary sources were not noted") {
            try await costs.setPrimary(settings.primaryByCluster, otherwise: settings.primary)
        }
        await attempt("expired costs were not dropped") {
            let dropped = try await costs.dropExpired(settings.retention, now: now())
            if !dropped.isEmpty {
                logger.info("dropped expired costs", ["tables": .array(dropped.map { .string($0) })])
            }
        }
        await attempt("workloads that are gone for long were not removed") {
            _ = try await costs.removeForgotten(settings.retention, now: now())
        }
    }

    /// A day that fails does not hold up the others.
    private func rollUp() async {
        await attempt("the days to roll up are not known") {
            for day in try await costs.touchedDays() where !Task.isCancelled {
                let beginning = clock.measurement()
                let tally = await attempt("a day was not rolled up") { try await costs.rollUp(day, now: now()) }
                metrics.finished(tally, after: beginning())
                if tally != nil { await attempt(Self.lacking) { try await costs.makeSheets(of: day) } }
            }
            let today = now().startOfDay
            metrics.waiting(try await costs.touchedDays().count { $0.day < today })
        }
    }

    @discardableResult
    private func attempt<Value>(_ failure: String, _ body: () async throws -> Value) async -> Value? {
        do { return try await body() } catch {
            if !Task.isCancelled { logger.warning(failure, ["error": .string("\(error)")]) }
            return nil
        }
    }
}

extension Clock where Duration == Swift.Duration {
    /// Tells how long ago this was called.
    fileprivate func measurement() -> () -> Duration {
        let beginning = now
        return { beginning.duration(to: self.now) }
    }
}

/// What roll-ups tell of themselves.
private struct RollUpMetrics: Sendable {
    private let total: Counter
    private let time: Histogram
    private let rows: Counter
    private let waiting: Gauge

    init(_ registry: MetricsRegistry) {
        total = registry.counter(
            "callboard_cost_rollups_total", help: "Days rolled up, of a source and a cluster.", labels: ["result"])
        time = registry.histogram(
            "callboard_cost_rollup_duration_seconds", help: "How long a day's roll-up took.",
            buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        rows = registry.counter(
            "callboard_cost_rollup_rows_total", help: "Rows that roll-ups changed.", labels: ["table"])
        waiting = registry.gauge(
            "callboard_cost_closed_days_waiting", help: "Days that are over and not rolled up.")
        for result in ["success", "error"] { total.increment(by: 0, [result]) }
    }

    /// - Parameter tally: nil when it failed.
    func finished(_ tally: RollUpTally?, after duration: Duration) {
        total.increment([tally == nil ? "error" : "success"])
        time.observe(duration / .seconds(1))
        guard let tally else { return }
        rows.increment(by: Double(tally.daily), ["cost_daily"])
        rows.increment(by: Double(tally.entityDaily), ["cost_entity_daily"])
    }

    func waiting(_ count: Int) { waiting.set(Double(count)) }
}
