internal import Base
internal import KubeClient

/// Metrics of a reconciler, under the names that controller-runtime gives them (and dashboards expect), and of its caches.
struct ReconcilerMetrics: Sendable {
    enum Result: String, CaseIterable { case success, error }

    let depth: BoundGauge
    private let controller: String
    private let total: Counter
    private let time: Histogram
    private let objects: Gauge
    private let lastEvent: Gauge
    private let lists: Gauge
    private let watches: Gauge
    private let residual: Gauge

    init(_ registry: MetricsRegistry, controller: String) {
        self.controller = controller
        total = registry.counter(
            "controller_runtime_reconcile_total", help: "Batches reconciled, by result.",
            labels: ["controller", "result"])
        time = registry.histogram(
            "controller_runtime_reconcile_time_seconds", help: "How long a batch took.", labels: ["controller"])
        depth = BoundGauge(
            gauge: registry.gauge("workqueue_depth", help: "Keys that wait.", labels: ["name", "controller"]),
            labels: [controller, controller])
        objects = registry.gauge(
            "callboard_cache_objects", help: "Objects in a cache.", labels: ["cluster", "resource"])
        lastEvent = registry.gauge(
            "callboard_cache_last_event_timestamp_seconds", help: "When a cache last heard from the API server.",
            labels: ["cluster", "resource"])
        lists = registry.gauge(
            "callboard_lists_total", help: "Complete lists read since the start.", labels: ["cluster", "resource"])
        watches = registry.gauge(
            "callboard_watches_total", help: "Watches opened since the start.", labels: ["cluster", "resource"])
        residual = registry.gauge(
            "callboard_match_residual_selectors",
            help: "Selectors without a positive term; each workload event pays for every one of them.",
            labels: ["cluster"])
        // Series that exist from the start give a rate over their first increment.
        for result in Result.allCases { total.increment(by: 0, [controller, result.rawValue]) }
        depth.set(0)
    }

    func finished(_ result: Result, after duration: Duration) {
        total.increment([controller, result.rawValue])
        time.observe(duration / .seconds(1), [controller])
    }

    func observe(_ caches: ClusterCaches, residualSelectors: Int) {
        for (resource, count, status) in caches.statuses {
            let labels = [caches.cluster, resource]
            objects.set(Double(count), labels)
            lists.set(Double(status.lists), labels)
            watches.set(Double(status.watches), labels)
            if let time = status.lastEventAt { lastEvent.set(Double(time.microseconds) / 1_000_000, labels) }
        }
        residual.set(Double(residualSelectors), [caches.cluster])
    }
}

/// A gauge with its label values.
struct BoundGauge: Sendable {
    let gauge: Gauge
    let labels: [String]

    func set(_ value: Double) { gauge.set(value, labels) }
}
