internal import Base

/// Metrics of a reconciler under the names that controller-runtime gives them, which dashboards expect. One reconcile is
/// one batch of keys.
///
/// There is no `controller_runtime_reconcile_panics_total`: a trap ends a Swift process and cannot be counted.
struct ReconcilerMetrics: Sendable {
    /// controller-runtime's results. Nothing here asks to be called again at once; the series is there for dashboards.
    enum Result: String, CaseIterable {
        case success, error, requeue
        case requeueAfter = "requeue_after"
    }

    /// controller-runtime pkg/internal/controller/metrics.
    private static let buckets: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
        1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
    ]

    private let controller: String
    private let total: Counter
    private let errors: Counter
    private let terminalErrors: Counter
    private let time: Histogram
    private let active: Gauge
    private let worker: WorkerCount

    init(_ registry: MetricsRegistry, controller: String) {
        self.controller = controller
        total = registry.counter(
            "controller_runtime_reconcile_total", help: "Batches reconciled, by result.",
            labels: ["controller", "result"])
        errors = registry.counter(
            "controller_runtime_reconcile_errors_total", help: "Batches that failed and are tried again.",
            labels: ["controller"])
        terminalErrors = registry.counter(
            "controller_runtime_terminal_reconcile_errors_total",
            help: "Keys that cannot be written and are left out until they change.", labels: ["controller"])
        time = registry.histogram(
            "controller_runtime_reconcile_time_seconds", help: "How long a batch took.", labels: ["controller"],
            buckets: Self.buckets)
        active = registry.gauge(
            "controller_runtime_active_workers", help: "Batches that are worked on now.", labels: ["controller"])
        worker = WorkerCount(
            registry.gauge(
                "controller_runtime_max_concurrent_reconciles",
                help: "Batches that may be worked on at once: one for each queue.", labels: ["controller"]),
            controller: controller)
        // Series that exist from the start give a rate over their first increment.
        for result in Result.allCases { total.increment(by: 0, [controller, result.rawValue]) }
        for counter in [errors, terminalErrors] { counter.increment(by: 0, [controller]) }
        active.add(0, [controller])
        time.expect([controller])
    }

    /// Work on a batch begins; `finished` ends it.
    func started() { active.add(1, [controller]) }

    func finished(_ result: Result, after duration: Duration) {
        active.add(-1, [controller])
        total.increment([controller, result.rawValue])
        if result == .error { errors.increment([controller]) }
        time.observe(duration / .seconds(1), [controller])
    }

    /// A key is given up until it changes.
    func failedForGood() { terminalErrors.increment([controller]) }
}

/// Counts a reconciler among those that there are, as long as it lives.
private final class WorkerCount: Sendable {
    private let gauge: Gauge
    private let controller: String

    init(_ gauge: Gauge, controller: String) {
        self.gauge = gauge
        self.controller = controller
        gauge.add(1, [controller])
    }

    deinit { gauge.add(-1, [controller]) }
}
