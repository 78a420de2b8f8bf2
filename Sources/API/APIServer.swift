package import Actions
package import Base
package import HTTPServer
package import MCP
package import Store

/// Answers every request of the one endpoint: finds the route, finds out who asks, and turns failures into Backstage's
/// error body.
package struct APIServer: Sendable {
    let routes: [Route]
    private let immediateRoutes: [Route]
    private let authenticator: Authenticator
    private let logger: Logger
    private let requests: Counter
    private let durations: Histogram

    /// - Parameters:
    ///   - actions: which actions agents are offered, and where.
    ///   - catalog: what the catalog's API needs besides the database.
    ///   - kubernetes: fetches objects from clusters; nil: there is no `/api/kubernetes`.
    ///   - scaleOps: nil: there is no `/api/scaleops`.
    ///   - liveness: why the process hangs and should be restarted; nil when it does not.
    ///   - readiness: what keeps the program from being ready, by check; empty when nothing does.
    package init(
        store: Store, registry: ActionRegistry, authenticator: Authenticator, mcp: MCPConfiguration,
        actions: ActionsConfiguration = ActionsConfiguration(),
        catalog: CatalogAPIConfiguration = CatalogAPIConfiguration(), kubernetes: KubernetesObjects? = nil,
        scaleOps: ScaleOpsAPIConfiguration? = nil, metrics: MetricsRegistry, logger: Logger,
        liveness: @escaping @Sendable () async -> String? = { nil },
        readiness: @escaping @Sendable () async -> [ReadinessCheck]
    ) {
        self.authenticator = authenticator
        self.logger = logger
        routes =
            HealthRoutes(metrics: metrics, liveness: liveness, readiness: readiness).routes
            + CatalogRoutes(store: store, configuration: catalog).routes
            + CallboardRoutes(store: store, registry: registry).routes
            + OriginRoutes(store: store).routes
            + CanonicalRoutes(store: store, registry: registry, files: catalog.canonical).routes
            + MCPRoutes(store: store, registry: registry, configuration: mcp, actions: actions, logger: logger).routes
            + ActionRoutes(registry: registry, configuration: actions).routes
            + OpenAPIRoutes(registry: registry, withScaleOps: scaleOps != nil).routes
            + (kubernetes.map { KubernetesRoutes(store: store, objects: $0).routes } ?? [])
            + (scaleOps.map { ScaleOpsRoutes(configuration: $0, logger: logger).routes } ?? [])
        immediateRoutes = routes.filter { $0.immediate != nil }
        requests = metrics.counter(
            "callboard_http_requests_total", help: "Answered requests.", labels: ["route", "method", "code"])
        durations = metrics.histogram(
            "callboard_http_request_duration_seconds", help: "How long an answer took.", labels: ["route"])
    }

    /// Answers one request. Never throws: a failure is an answer too.
    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        let started = ContinuousClock.now
        let (route, response) = await answer(request)
        record(response, to: request, route, since: started)
        return response
    }

    /// Answers a request whose answer is at hand, to who may have it; nil: `respond` is to be asked, which tells also what is
    /// wrong.
    package func respondAtOnce(to request: HTTPServerRequest) -> HTTPServerResponse? {
        let started = ContinuousClock.now
        for route in immediateRoutes where route.methods.contains(request.method) {
            guard let immediate = route.immediate, let parameters = route.parameters(request.pathSegments),
                let caller = try? authenticator.caller(of: request),
                let response = try? immediate(RouteRequest(http: request, parameters: parameters, caller: caller))
            else { continue }
            record(response, to: request, route, since: started)
            return response
        }
        return nil
    }

    private func record(
        _ response: HTTPServerResponse, to request: HTTPServerRequest, _ route: Route?,
        since started: ContinuousClock.Instant
    ) {
        let pattern = route?.pattern ?? "none"
        let method = route?.methods.contains(request.method) == true ? request.method : "other"
        requests.increment([pattern, method, String(response.status)])
        durations.observe((ContinuousClock.now - started) / .seconds(1), [pattern])
    }

    private func answer(_ request: HTTPServerRequest) async -> (Route?, HTTPServerResponse) {
        let fitting = routes.compactMap { route in route.parameters(request.pathSegments).map { (route, $0) } }
        // A path that is written out is that path alone, whatever a pattern beside it would take.
        let literals = fitting.map(\.0.literalCount).max()
        let matches = fitting.filter { $0.0.literalCount == literals }
        let match = matches.first { $0.0.methods.contains(request.method) } ?? matches.first
        do {
            // Who may not come in is not told which paths there are either.
            let caller = match?.0.isOpen == true ? Self.nobody : try authenticator.caller(of: request)
            guard let (route, parameters) = match else { return (nil, notFound(request)) }
            guard route.methods.contains(request.method) else {
                return (route, notAllowed(request, Set(matches.flatMap { $0.0.methods })))
            }
            return (route, try await route.handler(RouteRequest(http: request, parameters: parameters, caller: caller)))
        } catch {
            return (match?.0, failure(error, request))
        }
    }

    private static let nobody = Caller(subject: "nobody", restrictions: [])

    private func notFound(_ request: HTTPServerRequest) -> HTTPServerResponse {
        ErrorResponse(status: 404, name: "NotFoundError", message: "No such path").response(to: request)
    }

    private func notAllowed(_ request: HTTPServerRequest, _ methods: Set<String>) -> HTTPServerResponse {
        var error = ErrorResponse(status: 405, name: "NotAllowedError", message: "This path has no \(request.method)")
        error.headers.set("Allow", methods.sorted().joined(separator: ", "))
        return error.response(to: request)
    }

    private func failure(_ error: any Error, _ request: HTTPServerRequest) -> HTTPServerResponse {
        let answer = ErrorResponse(error)
        if let hidden = answer.hidden {
            logger.error(
                "a request failed",
                [
                    "requestId": .string(request.id), "method": .string(request.method), "path": .string(request.path),
                    "answer": .string(answer.message), "error": .string(hidden),
                ])
        }
        return answer.response(to: request)
    }
}
