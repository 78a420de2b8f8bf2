internal import Base
internal import CostSources

/// What is counted of usage and of what follows from it.
struct UsageMetrics: Sendable {
    private let reads: Counter
    private let malformed: Counter
    private let pods: Gauge
    private let rounds: Counter
    private let containers: Gauge

    init(_ registry: MetricsRegistry) {
        reads = registry.counter(
            "callboard_usage_reads_total", help: "Questions for the usage of a cluster, by what came of them.",
            labels: ["cluster", "source", "result"])
        malformed = registry.counter(
            "callboard_usage_malformed_total", help: "Rows of usage that could not be read.",
            labels: ["cluster", "source"])
        pods = registry.gauge(
            "callboard_usage_pods", help: "Pods whose usage the last answer told.", labels: ["cluster"])
        rounds = registry.counter(
            "callboard_sizing_rounds_total", help: "Rounds of recommendations, by what came of them.",
            labels: ["cluster", "result"])
        containers = registry.gauge(
            "callboard_sizing_containers", help: "Containers of workloads that the last round looked at.",
            labels: ["cluster"])
    }

    func answered(_ cluster: String, _ source: String, pods count: Int, malformed rows: Int) {
        reads.increment([cluster, source, "success"])
        malformed.increment(by: Double(rows), [cluster, source])
        pods.set(Double(count), [cluster])
    }

    func failed(_ cluster: String, _ source: String, _ error: UsageError) {
        reads.increment([cluster, source, error.label])
    }

    func sized(_ cluster: String, containers count: Int?) {
        rounds.increment([cluster, count == nil ? "error" : "success"])
        if let count { containers.set(Double(count), [cluster]) }
    }

    /// What is followed here no more says nothing.
    func ended(_ cluster: String) {
        pods.remove([cluster])
        containers.remove([cluster])
    }
}
