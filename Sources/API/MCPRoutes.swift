internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

/// The MCP endpoint: actions as tools.
struct MCPRoutes {
    let server: MCPServer<ActionTools>

    init(registry: ActionRegistry, sessions: SessionStore, configuration: MCPConfiguration, logger: Logger) {
        server = MCPServer(
            provider: ActionTools(registry: registry, logger: logger), configuration: configuration,
            storage: MCPSessions(store: sessions), logger: logger)
    }

    var routes: [Route] {
        // Which methods there are depends on the protocol's revision, so the protocol says so itself.
        ["/api/mcp-actions/v1", "/api/mcp-actions/sse", "/api/mcp-actions/sse/messages"].map { pattern in
            Route(pattern, methods: ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]) { [server] request in
                await server.respond(to: request.http, principal: request.caller)
            }
        }
    }
}

/// Offers the actions of the registry as MCP tools.
struct ActionTools: ToolProvider {
    private let registry: ActionRegistry
    private let tools: [(tool: Tool, action: RegisteredAction)]
    private let byName: [String: RegisteredAction]

    init(registry: ActionRegistry, logger: Logger) {
        self.registry = registry
        var actions: [String: RegisteredAction] = [:]
        for action in registry.actions { actions[Self.name(of: action.definition)] = action }
        byName = actions
        tools = Tool.usable(registry.actions.map { Self.tool($0.definition) }, logger: logger).compactMap { tool in
            actions[tool.name].map { (tool, $0) }
        }
    }

    func subject(of principal: Caller) -> String { principal.subject }

    func tools(for principal: Caller) async -> [Tool] {
        tools.filter { $0.action.definition.permissions.allSatisfy(principal.may) }.map(\.tool)
    }

    func call(_ name: String, arguments: JSONObject, for principal: Caller) async throws -> ToolResult {
        guard let action = byName[name] else {
            throw ToolFailure(name: "NotFoundError", message: "Action \"\(name)\" not found")
        }
        do {
            return ToolResult(structured: try await action.invoke(arguments, for: principal))
        } catch let error as ActionError {
            throw ToolFailure(name: error.kind.rawValue, message: error.message)
        } catch let error as StoreError {
            guard let meaning = ActionError(error) else { throw error }
            throw ToolFailure(name: meaning.kind.rawValue, message: meaning.message)
        }
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
