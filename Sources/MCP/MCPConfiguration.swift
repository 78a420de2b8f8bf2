package import Base

/// What is to be set about an MCP endpoint. The defaults suit an endpoint behind authentication.
package struct MCPConfiguration: Sendable {
    /// The server's name (`mcpActions.name`).
    package var name = "callboard"
    /// The version of the software.
    package var version: String
    /// One sentence for people (`mcpActions.description`); nil leaves it out.
    package var description: String?
    /// How a model should use the server (`mcpActions.instructions`); nil leaves it out.
    package var instructions: String?
    /// Who may come from a browser, and under which host names.
    package var origins = OriginPolicy()
    /// How long a client may keep the list of tools (2026-07-28). It is always private to the caller, since it may
    /// depend on permissions.
    package var listLifetime: Duration = .seconds(60)
    /// How long a call of a tool may take until it is given up. Should be below the HTTP server's own bound.
    package var callDeadline: Duration = .seconds(30)
    /// The most that one answer of a tool may have, in bytes of text. Tools size their answers; this is the safety net.
    package var maximumAnswerBytes = 100_000

    /// Signs the ids of sessions and seals what clients carry between rounds. Replicas need the same.
    package var keys = KeyRing.ephemeral()
    /// How many streams may be open.
    package var streams = StreamLimits()
    /// Offers the fixtures of the protocol's conformance suite beside the tools (`--conformance-fixtures`).
    package var offersConformanceFixtures = false

    /// A configuration with the defaults for all but the version.
    package init(version: String) {
        self.version = version
    }
}
