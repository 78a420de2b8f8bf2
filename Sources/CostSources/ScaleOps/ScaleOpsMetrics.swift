package import Base

/// What is counted of the requests to ScaleOps. The label `endpoint` takes the configured names as values and no others.
package struct ScaleOpsMetrics: Sendable {
    private let requests: Counter
    private let logins: Counter

    package init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "callboard_scaleops_requests_total", help: "Requests to ScaleOps, by status; <error>: no answer.",
            labels: ["endpoint", "code"])
        logins = registry.counter(
            "callboard_scaleops_logins_total", help: "Logins to ScaleOps.", labels: ["endpoint", "result"])
    }

    /// - Parameter status: nil: there was no answer.
    func countRequest(_ endpoint: String, status: Int?) {
        requests.increment([endpoint, status.map(String.init) ?? "<error>"])
    }

    func countLogin(_ endpoint: String, succeeded: Bool) {
        logins.increment([endpoint, succeeded ? "success" : "error"])
    }
}
