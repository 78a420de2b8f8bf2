package import Base
package import HTTPServer

/// An MCP endpoint that serves a provider: one URL for both eras of Streamable HTTP, and the two of HTTP+SSE beside it. Any
/// replica can answer any request, because sessions are in their ids and what happens to them is shared (``SessionStorage``).
///
/// The caller has authenticated the request, and bounds the size of its body.
package struct MCPServer<Provider: ToolProvider>: Sendable {
    let provider: ServedContent<Provider>
    let configuration: MCPConfiguration
    let logger: Logger
    let clock: any Clock<Duration>
    /// Seconds since 1970.
    let now: @Sendable () -> Int64
    let storage: any SessionStorage
    let hub: StreamHub
    let issuer: SessionIssuer
    let router: MCPRouter
    let written = WrittenAnswers()

    /// - Parameters:
    ///   - storage: nil: there are no other replicas.
    ///   - logger: gets the failures that clients are told nothing about.
    ///   - clock: measures the deadline of calls and when streams say that they live.
    ///   - now: the time of day in seconds since 1970.
    package init(
        provider: Provider, configuration: MCPConfiguration, storage: (any SessionStorage)? = nil,
        logger: Logger = Logger("mcp"), clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Int64 = { Timestamp.now().microseconds / 1_000_000 }
    ) {
        let fixtures = configuration.offersConformanceFixtures ? ConformanceFixtures(clock: clock) : nil
        let provider = ServedContent(provider: provider, fixtures: fixtures)
        self.provider = provider
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        self.now = now
        let hub = StreamHub(
            limits: configuration.streams, clock: clock, now: now, changes: { provider.changes() })
        self.hub = hub
        self.storage = storage ?? LocalSessions(hub: hub)
        issuer = SessionIssuer(keys: configuration.keys, server: configuration.name, now: now)
        router = MCPRouter(origins: configuration.origins, modernMethods: provider.offer.modernMethods)
    }

    /// Answers one HTTP request of an authenticated principal, whatever its method. A path that ends with `/sse` or
    /// `/sse/messages` is HTTP+SSE, every other Streamable HTTP.
    package func respond(
        to request: HTTPServerRequest, principal: Provider.Principal
    ) async -> HTTPServerResponse {
        if request.pathSegments.last == "sse" { return openSSE(request, principal) }
        if request.pathSegments.suffix(2) == ["sse", "messages"] { return await takeSSE(request, principal) }
        let route = router.route(method: request.method, headers: request.headers, body: request.body) {
            issuer.read($0, of: provider.subject(of: principal))
        }
        guard let session = route.session else { return await answer(route, request, principal, SessionNote()) }
        let note = await note(of: session)
        guard !note.isEnded else { return Rejection.unknownSession(route.requestID).response }
        return await answer(route, request, principal, note)
    }

    private func answer(
        _ route: MCPRouter.Route, _ request: HTTPServerRequest, _ principal: Provider.Principal, _ note: SessionNote
    ) async -> HTTPServerResponse {
        switch route {
        case .rejected(let rejection): return rejection.response
        case .accepted: return .accepted
        case .request(let message, let version, let session):
            return await answer(message, exchange(version, request, principal, session, note))
        case .batch(let elements, let session):
            return await answer(elements, exchange(.v2025_03_26, request, principal, session, note))
        case .notification(let method, let params, let session):
            return await accept { () throws(Rejection) in
                if let session { try await heed(method, params, of: session) }
            }
        case .response(let response, let session):
            return await accept { () throws(Rejection) in try await take(response, of: session) }
        case .stream(let session, let lastEventID):
            let lost = lastEventID.flatMap(StreamName.init(eventID:))
            if case .answer(let name)? = lost { return await resume(name, of: session, request, principal) }
            return await openStream(of: session, note, request, principal, isResumed: lost != nil)
        case .end(let session): return await end(session, principal)
        }
    }

    /// What the session was noted for. When that cannot be read it is taken for nothing: a session is no authentication, and
    /// nobody is to be sent away because the database is.
    func note(of session: MCPSession) async -> SessionNote {
        let storage = storage
        let note = try? await withDeadline(.seconds(1), clock: clock) { try await storage.note(of: session.key) }
        return note ?? SessionNote()
    }

    func exchange(
        _ version: ProtocolVersion, _ request: HTTPServerRequest, _ principal: Provider.Principal,
        _ session: MCPSession? = nil, _ note: SessionNote = SessionNote()
    ) -> MCPExchange<Provider> {
        MCPExchange(
            server: self, version: version, principal: principal, http: request, session: session, note: note,
            client: session?.client ?? [])
    }

    /// A name for the principal where its own should not stand.
    func subjectDigest(of principal: Provider.Principal) -> String {
        SessionKey(of: provider.subject(of: principal)).text
    }
}

