import Base

/// The methods that 2026-07-28 removed.
extension MCPExchange {
    /// Nil for a method that is not one of them.
    func runLegacy(_ request: JSONRPCRequest) async throws(ProtocolError) -> JSONObject? {
        switch request.method {
        case "initialize": return initialize()
        case "ping": return [:]
        case "logging/setLevel": return try await setLevel(request.params)
        case "resources/subscribe" where offersSubscriptions:
            return try await subscribe(to: try audible(request.params))
        case "resources/unsubscribe" where offersSubscriptions:
            return try await change(.unsubscribe(try uri(request.params)))
        default: return nil
        }
    }

    private var offersSubscriptions: Bool { server.provider.offer.isSuperset(of: [.resources, .changes]) }

    /// Without a session there is nothing to note it for, and nothing where messages would go either.
    private func setLevel(_ params: JSONObject) async throws(ProtocolError) -> JSONObject {
        guard let level = params["level"]?.stringValue.flatMap(LogLevel.init(name:)) else {
            let names = LogLevel.allCases.map(\.name).joined(separator: ", ")
            throw .invalidParams("level must be one of \(names)")
        }
        return session == nil ? [:] : try await change(.level(level.name))
    }

    private func uri(_ params: JSONObject) throws(ProtocolError) -> String {
        guard let uri = params["uri"]?.stringValue else { throw .invalidParams("uri must be a string") }
        guard uri.utf8.count <= SessionChange.maximumURIBytes else {
            throw .invalidParams("uri has more than \(SessionChange.maximumURIBytes) bytes")
        }
        guard note.resources.contains(uri) || note.resources.count < SessionChange.maximumResources else {
            throw .invalidParams("a session listens to at most \(SessionChange.maximumResources) resources")
        }
        return uri
    }

    /// The URI of a resource that the caller may hear of; another is as unknown as one that is not there.
    private func audible(_ params: JSONObject) throws(ProtocolError) -> String {
        let uri = try uri(params)
        guard server.provider.mayHear(uri, for: principal) else { throw meaning(of: .noResource(uri)) }
        return uri
    }

    private func subscribe(to uri: String) async throws(ProtocolError) -> JSONObject {
        let isNew = session.map { server.hub.listen(to: uri, in: $0.key) } ?? false
        do throws(ProtocolError) {
            return try await change(.subscribe(uri))
        } catch {
            if isNew, let session { server.hub.ignore(uri, in: session.key) }
            throw error
        }
    }

    private func change(_ change: SessionChange) async throws(ProtocolError) -> JSONObject {
        guard let session else { throw .invalidRequest("this needs a session; send the Mcp-Session-Id of initialize") }
        do {
            try await server.storage.change(
                change, of: session.key, subject: server.subjectDigest(of: principal), until: session.expiry)
        } catch is TooManySessions {
            throw .invalidRequest("too many sessions of this caller are kept in mind; end some")
        } catch {
            server.logger.error("a session's wish was not noted", ["error": .string("\(error)")])
            throw .internalError
        }
        return [:]
    }
}
