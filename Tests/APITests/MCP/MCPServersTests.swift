import API
import Actions
import Base
import Catalog
import TestSupport
import Testing

@Suite("Servers of MCP", .serialized, .enabled(if: TestDatabase.isAvailable))
struct MCPServersTests {
    private static func rpc(
        _ client: WebClient, _ key: String?, _ method: String, _ params: JSONObject = [:]
    ) async throws -> JSONValue {
        let answer = try await client.send(
            "POST", "/api/mcp-actions/v1" + (key.map { "/\($0)" } ?? ""),
            [
                ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                ("MCP-Protocol-Version", "2025-11-25"),
            ], body: ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params)])
        return answer.json["result"] ?? ["status": .int(Int64(answer.status))]
    }

    private static func tools(_ client: WebClient, _ key: String?) async throws -> [String] {
        try await rpc(client, key, "tools/list")["tools"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    }

    private static func rule(_ id: String) -> ActionRule {
        var rule = ActionRule()
        rule.id = Glob(id)
        return rule
    }

    private static var configuration: ActionsConfiguration {
        var actions = ActionsConfiguration()
        var costs = ActionsConfiguration.Server(key: "costs", name: "Costs")
        costs.description = "What things cost."
        costs.instructions = "Ask for totals first."
        costs.filter.include = [rule("callboard:*")]
        costs.filter.exclude = [rule("*:plan-*"), rule("callboard:list-*")]
        actions.servers = [costs, ActionsConfiguration.Server(key: "all", name: "All")]
        return actions
    }

    @Test("each server presents itself and has the tools that its filter lets pass; the one without a key has all")
    func servers() async throws {
        try await Service.with(actions: Self.configuration) { service async throws in
            let costs = try await Self.tools(service.client, "costs")
            #expect(costs.count == 12)
            #expect(costs.allSatisfy { $0.hasPrefix("callboard_") && !$0.contains("list_") && !$0.contains("plan_") })
            #expect(try await Self.tools(service.client, nil).count == 34)
            #expect(try await Self.tools(service.client, "all").count == 34)
            let info = try await Self.rpc(
                service.client, "costs", "initialize",
                ["protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]])
            #expect(info["serverInfo"]?["name"] == "Costs")
            #expect(info["serverInfo"]?["description"] == "What things cost.")
            #expect(info["instructions"] == "Ask for totals first.")
            #expect(try await Self.rpc(service.client, "none", "tools/list") == ["status": 404])
        }
    }

    @Test("what a server does not list it does not call, under no name")
    func calls() async throws {
        try await Service.with(actions: Self.configuration) { service async throws in
            for name in ["catalog_get_catalog_entity", "catalog:get-catalog-entity", "get-catalog-entity"] {
                let call: JSONObject = ["name": .string(name), "arguments": ["name": "shop"]]
                #expect(try await Self.rpc(service.client, "costs", "tools/call", call)["isError"] == true)
                #expect(try await Self.rpc(service.client, "all", "tools/call", call)["isError"] == nil)
            }
        }
    }

    @Test("without their plugins tools are listed by the actions' names, and called by every other form too")
    func bare() async throws {
        var actions = ActionsConfiguration()
        actions.hasNamespacedNames = false
        try await Service.with(actions: actions) { service async throws in
            let tools = try await Self.tools(service.client, nil)
            #expect(tools.contains("get-catalog-entity") && tools.contains("get_entities_by_owner"))
            #expect(!tools.contains { $0.hasPrefix("catalog_") })
            for name in [
                "get-catalog-entity", "catalog_get_catalog_entity", "catalog.get-catalog-entity", "catalog:get",
            ] {
                let call: JSONObject = ["name": .string(name), "arguments": ["name": "shop"]]
                let answer = try await Self.rpc(service.client, nil, "tools/call", call)
                #expect(answer["structuredContent"]?["metadata"]?["name"] == "shop", "\(name)")
            }
        }
    }

    @Test("a long answer is cut to what clients keep, in structure and text, and still conforms")
    func size() async throws {
        try await Service.with { service async throws in
            let definition = String(repeating: "a line of a specification\\n", count: 8_000)
            try await Service.define(
                """
                apiVersion: backstage.io/v1alpha1
                kind: API
                metadata: {name: orders}
                spec: {type: openapi, lifecycle: production, owner: team, definition: "\(definition)"}
                """, location: "file:api.yaml", in: service.store)
            for (name, arguments) in [
                ("catalog_get_catalog_entity", ["name": "orders"] as JSONObject),
                ("catalog_query_catalog_entities", ["filter": ["kind": "API"]]),
                ("catalog_get_entity_api_specs", ["entityRef": "api:orders", "maximumCharacters": 200_000]),
            ] {
                let answer = try await Self.rpc(
                    service.client, nil, "tools/call", ["name": .string(name), "arguments": .object(arguments)])
                #expect(answer["isError"] == nil, "\(name)")
                #expect(answer.serialized().count < 110_000, "\(name)")
                #expect(answer["structuredContent"]?.serialized().count ?? 0 <= AnswerSize.maximumBytes)
            }
        }
    }
}
