import Base
import HTTPServer

/// The streams on which changes are told.
extension MCPServer {
    /// `subscriptions/listen` of 2026-07-28: first what of it is honoured, then only that.
    func listen(_ message: JSONRPCRequest, _ exchange: MCPExchange<Provider>) -> HTTPServerResponse {
        guard AcceptedMedia(exchange.http.headers).names("text/event-stream") else {
            let error = ProtocolError.invalidRequest("Accept must allow text/event-stream")
            return Rejection(status: 406, id: message.id, error: error).response
        }
        do throws(ProtocolError) {
            let interest = try interest(message, exchange.principal)
            let channel = EventChannel()
            channel.send(
                interest.notification("subscriptions/acknowledged", ["notifications": .object(interest.wishes)]))
            let farewell: JSONValue = [
                "jsonrpc": "2.0", "id": message.id.json,
                "result": [
                    "resultType": "complete", "_meta": .object([MetadataKey.subscriptionID: message.id.json]),
                ],
            ]
            return open(channel, interest, for: exchange, nil, farewell, id: message.id)
        } catch {
            return Rejection(id: message.id, error: error).response
        }
    }

    private func interest(
        _ message: JSONRPCRequest, _ principal: Provider.Principal
    ) throws(ProtocolError) -> ChangeInterest {
        guard let wishes = message.params["notifications"]?.objectValue else {
            throw .invalidParams("notifications must be an object")
        }
        let offer = provider.offer
        var interest = ChangeInterest()
        interest.subscription = message.id.json
        interest.tools = wishes["toolsListChanged"] == true
        interest.prompts = offer.contains(.prompts) && wishes["promptsListChanged"] == true
        guard offer.contains(.resources) else { return interest }
        interest.resources = wishes["resourcesListChanged"] == true && provider.mayHear(nil, for: principal)
        interest.uris = try uris(wishes["resourceSubscriptions"]).filter { provider.mayHear($0, for: principal) }
        return interest
    }

    private func uris(_ value: JSONValue?) throws(ProtocolError) -> Set<String> {
        guard let value, !value.isNull else { return [] }
        guard let uris = value.arrayValue?.compactMap(\.stringValue), uris.count == value.arrayValue?.count,
            uris.count <= SessionChange.maximumResources,
            uris.allSatisfy({ $0.utf8.count <= SessionChange.maximumURIBytes })
        else {
            throw .invalidParams(
                "resourceSubscriptions must be an array of at most \(SessionChange.maximumResources) strings of at most "
                    + "\(SessionChange.maximumURIBytes) bytes")
        }
        return Set(uris)
    }

    /// GET of a session: what belongs to none of its requests. What was told while the client had no stream is not known, so a
    /// stream that goes on begins with all that may have changed.
    ///
    /// - Parameter isResumed: the client had a stream before and lost it.
    func openStream(
        of session: MCPSession, _ note: SessionNote, _ request: HTTPServerRequest, _ principal: Provider.Principal,
        isResumed: Bool
    ) async -> HTTPServerResponse {
        let exchange = exchange(session.version, request, principal, session, note)
        let interest = ChangeInterest.everything(
            resources: provider.mayHear(nil, for: principal),
            uris: note.resources.filter { provider.mayHear($0, for: principal) })
        let channel = EventChannel(name: StreamName.ofSession())
        // A client of an older revision takes an event without data for a broken one.
        if session.version == .v2025_11_25 { channel.prime() }
        let response = open(channel, interest, for: exchange, session.key, nil)
        if isResumed {
            for change in [MCPChange.tools, .prompts, .resources, .anyResource] {
                for message in interest.messages(of: change) { channel.send(message) }
            }
        }
        // What was noted between the question and the opening.
        try? await withDeadline(.seconds(1), clock: clock) { await receive(.noteChanged, for: session.key) }
        return response
    }

    /// How long the rest of an answer is kept after its call can have lasted.
    var restLifetime: Duration { configuration.callDeadline + .seconds(60) }

    /// GET of the rest of an answer, which this replica keeps or another one. What nobody keeps ends when nothing can come.
    func resume(
        _ name: String, of session: MCPSession, _ request: HTTPServerRequest, _ principal: Provider.Principal
    ) async -> HTTPServerResponse {
        let exchange = exchange(session.version, request, principal, session)
        if let rest = hub.takeKept(name, of: session.key) {
            let response = open(rest, ChangeInterest(), for: exchange, nil, nil)
            // For the client that comes again when it has fewer streams.
            if response.status != 200, !hub.keep(rest, name, of: session.key, for: restLifetime) { rest.end() }
            return response
        }
        let channel = EventChannel()
        guard hub.expect(name, of: session.key, channel) else { return StreamRefusal.tooMany.rejection(nil).response }
        let end = Task { [clock, limit = configuration.callDeadline] in
            try await clock.sleep(for: limit)
            channel.end()
        }
        let response = open(channel, ChangeInterest(), for: exchange, nil, nil) { [hub] in
            end.cancel()
            hub.expectNoMore(name, of: session.key, channel)
        }
        guard response.status == 200 else {
            end.cancel()
            hub.expectNoMore(name, of: session.key, channel)
            return response
        }
        do throws(Rejection) {
            try await forward(.notification(StreamHub.resume, ["stream": .string(name)]), to: session.key)
            return response
        } catch {
            return error.response
        }
    }

    func open(
        _ channel: EventChannel, _ interest: ChangeInterest, for exchange: MCPExchange<Provider>,
        _ session: SessionKey?, _ farewell: JSONValue?, id: RequestID? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) -> HTTPServerResponse {
        do throws(StreamRefusal) {
            let stream = StreamHub.Stream(
                channel: channel, subject: provider.subject(of: exchange.principal),
                expiry: provider.expiry(of: exchange.principal), session: session, interest: interest,
                mayHear: { [provider, principal = exchange.principal] in provider.mayHear($0, for: principal) },
                farewell: farewell)
            let number = try hub.open(stream)
            exchange.observe(MCPEvent(.connection, version: exchange.version))
            return channel.response { [hub] in
                onEnd()
                hub.close(number)
            }
        } catch {
            return error.rejection(id).response
        }
    }

    /// Ends every stream in order, so that a program that stops need not wait for them.
    package func endStreams() { hub.stop() }

    /// Ends the streams of all who came in with something that ends: what some of them have was taken from them.
    package func endExpiringStreams() { hub.endExpiring() }
}

extension ChangeInterest {
    /// What a session is told without asking for it.
    static func everything(resources: Bool, uris: Set<String> = []) -> ChangeInterest {
        ChangeInterest(tools: true, prompts: true, resources: resources, uris: uris)
    }

    /// As `subscriptions/listen` writes it.
    var wishes: JSONObject {
        var wishes = JSONObject()
        if tools { wishes["toolsListChanged"] = true }
        if prompts { wishes["promptsListChanged"] = true }
        if resources { wishes["resourcesListChanged"] = true }
        if !uris.isEmpty { wishes["resourceSubscriptions"] = .array(uris.sorted().map(JSONValue.string)) }
        return wishes
    }
}

extension StreamRefusal {
    fileprivate func rejection(_ id: RequestID?) -> Rejection {
        switch self {
        case .second: Rejection(status: 409, id: id, error: .invalidRequest("a session of HTTP+SSE has its own stream"))
        case .tooMany: Rejection(status: 429, id: id, error: .invalidRequest("too many streams are open"))
        case .stopping: Rejection(status: 503, id: id, error: .invalidRequest("the server is stopping"))
        }
    }
}
