internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

extension AuditEvent {
    /// What happened at the MCP endpoint, in the words of Backstage's audit of it.
    ///
    /// - Parameter attributes: of the tool that was called; nil: none, or none of ours.
    init(
        _ event: MCPEvent, of request: HTTPServerRequest, by caller: Caller, _ attributes: ActionAttributes?,
        _ settings: AuditSettings, _ addresses: ClientAddresses
    ) {
        var meta: JSONObject = ["protocolVersion": .string(event.version.rawValue)]
        meta["tool"] = event.tool.map { .string(AuditArguments.text($0, 100)) }
        if settings.recordsArguments { meta["arguments"] = event.arguments.map(AuditArguments.shown) }
        var error = event.error
        if !settings.recordsArguments { error = error.map { Self.withoutArguments($0, of: event.tool) } }
        self.init(
            "mcp-actions", event.kind.rawValue, severity: AuditSeverity(ofCalling: attributes),
            actor: AuditActor(request, caller, addresses), request: AuditedRequest(request), meta: meta,
            error: error.map { AuditArguments.text($0, 1_000) }, duration: event.duration)
    }

    /// What is wrong with arguments is said with their values: it is left out with them.
    static func withoutArguments(_ error: String, of name: String?) -> String {
        error.hasPrefix("InputError: ") ? "InputError: invalid arguments of \(name ?? "it")" : error
    }
}

extension AuditSeverity {
    /// How much it matters that an action is called: by what it may change.
    init(ofCalling attributes: ActionAttributes?) {
        guard let attributes, !attributes.isReadOnly else {
            self = .low
            return
        }
        self = attributes.isDestructive ? .high : .medium
    }
}
