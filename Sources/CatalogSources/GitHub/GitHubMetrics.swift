package import Base

/// What is counted of the requests to GitHub. The label `host` takes the configured hosts as values and no others.
package struct GitHubMetrics: Sendable {
    private let requests: Counter
    private let remaining: Gauge
    private let reset: Gauge

    package init(_ registry: MetricsRegistry) {
        requests = registry.counter(
            "callboard_github_requests_total", help: "Requests to GitHub, by status; <error>: no whole answer.",
            labels: ["host", "code"])
        remaining = registry.gauge(
            "callboard_github_rate_limit_remaining", help: "Requests that GitHub still allows in this window.",
            labels: ["host"])
        reset = registry.gauge(
            "callboard_github_rate_limit_reset_timestamp_seconds", help: "When the window ends.", labels: ["host"])
    }

    /// - Parameter status: nil: there was no whole answer.
    func count(_ host: String, status: Int?, headers: HTTPHeaders) {
        requests.increment([host, status.map(String.init) ?? "<error>"])
        // Searches and the like have limits of their own.
        guard headers["X-RateLimit-Resource"] ?? "core" == "core" else { return }
        if let value = headers["X-RateLimit-Remaining"].flatMap({ Int64($0) }) { remaining.set(Double(value), [host]) }
        if let value = headers["X-RateLimit-Reset"].flatMap({ Int64($0) }) { reset.set(Double(value), [host]) }
    }
}