// MARK: - Requests

extension MCPServer {
    private func answer(
        _ message: JSONRPCRequest, _ exchange: MCPExchange<Provider>
    ) async -> HTTPServerResponse {
        switch message.method {
        case "initialize" where !exchange.version.isModern: return await open(message, exchange)
        case "subscriptions/listen" where exchange.version.isModern: return listen(message, exchange)
        case "tools/call" where exchange.session != nil || provider.converses,
            "prompts/get" where provider.converses:
            return await hold(message, exchange)
        default:
            let reply = await exchange.reply(to: message)
            return .json(reply.status, reply.body)
        }
    }

    /// The handshake of the older revisions; its answer names the session.
    private func open(
        _ message: JSONRPCRequest, _ exchange: MCPExchange<Provider>
    ) async -> HTTPServerResponse {
        let version = ProtocolVersion.agreed(on: message.params)
        let reply = await self.exchange(version, exchange.http, exchange.principal).reply(to: message)
        var response = HTTPServerResponse.json(reply.status, reply.body)
        let session = issuer.open(
            version, ClientCapabilities(message.params["capabilities"]), for: provider.subject(of: exchange.principal))
        response.headers.set(LegacyEnvelope.sessionHeader, session.id)
        return response
    }

    /// Answers a request that may have more to say than its result, or that its client may cancel by another.
    ///
    /// A client that goes away cancels in every revision: nobody would read the result, and a call without a reader is bounded
    /// by nothing but its deadline.
    private func hold(_ message: JSONRPCRequest, _ exchange: MCPExchange<Provider>) async -> HTTPServerResponse {
        let held = HeldAnswer()
        var exchange = exchange
        if AcceptedMedia(exchange.http.headers).names("text/event-stream") { exchange.emit = held.emit }
        if exchange.emit != nil, exchange.version == .v2025_11_25, let session = exchange.session?.key {
            exchange.pause = { [hub, time = restLifetime] in
                guard !held.isPaused else { return }
                let name = StreamName.ofAnswer()
                let rest = EventChannel(name: name)
                if hub.keep(rest, name, of: session, for: time) { held.pause(rest, name) }
            }
        }
        let (call, session, work) = (exchange, exchange.session?.key, CallHandle())
        // A call that cannot be noted runs too; it cannot be cancelled then.
        let number = session.flatMap { session in
            hub.begin(message.id, of: session) {
                // First, so that what the call says when it is cancelled goes nowhere.
                held.abandon()
                work.cancel()
            }
        }
        work.run(
            Task {
                held.finish(await call.reply(to: message))
                if let session, let number { hub.finish(message.id, number, of: session) }
            })
        let form = await withTaskCancellationHandler {
            await held.form()
        } onCancel: {
            if !held.isPaused { work.cancel() }
        }
        switch form {
        case .whole(let reply): return .json(reply.status, reply.body)
        case .streamed: return stream(held, work, exchange)
        }
    }

    private func stream(
        _ held: HeldAnswer, _ work: CallHandle, _ exchange: MCPExchange<Provider>
    ) -> HTTPServerResponse {
        let stream = StreamHub.Stream(
            channel: held.channel, subject: provider.subject(of: exchange.principal),
            expiry: nil, session: nil, interest: ChangeInterest(), endsWithServer: false)
        // One that is not taken in does without signs of life: the call is bounded by its deadline.
        let number = try? hub.open(stream)
        return held.channel.response {
            if !held.isPaused { work.cancel() }
            if let number { hub.close(number) }
        }
    }
}

extension HTTPServerResponse {
    static var accepted: HTTPServerResponse { HTTPServerResponse(status: 202) }
}

extension MCPRouter.Route {
    var session: MCPSession? {
        switch self {
        case .request(_, _, let session), .batch(_, let session), .notification(_, _, let session): session
        case .response(_, let session), .stream(let session, _), .end(let session): session
        case .accepted, .rejected: nil
        }
    }

    var requestID: RequestID? {
        if case .request(let request, _, _) = self { request.id } else { nil }
    }
}

extension MCPOffer {
    /// The methods of 2026-07-28 that are served.
    var modernMethods: Set<String> {
        var methods: Set<String> = ["server/discover", "tools/list", "tools/call"]
        if contains(.resources) { methods.formUnion(["resources/list", "resources/templates/list", "resources/read"]) }
        if contains(.prompts) { methods.formUnion(["prompts/list", "prompts/get"]) }
        if contains(.completions) { methods.insert("completion/complete") }
        if contains(.changes) { methods.insert("subscriptions/listen") }
        return methods
    }
}
