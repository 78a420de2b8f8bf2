import Base

/// Decides what an HTTP request to the endpoint is: a request of which revision, something to accept without an answer,
/// a batch, or something to refuse and how. Pure: a function of method, headers and body.
///
/// Both eras share one URL. The body's claim of a modern version decides first, then the header; a disagreement between
/// them is refused, never resolved silently. A wrong refusal of `server/discover` makes every client fall back to the
/// older era, so that method comes first in the tests.
struct MCPRouter {
    enum Route: Hashable {
        /// A request that passed every check which needs no knowledge of tools.
        case request(JSONRPCRequest, ProtocolVersion, MCPSession?)
        /// The messages of a batch, in order, each readable or already refused.
        case batch([BatchElement], MCPSession?)
        /// A notification of an older revision: 202 without a body.
        case notification(method: String, params: JSONObject, MCPSession?)
        /// An answer to a request of ours: 202.
        case response(JSONRPCResponse, MCPSession)
        /// A notification that says nothing to us: 202 without a body.
        case accepted
        /// The stream of a session.
        case stream(MCPSession, lastEventID: String?)
        /// The end of a session.
        case end(MCPSession)
        case rejected(Rejection)
    }

    enum BatchElement: Hashable {
        case request(JSONRPCRequest)
        /// A notification or a response, which is not answered.
        case told(JSONRPCMessage)
        case rejected(Rejection)
    }

    /// Gives the session of an id; nil when there is none of that id, or not for who asks.
    typealias SessionReader = (String) -> MCPSession?

    /// More than any known client sends (none of note sends batches); bounds the work of one HTTP request.
    static let maximumBatch = 32

    let origins: OriginPolicy
    /// What is served at 2026-07-28. Methods that it removed, and those of capabilities that are not declared, are as unknown
    /// as any other.
    let modernMethods: Set<String>

    func route(
        method: String, headers: HTTPHeaders, body: [UInt8], session: SessionReader = { _ in nil }
    ) -> Route {
        do throws(Rejection) {
            try checkOrigin(headers)
            guard method == "POST" else { return try route(method, headers, session) }
            try checkPost(headers)
            let value = try parse(body)
            guard let elements = value.arrayValue else { return try route(message: value, headers, session) }
            return try route(batch: elements, headers, session)
        } catch {
            return .rejected(error)
        }
    }

    func parse(_ body: [UInt8]) throws(Rejection) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: body)
        } catch {
            throw Rejection(error: ProtocolError(code: .parseError, message: "Parse error: \(error.message)"))
        }
    }

    private func route(
        message value: JSONValue, _ headers: HTTPHeaders, _ session: SessionReader
    ) throws(Rejection) -> Route {
        let message = try JSONRPCMessage(value)
        let header = try ClaimedVersion(headers, id: message.id)
        if header.isModern || message.claimsModernVersion { return try route(modern: message, headers) }
        let legacy = try LegacyEnvelope(headers, header, session, for: message)
        switch message {
        case .request(let request): return .request(request, legacy.version, legacy.session)
        case .notification(let method, let params):
            return .notification(method: method, params: params, legacy.session)
        case .response(let response):
            guard let session = legacy.session else {
                throw .malformed("without a session nothing was asked, so there is nothing to respond to")
            }
            return .response(response, session)
        }
    }

    private func route(modern message: JSONRPCMessage, _ headers: HTTPHeaders) throws(Rejection) -> Route {
        switch message {
        case .request(let request): return .request(request, try climbModernLadder(request, headers), nil)
        // 2026-07-28 cancels by closing: ids are chosen by clients and shared by nobody.
        case .notification: return .accepted
        case .response: throw .malformed("2026-07-28 has no requests of servers, so there is nothing to respond to")
        }
    }
}

extension JSONRPCMessage {
    fileprivate var id: RequestID? {
        if case .request(let request) = self { request.id } else { nil }
    }

    fileprivate var claimsModernVersion: Bool {
        switch self {
        case .request(let request): request.params.claimsModernVersion
        case .notification(_, let params): params.claimsModernVersion
        case .response: false
        }
    }
}

extension JSONObject {
    /// True when a message's params say which modern version they are written for. The mere presence of `_meta` says
    /// nothing: it exists in every revision.
    var claimsModernVersion: Bool { self["_meta"]?[MetadataKey.protocolVersion] != nil }
}

/// Keys of `_meta` that the specification reserves.
enum MetadataKey {
    static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
    static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
    static let serverInfo = "io.modelcontextprotocol/serverInfo"
    static let logLevel = "io.modelcontextprotocol/logLevel"
    static let subscriptionID = "io.modelcontextprotocol/subscriptionId"
}
