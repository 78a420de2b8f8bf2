internal import Access
internal import Actions
internal import Base
internal import HTTPServer

/// Tells a client that acts for a person what to ask them for besides, when it calls a tool that needs more than they agreed to.
enum StepUp {
    /// The scopes that the called tool needs; nil: it is no such call, or more scopes would not help.
    static func scopes(for request: RouteRequest, _ tools: ActionTools) -> [String]? {
        guard request.caller.canAskForMore, request.http.method == "POST", let name = tool(in: request.http.body)
        else { return nil }
        return tools.scopes(missingFor: name, to: request.caller)?.map(\.rawValue)
    }

    /// The tool that a message calls; nil for any other message. Several messages at once are left to the protocol, which
    /// tells of each by itself.
    static func tool(in body: [UInt8]) -> String? {
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
