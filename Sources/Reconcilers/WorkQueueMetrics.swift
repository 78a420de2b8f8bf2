internal import Base

/// Measures a work queue under the names of controller-runtime's queues.
///
/// Several queues of one controller, such as one for each cluster, have names of their own.
struct WorkQueueMetrics: Sendable {
    /// client-go util/workqueue/metrics.go: twelve decades from 10 ns.
    private static let buckets: [Double] = [
        1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000,
    ]
    /// controller-runtime's numbers: what was there at the start has -100.
    private static let (highPriority, lowPriority) = ("0", "-100")

    private let registry: MetricsRegistry
    private let labels: [String]
    private let depth: Gauge
    private let additions: Counter
    private let waiting: Histogram
    private let working: Histogram
    private let unfinished: Gauge
    private let longest: Gauge
    private let retries: Counter
    private let lag: Gauge
    private let totals = SourceTotals()

    /// - Parameters:
    ///   - controller: the kind of reconciler.
    ///   - name: of the queue, one of a fixed set: it is a label. A queue that comes after another may have its name.
    init(_ registry: MetricsRegistry, controller: String, name: String) {
        self.registry = registry
        labels = [name, controller]
        let names = ["name", "controller"]
        depth = registry.gauge(
            "workqueue_depth", help: "Keys that wait for a worker, by priority.", labels: names + ["priority"])
        additions = registry.counter(
            "workqueue_adds_total", help: "Keys that work was asked for, each once until it is taken.", labels: names)
        waiting = registry.histogram(
            "workqueue_queue_duration_seconds", help: "How long keys waited for a worker.", labels: names,
            buckets: Self.buckets)
        working = registry.histogram(
            "workqueue_work_duration_seconds", help: "How long keys were worked on.", labels: names,
            buckets: Self.buckets)
        unfinished = registry.gauge(
            "workqueue_unfinished_work_seconds",
            help: "How long the keys in work have been worked on, together.", labels: names)
        longest = registry.gauge(
            "workqueue_longest_running_processor_seconds",
            help: "How long the key has been worked on that has been the longest.", labels: names)
        retries = registry.counter(
            "workqueue_retries_total", help: "Keys whose work failed and is tried again.", labels: names)
        lag = registry.gauge(
            "callboard_db_lag_seconds",
            help: "Age of the oldest change that is not stored yet, failed attempts included.", labels: names)
        waiting.expect(labels)
        working.expect(labels)
    }

    /// - Parameter counts: gives the queue's state; nil when the queue is no more.
    func follow(_ counts: @escaping @Sendable () -> WorkQueueCounts?) {
        registry.beforeExposition {
            guard let state = counts() else {
                // A queue that has the same name by now follows later in this exposition.
                removeState()
                return false
            }
            report(state)
            return true
        }
    }

    /// Takes what was counted since the last exposition; to be called when the queue ends. Its state goes with the next one.
    func ended(with counts: WorkQueueCounts) { reportTotals(counts) }

    func observe(_ times: WorkQueueTimes) {
        for time in times.waited { waiting.observe(time / .seconds(1), labels) }
        for time in times.worked { working.observe(time / .seconds(1), labels) }
    }

    private func report(_ counts: WorkQueueCounts) {
        depth.set(Double(counts.readyHigh), labels + [Self.highPriority])
        depth.set(Double(counts.readyLow), labels + [Self.lowPriority])
        unfinished.set(counts.unfinishedWork / .seconds(1), labels)
        longest.set(counts.longestWork / .seconds(1), labels)
        lag.set(counts.oldestAge / .seconds(1), labels)
        reportTotals(counts)
    }

    private func reportTotals(_ counts: WorkQueueCounts) {
        totals.report(Double(counts.additions), to: additions, labels)
        totals.report(Double(counts.retries), to: retries, labels)
    }

    private func removeState() {
        for priority in [Self.highPriority, Self.lowPriority] { depth.remove(labels + [priority]) }
        for gauge in [unfinished, longest, lag] { gauge.remove(labels) }
    }
}
