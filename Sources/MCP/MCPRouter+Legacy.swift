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

    /// The revision of a message that makes no modern claim. Throws for a version that nobody knows.
    func legacyVersion(for id: RequestID?) throws(Rejection) -> ProtocolVersion {
        switch self {
        case .absent: .assumedLegacy
        case .known(let version): version
        case .unknown(let text): throw Rejection(id: id, error: .unsupportedVersion(text))
        }
    }
}

/// Batches exist at 2025-03-26 only.
extension MCPRouter {
    func route(batch elements: [JSONValue], headers: HTTPHeaders) throws(Rejection) -> Route {
        let version = try ClaimedVersion(headers, id: nil).legacyVersion(for: nil)
        guard version == .v2025_03_26 else { throw .malformed("\(version.rawValue) has no batches") }
        guard !elements.isEmpty else { throw .malformed("the batch is empty") }
        guard elements.count <= Self.maximumBatch else {
            throw .malformed("the batch has \(elements.count) messages; at most \(Self.maximumBatch) are taken")
        }
        guard !elements.contains(where: { $0["params"]?.objectValue?.claimsModernVersion == true }) else {
            throw .malformed("a batch cannot hold a message of 2026-07-28")
        }
        let requests = elements.compactMap(readElement)
        return requests.isEmpty ? .accepted : .batch(requests)
    }

    /// Nil for a notification.
    private func readElement(_ value: JSONValue) -> BatchElement? {
        do throws(Rejection) {
            switch try JSONRPCMessage(value) {
            case .request(let request) where request.method == "initialize":
                return .rejected(.malformed("initialize cannot be part of a batch", id: request.id))
            case .request(let request): return .request(request)
            case .notification: return nil
            case .response: return .rejected(.malformed("there is nothing to respond to"))
            }
        } catch {
            return .rejected(error)
        }
    }
}
