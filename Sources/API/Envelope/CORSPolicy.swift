internal import Base
internal import HTTPServer

/// What pages of the origins that may come are told by which the browser lets them (`backend.cors`, in the terms of the Fetch
/// standard §3.3).
package struct CORSPolicy: Sendable, Equatable {
    package var methods = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
    /// Nil: whatever is asked for.
    package var allowedHeaders: [String]?
    package var exposedHeaders: [String] = []
    /// Whether cookies may be sent along.
    package var allowsCredentials = false
    /// For how many seconds a browser may keep an answer; nil: as it likes.
    package var maximumAge: Int?

    package init() {}

    /// What the MCP endpoints need of a browser, whatever is configured.
    private static let mcpMethods = ["GET", "POST", "DELETE", "OPTIONS"]
    private static let mcpHeaders = [
        "authorization", "content-type", "accept", "last-event-id", "mcp-session-id", "mcp-protocol-version",
        "mcp-method", "mcp-name",
    ]
    private static let mcpExposed = ["Mcp-Session-Id", "WWW-Authenticate"]

    /// The answer to a preflight.
    ///
    /// - Parameter isOpen: whether every page may come.
    func preflight(_ request: HTTPServerRequest, isOpen: Bool) -> HTTPServerResponse {
        var response = HTTPServerResponse(status: 204)
        let isMCP = request.pathSegments.starts(with: ["api", "mcp-actions"])
        let own = isMCP ? Self.mcpMethods : isOpen ? ["GET", "POST", "OPTIONS"] : methods
        response.headers.add("Access-Control-Allow-Methods", own.joined(separator: ", "))
        let wanted = Self.names(request.headers.all("Access-Control-Request-Headers"))
        let granted = wanted.filter { isMCP ? Self.isMCPHeader($0) : isOpen || isAllowed($0) }
        if !granted.isEmpty { response.headers.add("Access-Control-Allow-Headers", granted.joined(separator: ", ")) }
        if let maximumAge { response.headers.add("Access-Control-Max-Age", String(maximumAge)) }
        return response
    }

    /// Adds to an answer what lets the page read it.
    ///
    /// - Parameter origin: of the page; nil: every page may read it.
    func dress(_ headers: inout HTTPHeaders, origin: String?) {
        guard let origin else { return headers.set("Access-Control-Allow-Origin", "*") }
        headers.set("Access-Control-Allow-Origin", origin)
        headers.add("Vary", "Origin")
        if allowsCredentials { headers.set("Access-Control-Allow-Credentials", "true") }
        headers.set("Access-Control-Expose-Headers", (Self.mcpExposed + exposedHeaders).joined(separator: ", "))
    }

    private func isAllowed(_ name: String) -> Bool {
        allowedHeaders?.contains { equalIgnoringASCIICase($0, name) } ?? true
    }

    private static func isMCPHeader(_ name: String) -> Bool {
        mcpHeaders.contains(name.lowercased()) || name.lowercased().hasPrefix("mcp-param-")
    }

    /// Names that a header field can have: what is sent back must not be able to say more than that.
    private static func names(_ fields: [String]) -> [String] {
        fields.flatMap { $0.split { $0 == "," || $0 == " " } }.map(String.init).filter { name in
            name.utf8.count <= 128
                && name.utf8.allSatisfy {
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8.contains($0)
                }
        }
    }
}
