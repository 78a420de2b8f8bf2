package import Access
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
    private let mcp: MCPRoutes
    private let authenticator: Authenticator
    private let envelope: Envelope
    private let challenges: Challenges
    private let oversight: Oversight
    private let oauth: AuthorizationServer?
    private let logger: Logger
    private let requests: Counter
    private let durations: Histogram

    /// - Parameters:
    ///   - actions: which actions agents are offered, and where.
    ///   - catalog: what the catalog's API needs besides the database.
    ///   - kubernetes: fetches objects from clusters; nil: there is no `/api/kubernetes`.
    ///   - envelope: from where requests may come.
    ///   - resources: who issues tokens for the MCP endpoints; nil: nobody that we know of.
    ///   - scaleOps: nil: there is no `/api/scaleops`.
    ///   - signIn: nil: persons cannot sign in in browsers.
    ///   - oauth: nil: nobody gets tokens here.
    ///   - oversight: how often who may come, and the audit.
    ///   - liveness: why the process hangs and should be restarted; nil when it does not.
    ///   - readiness: what keeps the program from being ready, by check; empty when nothing does.
    package init(
        store: Store, registry: ActionRegistry, authenticator: Authenticator, mcp: MCPConfiguration,
        envelope: Envelope = Envelope(), resources: ProtectedResources? = nil,
        actions: ActionsConfiguration = ActionsConfiguration(),
        catalog: CatalogAPIConfiguration = CatalogAPIConfiguration(), kubernetes: KubernetesObjects? = nil,
        scaleOps: ScaleOpsAPIConfiguration? = nil, signIn: SignIn? = nil,
        oauth: (server: AuthorizationServer, persons: any PersonSource)? = nil, oversight: Oversight = Oversight(),
        metrics: MetricsRegistry, logger: Logger,
        liveness: @escaping @Sendable () async -> String? = { nil },
        readiness: @escaping @Sendable () async -> [ReadinessCheck]
    ) {
        self.authenticator = authenticator
        self.envelope = envelope
        challenges = Challenges(resources: resources)
        var oversight = oversight
        oversight.registry = registry
        self.oversight = oversight
        self.oauth = oauth?.server
        self.logger = logger
        self.mcp = MCPRoutes(
            store: store, registry: registry, configuration: mcp, actions: actions,
            challenges: challenges, oversight: oversight, logger: logger)
        routes =
            HealthRoutes(metrics: metrics, liveness: liveness, readiness: readiness).routes
            + WellKnownRoutes(resources: resources).routes
            + CatalogRoutes(store: store, configuration: catalog).routes
            + CallboardRoutes(store: store, registry: registry).routes
            + OriginRoutes(store: store).routes
            + AuditRoutes(store: store).routes
            + GrantRoutes(store: store.oauth, forget: oauth?.server.verifier.forget).routes
            + CanonicalRoutes(store: store, registry: registry, files: catalog.canonical).routes
            + self.mcp.routes
            + ActionRoutes(registry: registry, configuration: actions, limits: oversight.limits).routes
            + OpenAPIRoutes(registry: registry, withScaleOps: scaleOps != nil).routes
            + (kubernetes.map { KubernetesRoutes(store: store, objects: $0).routes } ?? [])
            + (scaleOps.map { ScaleOpsRoutes(configuration: $0, logger: logger).routes } ?? [])
            + (signIn.map {
                SignInRoutes($0, directory: CatalogUsers(store), metrics: metrics, logger: logger).routes
            } ?? [])
            + (oauth.map {
                OAuthRoutes($0.server, persons: $0.persons, metrics: metrics, logger: logger).routes
            } ?? [])
        immediateRoutes = routes.filter { $0.immediate != nil }
        requests = metrics.counter(
            "callboard_http_requests_total", help: "Answered requests.", labels: ["route", "method", "code"])
        durations = metrics.histogram(
            "callboard_http_request_duration_seconds", help: "How long an answer took.", labels: ["route"])
    }

    /// Answers one request. Never throws: a failure is an answer too.
    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        var visit = Oversight.Visit(request)
        let (route, answer) = await answer(&visit)
        var response = envelope.finish(answer, to: request, route?.reach ?? .listed)
        record(&response, to: visit, route)
        return response
    }

    /// Answers a request whose answer is at hand, to who may have it; nil: `respond` is to be asked, which tells also what is
    /// wrong.
    package func respondAtOnce(to request: HTTPServerRequest) -> HTTPServerResponse? {
        for route in immediateRoutes where route.methods.contains(request.method) {
            guard let immediate = route.immediate, let parameters = route.parameters(request.pathSegments),
                envelope.answer(to: request, route.reach) == nil,
                let caller = try? authenticator.callerAtOnce(of: request),
                challenges.refusal(of: caller, request) == nil,
                let answer = try? immediate(RouteRequest(http: request, parameters: parameters, caller: caller))
            else { continue }
            var visit = Oversight.Visit(request, parameters)
            guard oversight.admitAtOnce(&visit, caller) else { return nil }
            var response = envelope.finish(answer(), to: request, route.reach)
            record(&response, to: visit, route)
            return response
        }
        return nil
    }

    /// Heeds what other replicas do for sessions of MCP and to access, until the task is cancelled.
    package func follow(_ feed: SessionFeed) async {
        await feed.run { [mcp, oauth] news in
            if [.accessEnded, .anything].contains(news) { oauth?.verifier.forget() }
            await mcp.heed(news, feed.store)
        }
    }

    /// Ends the streams of MCP in order: a server that stops does not wait for them then.
    package func endStreams() { mcp.endStreams() }

    private func record(_ response: inout HTTPServerResponse, to visit: Oversight.Visit, _ route: Route?) {
        let pattern = route?.pattern ?? "none"
        let method = route?.methods.contains(visit.request.method) == true ? visit.request.method : "other"
        requests.increment([pattern, method, String(response.status)])
        durations.observe((ContinuousClock.now - visit.began) / .seconds(1), [pattern])
        oversight.finish(visit, route, &response)
    }

    private func answer(_ visit: inout Oversight.Visit) async -> (Route?, HTTPServerResponse) {
        let request = visit.request
        let fitting = routes.compactMap { route in route.parameters(request.pathSegments).map { (route, $0) } }
        // A path that is written out is that path alone, whatever a pattern beside it would take.
        let literals = fitting.map(\.0.literalCount).max()
        let matches = fitting.filter { $0.0.literalCount == literals }
        let match = matches.first { $0.0.methods.contains(request.method) } ?? matches.first
        if let answer = envelope.answer(to: request, match?.0.reach ?? .listed) { return (match?.0, answer) }
        do {
            // Who may not come in is not told which paths there are either.
            let caller = try await caller(&visit, match?.0)
            visit.parameters = match?.1 ?? [:]
            guard let (route, parameters) = match else { return (nil, notFound(request)) }
            guard route.methods.contains(request.method) else {
                return (route, notAllowed(request, Set(matches.flatMap { $0.0.methods })))
            }
            if let refusal = challenges.refusal(of: caller, request) { return (route, refusal) }
            return (route, try await route.handler(RouteRequest(http: request, parameters: parameters, caller: caller)))
        } catch {
            return (match?.0, failure(error, &visit))
        }
    }

    private func caller(_ visit: inout Oversight.Visit, _ route: Route?) async throws -> Caller {
        guard route?.isOpen == true else { return try await oversight.admit(&visit, authenticator.caller) }
        try oversight.admitAnybody(&visit, route)
        return Self.nobody
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

    private func failure(_ error: any Error, _ visit: inout Oversight.Visit) -> HTTPServerResponse {
        let request = visit.request
        if let error = error as? RateLimitError { return error.response(to: request) }
        let answer = ErrorResponse(error)
        visit.failure = "\(answer.name): \(answer.message)"
        if let hidden = answer.hidden {
            logger.error(
                "a request failed",
                [
                    "requestId": .string(request.id), "method": .string(request.method), "path": .string(request.path),
                    "answer": .string(answer.message), "error": .string(hidden),
                ])
        }
        if let error = error as? AuthenticationError { return challenges.response(to: error, request) }
        return answer.response(to: request)
    }
}
