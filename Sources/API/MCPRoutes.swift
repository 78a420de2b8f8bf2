internal import Actions
internal import Base
internal import HTTPServer
internal import MCP
internal import Store

/// The MCP endpoints: actions as tools, of all plugins and of the servers that are configured.
struct MCPRoutes: Sendable {
    private typealias Server = MCPServer<ActionTools>

    private let servers: [(paths: [String], server: Server)]

    init(
        store: Store, registry: ActionRegistry, configuration: MCPConfiguration, actions: ActionsConfiguration,
        oversight: Oversight, logger: Logger
    ) {
        let changes = actions.feed.map { ContentChanges(catalog: store.catalog, feed: $0) }
        let offered = registry.actions.filter { actions.offers($0.definition) }
        func server(_ configuration: MCPConfiguration, _ filter: ActionFilter) -> Server {
            let tools = ActionTools(
                store: store, registry: registry, actions: offered.filter { filter.lets($0.definition) },
                isNamespaced: actions.hasNamespacedNames, changes: changes,
                oversight: oversight, logger: logger)
            return MCPServer(
                provider: tools, configuration: configuration, storage: MCPSessions(store: store.sessions),
                logger: logger)
        }
        servers =
            [([Self.path, Self.older, "\(Self.older)/messages"], server(configuration, ActionFilter()))]
            + actions.servers.map { named in
                var own = configuration
                (own.name, own.description, own.instructions) = (named.name, named.description, named.instructions)
                return (["\(Self.path)/\(named.key)"], server(own, named.filter))
            }
    }

    private static let path = "/api/mcp-actions/v1"
    /// HTTP+SSE of 2024-11-05.
    private static let older = "/api/mcp-actions/sse"

    var routes: [Route] {
        // Which methods there are depends on the protocol's revision, so the protocol says so itself.
        servers.flatMap { paths, server in
            paths.map { path in
                Route(
                    path, methods: ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"],
                    immediate: { server.answerAtHand(to: $0.http, principal: $0.caller) }
                ) { request in
                    await server.respond(to: request.http, principal: request.caller)
                }
            }
        }
    }

    /// Something happened to a session at another replica.
    func heed(_ news: SessionNews, _ sessions: SessionStore) async {
        for (_, server) in servers { await server.heed(news, sessions) }
    }

    func endStreams() {
        for (_, server) in servers { server.endStreams() }
    }
}
