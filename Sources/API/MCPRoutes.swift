internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

/// The MCP endpoints: actions as tools, of all plugins and of the servers that are configured.
struct MCPRoutes: Sendable {
    private typealias Server = MCPServer<ActionTools>

    private let servers: [(paths: [String], server: Server, tools: ActionTools)]
    private let challenges: Challenges

    init(
        store: Store, registry: ActionRegistry, configuration: MCPConfiguration, actions: ActionsConfiguration,
        challenges: Challenges, oversight: Oversight, logger: Logger
    ) {
        self.challenges = challenges
        let changes = actions.feed.map { ContentChanges(catalog: store.catalog, feed: $0) }
        let offered = registry.actions.filter { actions.offers($0.definition) }
        func server(_ configuration: MCPConfiguration, _ filter: ActionFilter) -> (Server, ActionTools) {
            let tools = ActionTools(
                store: store, registry: registry, actions: offered.filter { filter.lets($0.definition) },
                isNamespaced: actions.hasNamespacedNames, changes: changes,
                oversight: oversight, logger: logger)
            let server = MCPServer(
                provider: tools, configuration: configuration, storage: MCPSessions(store: store.sessions),
                logger: logger)
            return (server, tools)
        }
        let (whole, all) = server(configuration, ActionFilter())
        servers =
            [([Self.path, Self.older, "\(Self.older)/messages"], whole, all)]
            + actions.servers.map { named in
                var own = configuration
                (own.name, own.description, own.instructions) = (named.name, named.description, named.instructions)
                let (part, tools) = server(own, named.filter)
                return (["\(Self.path)/\(named.key)"], part, tools)
            }
    }

    private static let path = "/api/mcp-actions/v1"
    /// HTTP+SSE of 2024-11-05.
    private static let older = "/api/mcp-actions/sse"

    var routes: [Route] {
        // Which methods there are depends on the protocol's revision, so the protocol says so itself.
        servers.flatMap { paths, server, tools in
            paths.map { path in
                Route(
                    path, methods: ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"],
                    immediate: { server.answerAtHand(to: $0.http, principal: $0.caller) }
                ) { [challenges] request in
                    if let needed = StepUp(request, tools),
                        let refusal = challenges.stepUp(to: needed.scopes, request.http)
                    {
                        tools.observe(needed.event, of: request.http, by: request.caller)
                        return refusal
                    }
                    return await server.respond(to: request.http, principal: request.caller)
                }
            }
        }
    }

    /// Something happened to a session at another replica.
    func heed(_ news: SessionNews, _ sessions: SessionStore) async {
        for (_, server, _) in servers { await server.heed(news, sessions) }
    }

    func endStreams() {
        for (_, server, _) in servers { server.endStreams() }
    }
}
