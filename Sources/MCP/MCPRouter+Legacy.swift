import Base

/// What the header `MCP-Protocol-Version` says.
enum ClaimedVersion: Hashable {
    case absent
    case known(ProtocolVersion)
    case unknown(String)

    /// Throws when the header is given more than once: readers of the first and of the last copy would disagree.
    init(_ headers: HTTPHeaders, id: RequestID?) throws(Rejection) {
        let values = headers.all(RoutingHeader.protocolVersion)
        guard values.count <= 1 else {
            throw Rejection(id: id, error: .headerMismatch("\(RoutingHeader.protocolVersion) is given more than once"))
        }
        guard let value = values.first.map(HeaderValue.trimmed) else {
            self = .absent
            return
        }
        self = ProtocolVersion(rawValue: value).map(ClaimedVersion.known) ?? .unknown(value)
    }

    var isModern: Bool {
        if case .known(let version) = self { version.isModern } else { false }
    }

    /// The revision of a message that makes no modern claim; nil when it says none. Throws for a version that nobody knows.
    func legacyVersion(for id: RequestID?) throws(Rejection) -> ProtocolVersion? {
        switch self {
        case .absent: nil
        case .known(let version): version
        case .unknown(let text): throw Rejection(id: id, error: .unsupportedVersion(text))
        }
    }
}

/// At which revision, and in which session, a message of the older revisions is.
struct LegacyEnvelope {
    static let sessionHeader = "Mcp-Session-Id"

    let version: ProtocolVersion
    /// Nil for clients that keep none: each of their requests stands for itself.
    let session: MCPSession?

    /// - Throws: a rejection for a version that nobody knows, an unknown session (404), and a version that is not the session's.
    init(
        _ headers: HTTPHeaders, _ header: ClaimedVersion, _ reader: MCPRouter.SessionReader,
        for message: JSONRPCMessage? = nil
    ) throws(Rejection) {
        var id: RequestID?
        if case .request(let request) = message { id = request.id }
        let claimed = try header.legacyVersion(for: id)
        // Who opens a session is in none yet, whatever it still sends of an earlier one.
        if case .request(let request) = message, request.method == "initialize" {
            (version, session) = (claimed ?? .assumedLegacy, nil)
            return
        }
        session = try Self.session(headers, reader, id)
        if let session, let claimed, claimed != session.version {
            throw .malformed("the session is at \(session.version.rawValue), not at \(claimed.rawValue)", id: id)
        }
        version = claimed ?? session?.version ?? .assumedLegacy
    }

    private static func session(
        _ headers: HTTPHeaders, _ reader: MCPRouter.SessionReader, _ id: RequestID?
    ) throws(Rejection) -> MCPSession? {
        let values = headers.all(sessionHeader)
        guard values.count <= 1 else { throw .malformed("\(sessionHeader) is given more than once", id: id) }
        guard let value = values.first else { return nil }
        guard let session = reader(HeaderValue.trimmed(value)) else { throw .unknownSession(id) }
        return session
    }
}

/// What is not POST: the stream and the end of a session.
extension MCPRouter {
    func route(_ method: String, _ headers: HTTPHeaders, _ reader: SessionReader) throws(Rejection) -> Route {
        let header = try ClaimedVersion(headers, id: nil)
        // A client without a session has nothing to listen to and nothing to end. 405 is also what tells clients of HTTP+SSE
        // and of 2026-07-28 that this is not their way.
        guard ["GET", "DELETE"].contains(method), !header.isModern, headers[LegacyEnvelope.sessionHeader] != nil,
            let session = try LegacyEnvelope(headers, header, reader).session
        else { throw .methodNotAllowed }
        guard method == "GET" else { return .end(session) }
        guard AcceptedMedia(headers).names("text/event-stream") else {
            throw Rejection(status: 406, error: .invalidRequest("Accept must allow text/event-stream"))
        }
        return .stream(session, lastEventID: headers["Last-Event-ID"].map(HeaderValue.trimmed))
    }
}

/// Batches exist at 2025-03-26 only.
extension MCPRouter {
    func route(
        batch elements: [JSONValue], _ headers: HTTPHeaders, _ reader: SessionReader
    ) throws(Rejection) -> Route {
        let header = try ClaimedVersion(headers, id: nil)
        guard !header.isModern else { throw .malformed("2026-07-28 has no batches") }
        guard !elements.contains(where: { $0["params"]?.objectValue?.claimsModernVersion == true }) else {
            throw .malformed("a batch cannot hold a message of 2026-07-28")
        }
        let legacy = try LegacyEnvelope(headers, header, reader)
        guard legacy.version == .v2025_03_26 else { throw .malformed("\(legacy.version.rawValue) has no batches") }
        guard !elements.isEmpty else { throw .malformed("the batch is empty") }
        guard elements.count <= Self.maximumBatch else {
            throw .malformed("the batch has \(elements.count) messages; at most \(Self.maximumBatch) are taken")
        }
        return .batch(elements.map { readElement($0, isInSession: legacy.session != nil) }, legacy.session)
    }

    private func readElement(_ value: JSONValue, isInSession: Bool) -> BatchElement {
        do throws(Rejection) {
            let message = try JSONRPCMessage(value)
            switch message {
            case .request(let request) where request.method == "initialize":
                return .rejected(.malformed("initialize cannot be part of a batch", id: request.id))
            case .request(let request): return .request(request)
            case .response where !isInSession: return .rejected(.malformed("there is nothing to respond to"))
            case .notification, .response: return .told(message)
            }
        } catch {
            return .rejected(error)
        }
    }
}
