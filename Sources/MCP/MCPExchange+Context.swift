import Base

/// What a request brings for a tool that converses, and what it answers when it cannot go on.
extension MCPExchange {
    func context(of request: JSONRPCRequest) throws(ProtocolError) -> ToolContext {
        let metadata = request.params["_meta"]
        let level = version.isModern ? metadata?[MetadataKey.logLevel]?.stringValue : note.level
        return ToolContext(
            client: version.isModern ? ClientCapabilities(metadata?[MetadataKey.clientCapabilities]) : client,
            answers: try answers(request.params["inputResponses"]), state: try state(of: request),
            asksInRounds: version.isModern,
            progressToken: metadata?["progressToken"].flatMap { RequestID($0)?.json },
            logLevel: level.flatMap(LogLevel.init(name:)), emit: emit ?? { _ in }, pausing: pause ?? {},
            asking: ask)
    }

    private func answers(_ value: JSONValue?) throws(ProtocolError) -> [String: JSONObject] {
        guard version.isModern, let value, !value.isNull else { return [:] }
        guard let all = value.objectValue else { throw .invalidParams("inputResponses must be an object") }
        var answers: [String: JSONObject] = [:]
        for (key, value) in all {
            guard let answer = value.objectValue else {
                throw .invalidParams("inputResponses.\(key) must be an object")
            }
            answers[key] = answer
        }
        return answers
    }

    private func state(of request: JSONRPCRequest) throws(ProtocolError) -> JSONValue? {
        guard version.isModern, let value = request.params["requestState"], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw .invalidParams("requestState must be a string") }
        return try requestState(request).open(text)
    }

    private func requestState(_ request: JSONRPCRequest) -> RequestState {
        RequestState(
            keys: configuration.keys, now: server.now(), subject: server.provider.subject(of: principal),
            request: request)
    }

    /// The result that asks for input. The older revisions have none: there a tool asks within its call.
    func inputRequired(_ needed: InputRequired, _ request: JSONRPCRequest) throws(ProtocolError) -> JSONObject {
        guard version.isModern else { throw .internalError }
        let client = ClientCapabilities(request.params["_meta"]?[MetadataKey.clientCapabilities])
        var requests = JSONObject()
        for (key, method, params) in needed.requests {
            guard let capability = ClientCapabilities(needed: method), client.contains(capability) else {
                throw .missing(MissingCapability(method: method))
            }
            requests[key] = ["method": .string(method), "params": .object(params)]
        }
        var result: JSONObject = ["resultType": "input_required"]
        if !requests.isEmpty { result["inputRequests"] = .object(requests) }
        result["requestState"] = needed.state.map { .string(requestState(request).seal($0)) }
        return result
    }

    /// Asks the client of a session in the middle of a call.
    private func ask(_ method: String, _ params: JSONObject) async throws -> JSONObject {
        guard let emit, let session, !version.isModern else {
            throw ToolFailure(name: "NotAllowedError", message: "the client cannot be asked outside of a session")
        }
        let id = MCPServer<Provider>.questionPrefix + Base64.encode(randomBytes(9), alphabet: .urlSafe)
        let question: JSONValue = [
            "jsonrpc": "2.0", "id": .string(id), "method": .string(method), "params": .object(params),
        ]
        do {
            return try await server.hub.answer(to: id, in: session.key) { emit(question) }
        } catch let error as UnansweredQuestion {
            throw ToolFailure(name: "NotAllowedError", message: "the client refused \(method): \(error)")
        }
    }
}
