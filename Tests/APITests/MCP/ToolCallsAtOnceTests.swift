import API
import Actions
import Base
import HTTPServer
import MCP
import Store
import TestSupport
import Testing

@Suite("Tool calls that are answered at once", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ToolCallsAtOnceTests {
    private static func call(_ tool: String, _ arguments: JSONObject, token: String) throws -> HTTPServerRequest {
        let meta: JSONValue = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
        ]
        let body: JSONValue = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": ["name": .string(tool), "arguments": .object(arguments), "_meta": meta],
        ]
        return HTTPServerRequest(
            method: "POST", target: try #require(RequestTarget("/api/mcp-actions/v1")),
            headers: [
                "Host": "localhost", "Content-Type": "application/json",
                "Accept": "application/json, text/event-stream",
                "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
                "Authorization": "Bearer \(token)",
            ], body: body.serialized(), remoteAddress: "127.0.0.1", id: "request-1")
    }

    private static func api(_ store: Store) throws -> APIServer {
        let costs = AccessRestriction(plugin: "callboard", permissions: nil, attributes: nil)
        return APIServer(
            store: store, registry: try ActionRegistry(store: store, currency: "EUR"),
            authenticator: Authenticator(tokens: [
                StaticToken(token: "token-for-all", caller: Caller(subject: "external:all")),
                StaticToken(token: "token-for-costs", caller: Caller(subject: "external:costs", restrictions: [costs])),
            ]), mcp: MCPConfiguration(version: "1.2.3"), metrics: MetricsRegistry(), logger: Logger("api") { _ in },
            readiness: { [] })
    }

    private static func bytes(_ response: HTTPServerResponse?) -> [UInt8]? {
        if case .bytes(let bytes)? = response?.body { bytes } else { nil }
    }

    @Test("an entity that was read lately is, the same as else, under every name of the tool, to who may read it")
    func entity() async throws {
        try await TestDatabase.withStore { store async throws in
            let description = String(repeating: "long \\\"words\\\" ", count: 8_000)
            try await Service.define(
                Service.entity("shop", type: "service") + "---\n"
                    + Service.entity("large", type: "service").replacing(
                        "metadata:", with: "metadata:\n  description: \"\(description)\""), in: store)
            let api = try Self.api(store)
            let feed = store.catalogFeed(logger: Logger("test") { _ in })
            feed.keepCurrent(store.catalog)
            let run = Task { await feed.run() }
            for (tool, name) in [
                ("catalog_get_catalog_entity", "Shop"), ("catalog:get-catalog-entity", "shop"), ("catalog_get", "shop"),
                ("catalog_get_catalog_entity", "large"),
            ] {
                let arguments: JSONObject = ["kind": "component", "namespace": "default", "name": .string(name)]
                let request = try Self.call(tool, arguments, token: "token-for-all")
                #expect(
                    await eventually {
                        _ = try? await store.catalog.entity(ref: "component:default/\(name.lowercased())")
                        return api.respondAtOnce(to: request) != nil
                    }, "\(tool) \(name)")
                let quick = try #require(api.respondAtOnce(to: request))
                let slow = await api.respond(to: request)
                #expect(quick.status == 200 && slow.status == 200)
                #expect(Self.bytes(quick) == Self.bytes(slow), "\(tool) \(name)")
                #expect(quick.headers == slow.headers)
                let other = try Self.call(tool, arguments, token: "token-for-costs")
                #expect(api.respondAtOnce(to: other) == nil)
            }
            for (tool, arguments) in [
                ("catalog_get_catalog_entity", ["name": "shop"]), ("auth_who_am_i", [:]),
                ("catalog_get_catalog_entity", ["kind": "component", "namespace": "default", "name": "none"]),
            ] as [(String, JSONObject)] {
                #expect(api.respondAtOnce(to: try Self.call(tool, arguments, token: "token-for-all")) == nil)
            }
            run.cancel()
            await run.value
        }
    }
}
