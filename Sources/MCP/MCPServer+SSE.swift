import Base
import HTTPServer
import Synchronization

/// HTTP+SSE of 2024-11-05: one stream for everything that the server says, and a URL for what the client says. The stream is
/// the session; only the replica that holds it works for it, and others hand over what comes to them.
extension MCPServer {
    private static var parameter: String { "sessionId" }

    /// GET: the first event tells where messages go.
    func openSSE(_ request: HTTPServerRequest, _ principal: Provider.Principal) -> HTTPServerResponse {
        do throws(Rejection) {
            try router.checkOrigin(request.headers)
            guard request.method == "GET" else { throw .methodNotAllowed(but: "GET") }
            guard AcceptedMedia(request.headers).takes("text/event-stream") else {
                throw Rejection(status: 406, error: .invalidRequest("Accept must allow text/event-stream"))
            }
        } catch {
            return error.response
        }
        let session = issuer.open(.v2024_11_05, [], for: provider.holder(of: principal))
        let channel = EventChannel()
        let path = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        channel.send(event: "endpoint", Array("\(path)/messages?\(Self.parameter)=\(session.id)".utf8))
        let exchange = exchange(.v2024_11_05, request, principal, session)
        let conversation = SSEConversation(exchange: exchange, channel: channel)
        let interest = ChangeInterest.everything(resources: provider.mayHear(nil, for: principal))
        let response = open(channel, interest, for: exchange, session.key, nil) { [self] in
            hub.converse(in: session.key, nil)
            Task { await forget(session, principal) }
        }
        if response.status == 200 { hub.converse(in: session.key, conversation) }
        return response
    }

    /// A client that posts to a stream which has ended is told so, also by other replicas.
    private func forget(_ session: MCPSession, _ principal: Provider.Principal) async {
        try? await storage.change(
            .end, of: session.key, subject: subjectDigest(of: principal), until: session.expiry)
    }

    /// POST: the answer comes on the stream.
    func takeSSE(_ request: HTTPServerRequest, _ principal: Provider.Principal) async -> HTTPServerResponse {
        do throws(Rejection) {
            try router.checkOrigin(request.headers)
            guard request.method == "POST" else { throw .methodNotAllowed(but: "POST") }
            let session = try await session(of: request, principal)
            let message = try read(request)
            if let conversation = hub.conversation(in: session.key) as? SSEConversation<Provider> {
                conversation.take(message, from: exchange(.v2024_11_05, request, principal, session))
            } else {
                try await forward(message, to: session.key)
            }
            return .accepted
        } catch {
            return error.response
        }
    }

    private func session(
        of request: HTTPServerRequest, _ principal: Provider.Principal
    ) async throws(Rejection) -> MCPSession {
        guard let id = request.queryValue(Self.parameter) ?? request.queryValue("session_id"), !id.isEmpty else {
            throw .malformed("the query parameter \(Self.parameter) is missing")
        }
        // Another one's messages are read as what replicas tell each other, which is not the client's to say.
        guard let session = issuer.read(id, of: provider.holder(of: principal)), session.version == .v2024_11_05 else {
            throw .unknownSession(nil)
        }
        if hub.serves(session.key) { return session }
        guard await note(of: session).isEnded == false else { throw .unknownSession(nil) }
        return session
    }

    private func read(_ request: HTTPServerRequest) throws(Rejection) -> JSONValue {
        guard request.headers.all("Content-Type").map(AcceptedMedia.type) == ["application/json"] else {
            throw Rejection(status: 415, error: .invalidRequest("Content-Type must be application/json"))
        }
        let value = try router.parse(request.body)
        _ = try JSONRPCMessage(value)
        return value
    }
}

/// A session of HTTP+SSE at the replica that holds its stream.
private final class SSEConversation<Provider: ToolProvider>: SessionConversation {
    /// Of who opened the stream.
    private let exchange: MCPExchange<Provider>
    private let channel: EventChannel
    /// What `initialize` agreed on.
    private let agreed = Mutex((version: ProtocolVersion.v2024_11_05, client: ClientCapabilities()))

    init(exchange: MCPExchange<Provider>, channel: EventChannel) {
        self.exchange = exchange
        self.channel = channel
    }

    /// Who posted it was found to hold the session there; so it may what the opener of the stream may.
    func take(_ message: JSONValue) { take(message, from: exchange) }

    /// Takes a message of the client. What it asks is answered to who sent it, on the stream.
    func take(_ value: JSONValue, from sender: MCPExchange<Provider>) {
        guard let session = exchange.session, let message = try? JSONRPCMessage(value) else { return }
        let hub = exchange.server.hub
        switch message {
        case .request(let request): answer(request, of: sender, session.key, hub)
        case .notification(let method, let params):
            guard method == "notifications/cancelled" else { return }
            if let id = params["requestId"].flatMap(RequestID.init) { _ = hub.cancel(id, of: session.key) }
        case .response(let response): _ = hub.take(response, in: session.key)
        }
    }

    private func answer(
        _ request: JSONRPCRequest, of sender: MCPExchange<Provider>, _ session: SessionKey, _ hub: StreamHub
    ) {
        let work = CallHandle()
        guard let number = hub.begin(request.id, of: session, cancel: { work.cancel() }) else {
            let error = ProtocolError.invalidRequest(
                "this id is in use, or \(StreamHub.maximumPerSession) requests are under way")
            return channel.send(Rejection(id: request.id, error: error).body)
        }
        work.run(
            Task { [self] in
                let reply = await call(request, of: sender)
                // A request that was cancelled is not answered.
                if !Task.isCancelled { await channel.deliver(reply.body) }
                hub.finish(request.id, number, of: session)
            })
    }

    private func call(_ request: JSONRPCRequest, of sender: MCPExchange<Provider>) async -> MCPReply {
        if request.method == "initialize" {
            let client = ClientCapabilities(request.params["capabilities"])
            agreed.withLock { $0 = (ProtocolVersion.agreed(on: request.params), client) }
        }
        let (version, client) = agreed.withLock { $0 }
        let server = exchange.server
        let note = if let session = exchange.session { await server.note(of: session) } else { SessionNote() }
        let call = MCPExchange(
            server: server, version: version, principal: sender.principal, http: sender.http,
            session: exchange.session, note: note, client: client, emit: channel.send)
        return await call.reply(to: request)
    }
}
