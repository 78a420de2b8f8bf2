package import Base
package import HTTPServer

/// An MCP endpoint that serves a provider's tools: one URL, both eras, no sessions and no streams, so that any replica
/// can answer any request.
///
/// The caller has authenticated the request, and bounds the size of its body.
package struct MCPServer<Provider: ToolProvider>: Sendable {
    let provider: Provider
    let configuration: MCPConfiguration
    let logger: Logger
    let clock: any Clock<Duration>
    private let router: MCPRouter

    /// - Parameters:
    ///   - logger: gets the failures that clients are told nothing about.
    ///   - clock: measures the deadline of calls.
    package init(
        provider: Provider, configuration: MCPConfiguration, logger: Logger = Logger("mcp"),
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.provider = provider
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        router = MCPRouter(origins: configuration.origins)
    }

    /// Answers one HTTP request of an authenticated principal, whatever its method.
    package func respond(
        to request: HTTPServerRequest, principal: Provider.Principal
    ) async -> HTTPServerResponse {
        switch router.route(method: request.method, headers: request.headers, body: request.body) {
        case .rejected(let rejection):
            return rejection.response
        case .accepted:
            return HTTPServerResponse(status: 202, headers: HTTPHeaders(), body: .bytes([]))
        case .request(let message, let version):
            let reply = await exchange(version, request, principal).reply(to: message)
            return .json(reply.status, reply.body)
        case .batch(let elements):
            let replies = await exchange(.v2025_03_26, request, principal).replies(to: elements)
            return .json(200, .array(replies))
        }
    }

    private func exchange(
        _ version: ProtocolVersion, _ request: HTTPServerRequest, _ principal: Provider.Principal
    ) -> MCPExchange<Provider> {
        MCPExchange(server: self, version: version, headers: request.headers, principal: principal, id: request.id)
    }
}
