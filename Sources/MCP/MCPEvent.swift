package import Base

/// What happened at an MCP endpoint, for the audit.
package struct MCPEvent: Sendable {
    /// The kinds of Backstage's audit.
    package enum Kind: String, Sendable {
        /// `initialize`, `server/discover`, and the opening of a stream.
        case connection
        case toolDiscovery = "tool-discovery"
        case toolExecution = "tool-execution"
    }

    /// What happened.
    package var kind: Kind
    /// The revision that was spoken.
    package var version: ProtocolVersion
    /// The tool that was called, by its listed name.
    package var tool: String?
    /// What it was called with.
    package var arguments: JSONObject?
    /// Why it did not succeed; nil when it did.
    package var error: String?
    /// How long it took; zero for what takes no time.
    package var duration: Duration

    /// An event.
    package init(
        _ kind: Kind, version: ProtocolVersion, tool: String? = nil, arguments: JSONObject? = nil,
        error: String? = nil, duration: Duration = .zero
    ) {
        self.kind = kind
        self.version = version
        self.tool = tool
        self.arguments = arguments
        self.error = error
        self.duration = duration
    }
}
