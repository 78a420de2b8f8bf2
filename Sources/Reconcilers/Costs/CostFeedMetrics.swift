internal import Base

/// What is counted of those who say what workloads cost.
struct CostFeedMetrics: Sendable {
    private let polls: Counter
    private let seconds: Histogram
    private let unmatched: Gauge
    private let malformed: Gauge
    private let source: String

    init(_ registry: MetricsRegistry, source: String) {
        self.source = source
        polls = registry.counter(
            "callboard_cost_source_polls_total", help: "Times that a source of costs was asked, by result.",
            labels: ["source", "result"])
        seconds = registry.histogram(
            "callboard_cost_source_poll_seconds", help: "How long asking and writing took.", labels: ["source"])
        unmatched = registry.gauge(
            "callboard_cost_source_unmatched_rows", help: "Rows of a source of which there is no workload.",
            labels: ["source", "cluster"])
        malformed = registry.gauge(
            "callboard_cost_source_malformed_rows", help: "Rows and fields of a source that could not be read.",
            labels: ["source", "cluster"])
        for result in ["success", "partial", "error"] { polls.increment(by: 0, [source, result]) }
    }

    func polled(_ result: String, after duration: Duration) {
        polls.increment([source, result])
        seconds.observe(duration / .seconds(1), [source])
    }

    func show(_ clusters: [String: CostPoll.Cluster]) {
        for (name, cluster) in clusters {
            unmatched.set(Double(cluster.unmatched), [source, name])
            malformed.set(Double(cluster.malformed), [source, name])
        }
    }

    /// A replica that does not lead any more tells nothing of these.
    func hide(_ clusters: some Sequence<String>) {
        for name in clusters {
            unmatched.remove([source, name])
            malformed.remove([source, name])
        }
    }
}
