import Base
import HTTPServer

/// Messages of the older revisions that are no requests, and what replicas hand each other of them.
extension MCPServer {
    /// 202, unless the message cannot be heeded.
    func accept(_ work: () async throws(Rejection) -> Void) async -> HTTPServerResponse {
        do throws(Rejection) {
            try await work()
            return .accepted
        } catch {
            return error.response
        }
    }

    /// Heeds what a batch tells and answers what it asks; 202 when nothing of it wants an answer.
    func answer(
        _ elements: [MCPRouter.BatchElement], _ exchange: MCPExchange<Provider>
    ) async -> HTTPServerResponse {
        for case .told(let message) in elements {
            guard let session = exchange.session else { break }
            // One that cannot be handed on has no place in the answer.
            switch message {
            case .notification(let method, let params): try? await heed(method, params, of: session)
            case .response(let response): try? await take(response, of: session)
            case .request: break
            }
        }
        let replies = await exchange.replies(to: elements)
        return replies.isEmpty ? .accepted : .json(200, .array(replies))
    }

    func heed(_ method: String, _ params: JSONObject, of session: MCPSession) async throws(Rejection) {
        guard method == "notifications/cancelled", let id = params["requestId"].flatMap(RequestID.init),
            !hub.cancel(id, of: session.key)
        else { return }
        let message: JSONValue = ["jsonrpc": "2.0", "method": .string(method), "params": ["requestId": id.json]]
        try await forward(message, to: session.key)
    }

    /// An answer to what nobody asked, here or at another replica, goes nowhere.
    func take(_ response: JSONRPCResponse, of session: MCPSession) async throws(Rejection) {
        guard case .string(let id)? = response.id, id.hasPrefix(Self.questionPrefix),
            !hub.take(response, in: session.key)
        else { return }
        try await forward(response.json(id), to: session.key)
    }

    /// What the ids of our questions begin with.
    static var questionPrefix: String { "callboard-" }

    /// Hands a message to the replica that works for the session.
    ///
    /// - Throws: a rejection when it is too large (413), or too many wait already (429).
    func forward(_ message: JSONValue, to session: SessionKey) async throws(Rejection) {
        guard message.serialized().count <= SessionLetter.maximumBytes else {
            let limit = SessionLetter.maximumBytes >> 10
            throw Rejection(
                status: 413, error: .invalidRequest("a message for another replica has at most \(limit) KiB"))
        }
        do {
            try await storage.send(.message(message), to: session)
        } catch is TooManyLetters {
            throw Rejection(
                status: 429, error: .invalidRequest("too many messages of this session wait at another replica"))
        } catch {
            logger.warning("a message was not handed to another replica", ["error": .string("\(error)")])
        }
    }

    /// Takes what another replica handed over, or this one to all.
    package func receive(_ letter: SessionLetter, for session: SessionKey) async {
        await hub.receive(letter, for: session, storage)
    }

    /// Whether this replica does anything for a session at the moment.
    package func serves(_ session: SessionKey) -> Bool { hub.serves(session) }

    /// Whether this replica alone runs what the client posts, as the one that holds a stream of HTTP+SSE does.
    package func converses(in session: SessionKey) -> Bool { hub.conversation(in: session) != nil }

    /// The sessions that this replica does something for at the moment.
    package var served: [SessionKey] { hub.served }

    /// Reads the notes of all sessions that this replica does something for: changes may have gone by unheard.
    package func recheck() async {
        for session in hub.served { await hub.receive(.noteChanged, for: session, storage) }
    }

    func end(_ session: MCPSession, _ principal: Provider.Principal) async -> HTTPServerResponse {
        do {
            try await storage.change(
                .end, of: session.key, subject: subjectDigest(of: principal), until: session.expiry)
            return HTTPServerResponse(status: 204)
        } catch is TooManySessions {
            let error = ProtocolError.invalidRequest("too many ended sessions of this caller are kept in mind")
            return Rejection(status: 429, error: error).response
        } catch {
            logger.warning("a session was not ended", ["error": .string("\(error)")])
            return Rejection(status: 503, error: .internalError).response
        }
    }
}
