import Base

/// Headers of 2026-07-28 that repeat what the body says, so that gateways can route without reading it.
enum RoutingHeader {
    static let protocolVersion = "MCP-Protocol-Version"
    static let method = "Mcp-Method"
    static let name = "Mcp-Name"

    /// The member of `params` that `Mcp-Name` repeats, by method.
    static let namedParameter = [
        "tools/call": "name", "prompts/get": "name", "resources/read": "uri",
        "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
    ]
}

/// The checks of 2026-07-28 in the order in which the specification's own suite expects them to answer.
extension MCPRouter {
    func climbModernLadder(
        _ request: JSONRPCRequest, _ headers: HTTPHeaders
    ) throws(Rejection) -> ProtocolVersion {
        do throws(ProtocolError) {
            try refuseDuplicates(headers)
            let claimed = try readMetadata(request)
            try compareVersion(claimed, headers)
            guard let version = ProtocolVersion(rawValue: claimed), version.isModern else {
                throw .unsupportedVersion(claimed)
            }
            try compareMethod(request, headers)
            try compareName(request, headers)
            guard modernMethods.contains(request.method) else { throw .methodNotFound(request.method) }
            return version
        } catch {
            throw Rejection(status: error.modernStatus, id: request.id, error: error)
        }
    }

    /// Readers of the first and of the last copy would disagree. ``ClaimedVersion`` sees to the version's header.
    private func refuseDuplicates(_ headers: HTTPHeaders) throws(ProtocolError) {
        for name in [RoutingHeader.method, RoutingHeader.name] where headers.all(name).count > 1 {
            throw .headerMismatch("\(name) is given more than once")
        }
    }

    /// The version that the body claims. Comes before every comparison: the suite sends the right header with no
    /// `_meta`.
    private func readMetadata(_ request: JSONRPCRequest) throws(ProtocolError) -> String {
        let metadata = request.params["_meta"] ?? [:]
        guard metadata.objectValue != nil else { throw .invalidParams("_meta must be an object") }
        let required = [MetadataKey.protocolVersion, MetadataKey.clientCapabilities]
        let missing = required.filter { metadata[$0] == nil }
        guard missing.isEmpty else {
            throw .invalidParams("_meta lacks \(missing.joined(separator: " and "))")
        }
        guard metadata[MetadataKey.clientCapabilities]?.objectValue != nil else {
            throw .invalidParams("\(MetadataKey.clientCapabilities) must be an object")
        }
        guard let version = metadata[MetadataKey.protocolVersion]?.stringValue else {
            throw .invalidParams("\(MetadataKey.protocolVersion) must be a string")
        }
        return version
    }

    /// Comes before the question whether the version is supported: a client that disagrees with itself is told so.
    private func compareVersion(_ claimed: String, _ headers: HTTPHeaders) throws(ProtocolError) {
        guard let header = headers[RoutingHeader.protocolVersion].map(HeaderValue.trimmed) else {
            throw .headerMismatch("\(RoutingHeader.protocolVersion) is missing")
        }
        guard header.utf8.elementsEqual(claimed.utf8) else {
            throw .headerMismatch("\(RoutingHeader.protocolVersion) differs from _meta")
        }
    }

    private func compareMethod(_ request: JSONRPCRequest, _ headers: HTTPHeaders) throws(ProtocolError) {
        guard let header = headers[RoutingHeader.method].map(HeaderValue.trimmed) else {
            throw .headerMismatch("\(RoutingHeader.method) is missing")
        }
        guard header.utf8.elementsEqual(request.method.utf8) else {
            throw .headerMismatch("\(RoutingHeader.method) differs from the method in the body")
        }
    }

    /// A body without the name is not a matter of headers; the method itself says what is wrong with it.
    private func compareName(_ request: JSONRPCRequest, _ headers: HTTPHeaders) throws(ProtocolError) {
        guard let parameter = RoutingHeader.namedParameter[request.method],
            let value = request.params[parameter]?.stringValue
        else { return }
        guard let raw = headers[RoutingHeader.name] else { throw .headerMismatch("\(RoutingHeader.name) is missing") }
        guard let header = HeaderValue(raw) else {
            throw .headerMismatch("\(RoutingHeader.name) is not canonical base64 of UTF-8")
        }
        guard header.equals(value) else {
            throw .headerMismatch("\(RoutingHeader.name) differs from params.\(parameter)")
        }
    }
}
