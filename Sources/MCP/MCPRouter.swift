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
        case request(JSONRPCRequest, ProtocolVersion)
        /// The requests of a batch, in order, each readable or already refused. Notifications are dropped.
        case batch([BatchElement])
        /// A notification: 202 without a body.
        case accepted
        case rejected(Rejection)
    }

    enum BatchElement: Hashable {
        case request(JSONRPCRequest)
        case rejected(Rejection)
    }

    /// More than any known client sends (none of note sends batches); bounds the work of one HTTP request.
    static let maximumBatch = 32

    let origins: OriginPolicy

    func route(method: String, headers: HTTPHeaders, body: [UInt8]) -> Route {
        do throws(Rejection) {
            try checkEnvelope(method: method, headers: headers)
            let value = try parse(body)
            guard let elements = value.arrayValue else { return try route(message: value, headers: headers) }
            return try route(batch: elements, headers: headers)
        } catch {
            return .rejected(error)
        }
    }

    private func parse(_ body: [UInt8]) throws(Rejection) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: body)
        } catch {
            throw Rejection(error: ProtocolError(code: .parseError, message: "Parse error: \(error.message)"))
        }
    }

    private func route(message value: JSONValue, headers: HTTPHeaders) throws(Rejection) -> Route {
        let message = try JSONRPCMessage(value)
        let header = try ClaimedVersion(headers, id: message.id)
        switch message {
        case .request(let request) where request.claimsModernVersion || header.isModern:
            return .request(request, try climbModernLadder(request, headers))
        case .request(let request):
            return .request(request, try header.legacyVersion(for: request.id))
        case .notification(_, let params) where params.claimsModernVersion || header.isModern:
            return .accepted
        case .notification:
            _ = try header.legacyVersion(for: nil)
            return .accepted
        case .response:
            throw .malformed("this server sends no requests, so there is nothing to respond to")
        }
    }
}

extension JSONRPCMessage {
    fileprivate var id: RequestID? {
        if case .request(let request) = self { request.id } else { nil }
    }
}

extension JSONRPCRequest {
    var claimsModernVersion: Bool { params.claimsModernVersion }
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
}
