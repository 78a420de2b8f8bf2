internal import Access
internal import Actions
internal import Base
internal import HTTPServer
internal import MCP

/// What a client that acts for a person has to ask them for besides, when it calls a tool that needs more than they agreed to.
struct StepUp {
    /// All that the tool needs.
    let scopes: [String]
    /// For the audit.
    let event: MCPEvent

    /// Nil: it is no such call, or more scopes would not help.
    init?(_ request: RouteRequest, _ tools: ActionTools) {
        guard request.caller.canAskForMore, request.http.method == "POST", let name = Self.tool(in: request.http.body),
            let scopes = tools.scopes(missingFor: name, to: request.caller)
        else { return nil }
        self.scopes = scopes.map(\.rawValue)
        let version = request.http.headers["MCP-Protocol-Version"].flatMap(ProtocolVersion.init) ?? .v2025_03_26
        event = MCPEvent(
            .toolExecution, version: version, tool: name, error: "NotAllowedError: the person did not agree to that")
    }

    /// The tool that a message calls; nil for any other message. Several messages at once are left to the protocol, which
    /// tells of each by itself.
    private static func tool(in body: [UInt8]) -> String? {
        guard let message = try? JSONValue(parsing: body), message["method"] == "tools/call" else { return nil }
        return message["params"]?["name"]?.stringValue
    }
}

extension ActionTools {
    /// The scopes that let a caller use a tool that is offered here, but not to them; nil: they may use it, there is none, or
    /// no scope gives what it needs.
    func scopes(missingFor name: String, to caller: Caller) -> [OAuthScope]? {
        guard toolAtHand(named: name, for: caller) == nil, let action = action(named: name) else { return nil }
        return OAuthScope.giving(action.permissions)
    }
}
