internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

/// The MCP endpoint: actions as tools.
struct MCPRoutes {
    private let server: MCPServer<ActionTools>

    init(
        registry: ActionRegistry, configuration: MCPConfiguration, oversight: Oversight = Oversight(), logger: Logger
    ) {
        server = MCPServer(
            provider: ActionTools(registry: registry, oversight: oversight, logger: logger),
            configuration: configuration, logger: logger)
    }

    var routes: [Route] {
        // Which methods there are depends on the protocol's revision, so the protocol says so itself.
        [
            Route("/api/mcp-actions/v1", methods: ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]) {
                [server] request in
                await server.respond(to: request.http, principal: request.caller)
            }
        ]
    }
}

/// Offers the actions of the registry as MCP tools.
struct ActionTools: ToolProvider {
    private let registry: ActionRegistry
    private let tools: [(tool: Tool, action: RegisteredAction)]
    private let byName: [String: RegisteredAction]
    private let oversight: Oversight

    init(registry: ActionRegistry, oversight: Oversight = Oversight(), logger: Logger) {
        self.registry = registry
        self.oversight = oversight
        var actions: [String: RegisteredAction] = [:]
        for action in registry.actions { actions[Self.name(of: action.definition)] = action }
        byName = actions
        tools = Tool.usable(registry.actions.map { Self.tool($0.definition) }, logger: logger).compactMap { tool in
            actions[tool.name].map { (tool, $0) }
        }
    }

    func tools(for principal: Caller) async -> [Tool] {
        tools.filter { $0.action.definition.permissions.allSatisfy(principal.may) }.map(\.tool)
    }

    func call(_ name: String, arguments: JSONObject, for principal: Caller) async throws -> ToolResult {
        guard let action = byName[name] else {
            throw ToolFailure(name: "NotFoundError", message: "Action \"\(name)\" not found")
        }
        do {
            try oversight.limits.takeTool(principal)
            return ToolResult(structured: try await action.invoke(arguments, for: principal))
        } catch let error as RateLimitError {
            throw error.toolFailure
        } catch let error as ActionError {
            throw ToolFailure(name: error.kind.rawValue, message: error.message)
        } catch let error as StoreError {
            guard let meaning = ActionError(error) else { throw error }
            throw ToolFailure(name: meaning.kind.rawValue, message: meaning.message)
        }
    }

    /// What `call` would answer, when that is at hand without waiting for anything; nil: `call` is to be asked, which tells
    /// also what is wrong.
    func callAtHand(_ name: String, arguments: JSONObject, for principal: Caller) -> ToolResult? {
        guard let answer = byName[name]?.atHand(arguments, for: principal) else { return nil }
        guard (try? oversight.limits.takeTool(principal)) != nil else { return nil }
        return ToolResult(structured: answer)
    }

    func observe(_ event: MCPEvent, of request: HTTPServerRequest, by principal: Caller) {
        guard let audit = oversight.audit else { return }
        let attributes = event.tool.flatMap { byName[$0]?.definition.attributes }
        audit.note(
            AuditEvent(event, of: request, by: principal, attributes, audit.settings, oversight.limits.addresses))
    }

    /// Plugin and action in lower case, every run of other characters as one `_`: the form that all clients accept.
    static func name(of definition: ActionDefinition) -> String { name(of: definition.id) }

    private static func name(of id: String) -> String {
        id.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "_")
    }

    private static func tool(_ definition: ActionDefinition) -> ToolDefinition {
        ToolDefinition(
            name: name(of: definition),
            aliases: ["\(definition.plugin).\(definition.name)", definition.name, definition.id]
                + definition.aliases.map { "\(definition.plugin).\($0)" } + definition.aliasIDs
                + definition.aliasIDs.map(name),
            title: definition.title, description: definition.description, inputSchema: definition.input,
            outputSchema: definition.output,
            annotations: ToolAnnotations(
                readOnly: definition.attributes.isReadOnly, destructive: definition.attributes.isDestructive,
                idempotent: definition.attributes.isIdempotent))
    }
}
