internal import Base
internal import HTTPServer

/// One thing that must be right before the program is ready.
package struct ReadinessCheck: Sendable {
    package let name: String
    /// Why it is not; nil when it is.
    package let problem: String?

    package init(name: String, problem: String?) {
        self.name = name
        self.problem = problem
    }
}

/// Health and metrics, open to everybody who reaches the port: they tell how much there is in the catalog, not what.
struct HealthRoutes {
    let metrics: MetricsRegistry
    let liveness: @Sendable () async -> String?
    let readiness: @Sendable () async -> [ReadinessCheck]

    /// What machines ask all the time, and must always be told.
    static func isProbe(_ pattern: String) -> Bool {
        ["/livez", "/readyz", "/metrics"].contains(pattern) || pattern.hasPrefix("/.backstage/health/")
    }

    var routes: [Route] {
        [
            // The process answers; a dependency that is down must not have it restarted.
            Route("/livez", isOpen: true, reach: .everyName) { [liveness] _ in
                await liveness().map { .text(500, "\($0)\n") } ?? .text(200, "ok\n")
            },
            Route("/readyz", isOpen: true, reach: .everyName) { [readiness] _ in Self.readyz(await readiness()) },
            Route("/metrics", isOpen: true, reach: .everyName) { [metrics] _ in
                .text(200, metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
            },
            Route("/.backstage/health/v1/liveness", isOpen: true, reach: .everyName) { [liveness] _ in
                await liveness().map { .json(503, ["message": .string($0), "status": "error"]) }
                    ?? .json(200, ["status": "ok"])
            },
            Route("/.backstage/health/v1/readiness", isOpen: true, reach: .everyName) { [readiness] _ in
                let isReady = await readiness().allSatisfy { $0.problem == nil }
                return isReady
                    ? .json(200, ["status": "ok"])
                    : .json(503, ["message": "Backend has not started yet", "status": "error"])
            },
        ]
    }

    /// As API servers write it with `?verbose`.
    private static func readyz(_ checks: [ReadinessCheck]) -> HTTPServerResponse {
        let lines = checks.map { check in
            check.problem.map { "[-]\(check.name) failed: \($0)\n" } ?? "[+]\(check.name) ok\n"
        }
        let isReady = checks.allSatisfy { $0.problem == nil }
        return .text(
            isReady ? 200 : 503, lines.joined() + (isReady ? "readyz check passed\n" : "readyz check failed\n"))
    }
}

extension HTTPServerResponse {
    static func text(
        _ status: Int, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> HTTPServerResponse {
        HTTPServerResponse(status: status, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }
}
