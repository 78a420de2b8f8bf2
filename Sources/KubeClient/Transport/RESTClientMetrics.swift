package import Base

/// The metrics of client-go about requests to API servers (component-base metrics/prometheus/restclient), with its names,
/// labels and buckets. One for all clusters; the label `host` tells them apart.
package struct RESTClientMetrics: Sendable {
    private static let seconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
    private static let bytes: [Double] = [
        64, 256, 512, 1024, 4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    ]

    private let requests: Counter
    private let durations: Histogram
    private let requestSizes: Histogram
    private let responseSizes: Histogram
    private let retries: Counter
    private let turns: Histogram
    private let nameLookups: Histogram

    package init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "rest_client_requests_total", help: "Requests to the Kubernetes API.", labels: ["code", "method", "host"])
        durations = registry.histogram(
            "rest_client_request_duration_seconds", help: "Time until the header of an answer.",
            labels: ["verb", "host"], buckets: Self.seconds)
        requestSizes = registry.histogram(
            "rest_client_request_size_bytes", help: "Bodies sent.", labels: ["verb", "host"], buckets: Self.bytes)
        responseSizes = registry.histogram(
            "rest_client_response_size_bytes", help: "Bodies received, other than those of watches.",
            labels: ["verb", "host"], buckets: Self.bytes)
        retries = registry.counter(
            "rest_client_request_retries_total", help: "Requests sent again, by the answer that was the reason.",
            labels: ["code", "verb", "host"])
        turns = registry.histogram(
            "rest_client_rate_limiter_duration_seconds", help: "Time that writes waited for their turn.",
            labels: ["verb", "host"], buckets: Self.seconds)
        nameLookups = registry.histogram(
            "rest_client_dns_resolution_duration_seconds", help: "Time of looking up an API server's name.",
            labels: ["host"], buckets: Self.seconds.dropLast())
    }

    /// What to give to a `KubernetesClient` as `observe`.
    package func observer(of cluster: ClusterConfiguration) -> @Sendable (KubernetesClient.Observation) -> Void {
        let host = cluster.host
        return { record($0, host: host) }
    }

    private func record(_ observation: KubernetesClient.Observation, host: String) {
        switch observation {
        case .attempt(let attempt): record(attempt, host: host)
        case .body(let method, let bytes): responseSizes.observe(Double(bytes), [method, host])
        case .again(let method, let status): retries.increment([code(status), method, host])
        case .turn(let method, let wait): turns.observe(wait / .seconds(1), [method, host])
        }
    }

    private func record(_ attempt: KubernetesClient.Attempt, host: String) {
        requests.increment([code(attempt.status), attempt.method, host])
        durations.observe(attempt.duration / .seconds(1), [attempt.method, host])
        if let bytes = attempt.requestBytes { requestSizes.observe(Double(bytes), [attempt.method, host]) }
        if let lookup = attempt.nameLookup { nameLookups.observe(lookup / .seconds(1), [host]) }
    }

    private func code(_ status: Int) -> String { status == 0 ? "<error>" : String(status) }
}
