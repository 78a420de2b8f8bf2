import API
import Actions
import Base
import Catalog
import Store
import TestSupport
import Testing

/// Speaks to the mounted endpoint as a client of 2025-11-25 does.
extension WebClient {
    fileprivate func rpc(_ method: String, _ params: JSONObject = [:]) async throws -> Answer {
        try await send(
            "POST", "/api/mcp-actions/v1",
            [
                ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                ("MCP-Protocol-Version", "2025-11-25"),
            ], body: ["jsonrpc": "2.0", "id": 1, "method": .string(method), "params": .object(params)])
    }

    /// The result of a call; null when there is none.
    fileprivate func call(_ tool: String, _ arguments: JSONObject = [:]) async throws -> JSONValue {
        try await rpc("tools/call", ["name": .string(tool), "arguments": .object(arguments)]).json["result"] ?? .null
    }

    fileprivate func tools() async throws -> [JSONValue] {
        try await rpc("tools/list").json["result"]?["tools"]?.arrayValue ?? []
    }
}

@Suite("The MCP endpoint", .serialized, .enabled(if: TestDatabase.isAvailable))
struct MCPEndpointTests {
    @Test("lists the actions as tools, under names that every client accepts")
    func tools() async throws {
        try await Service.with { service async throws in
            let tools = try await service.client.tools()
            #expect(
                tools.compactMap { $0["name"]?.stringValue } == [
                    "auth_who_am_i", "callboard_explain_cost_change", "callboard_explain_recommendation",
                    "callboard_get_budget_status", "callboard_get_cost", "callboard_get_cost_coverage",
                    "callboard_get_cost_data_health", "callboard_get_cost_trend", "callboard_get_dependency_cost",
                    "callboard_get_entity_cost", "callboard_get_entity_workloads", "callboard_get_recommendations",
                    "callboard_get_workload_ownership", "callboard_list_catalog_problems",
                    "callboard_list_clusters", "callboard_list_ghost_entities", "callboard_list_orphan_workloads",
                    "callboard_plan_canonical", "catalog_find_api_specs", "catalog_get_catalog_entity",
                    "catalog_get_catalog_model_description", "catalog_get_entity_api_specs",
                    "catalog_get_entity_relationships", "catalog_mcp_get_all_entities_by_kind_and_type",
                    "catalog_mcp_get_entities_by_annotation", "catalog_mcp_get_entities_by_owner",
                    "catalog_mcp_get_entities_with_custom_query", "catalog_mcp_get_entity_types_for_kind",
                    "catalog_query_catalog_entities", "catalog_refresh_catalog_entity", "catalog_register_entity",
                    "catalog_resolve_entity", "catalog_unregister_entity", "catalog_validate_entity",
                ])
            let registry = try ActionRegistry(store: service.store, currency: "EUR")
            for tool in tools {
                let action = try #require(registry.actions.first { tool["title"] == .string($0.definition.title) })
                #expect(tool["description"] == .string(action.definition.description))
                #expect(tool["inputSchema"] == action.definition.input)
                #expect(tool["outputSchema"] == AnswerSize.noting(action.definition.output))
                let attributes = action.definition.attributes
                #expect(tool["annotations"]?["readOnlyHint"] == .bool(attributes.isReadOnly))
                #expect(tool["annotations"]?["destructiveHint"] == .bool(attributes.isDestructive))
                #expect(tool["annotations"]?["idempotentHint"] == .bool(attributes.isIdempotent))
            }
        }
    }

    @Test("a tool is called by its name and by all other forms of it")
    func aliases() async throws {
        try await Service.with { service async throws in
            for name in [
                "callboard_get_entity_cost", "callboard:get-entity-cost", "callboard.get-entity-cost",
                "get-entity-cost",
            ] {
                let result = try await service.client.call(name, ["entityRef": "shop"])
                #expect(result["isError"] == nil)
                #expect(result["structuredContent"]?["entityRef"] == "component:default/shop", "\(name)")
            }
            for name in ["catalog:get", "catalog.get", "catalog_get"] {
                let result = try await service.client.call(name, ["name": "shop"])
                #expect(result["structuredContent"]?["metadata"]?["name"] == "shop", "\(name)")
            }
            for name in ["catalog:query", "catalog:list"] {
                let result = try await service.client.call(name, ["filter": ["metadata.name": "shop"]])
                #expect(result["structuredContent"]?["totalItems"] == 1, "\(name)")
            }
            for name in ["callboard_get-entity-cost", "get_entity_cost", "catalog:get-entity-cost", ""] {
                let result = try await service.client.call(name, ["entityRef": "shop"])
                #expect(result["isError"] == true, "\(name)")
                #expect(result["content"]?[0]?["text"] == .string("NotFoundError: Action \"\(name)\" not found"))
            }
        }
    }

    @Test("every tool answers what its schema promises, as structure and as text")
    func answers() async throws {
        var configuration = CatalogAPIConfiguration()
        configuration.canonical = [CanonicalSettings(name: "main")]
        try await Service.with(catalog: configuration) { service async throws in
            let arguments: [String: JSONObject] = [
                "callboard_get_entity_cost": ["entityRef": "shop"],
                "callboard_get_dependency_cost": ["entityRef": "shop"],
                "callboard_explain_recommendation": ["name": "shop"],
                "callboard_get_workload_ownership": ["name": "shop"],
                "callboard_get_entity_workloads": ["entityRef": "shop"], "callboard_list_orphan_workloads": [:],
                "catalog_get_catalog_entity": ["name": "shop"],
                "catalog_query_catalog_entities": ["filter": ["kind": "Component"], "limit": 2],
                "catalog_get_entity_api_specs": ["entityRef": "shop"],
                "catalog_get_entity_relationships": ["entityRef": "shop", "depth": 2],
                "catalog_mcp_get_all_entities_by_kind_and_type": ["kind": "component", "type": "service"],
                "catalog_mcp_get_entities_by_annotation": ["annotation": "a"],
                "catalog_mcp_get_entities_by_owner": ["owner": "payments"],
                "catalog_mcp_get_entity_types_for_kind": ["kind": "component"],
                "callboard_list_catalog_problems": [:], "catalog_find_api_specs": ["queryString": "shop"],
                "catalog_register_entity": ["locationUrl": "https://host/a.yaml"],
                "catalog_unregister_entity": ["type": ["locationUrl": "HTTPS://host/a.yaml"]],
                "catalog_refresh_catalog_entity": ["name": "shop"],
                "catalog_resolve_entity": ["name": "sho"], "catalog_validate_entity": ["entity": "kind: ["],
                "callboard_plan_canonical": ["document": "version: 1\nrepositories: {a: {}}\nx: 1"],
            ]
            for tool in try await service.client.tools() where tool["name"] != "auth_who_am_i" {
                let name = try #require(tool["name"]?.stringValue)
                let result = try await service.client.call(name, arguments[name] ?? [:])
                let structured = try #require(result["structuredContent"])
                let schema = try JSONSchema(try #require(tool["outputSchema"]))
                #expect(schema.validate(structured).isEmpty)
                let text = try #require(result["content"]?[0]?["text"]?.stringValue)
                #expect(try JSONValue(parsing: text) == structured)
            }
        }
    }

    @Test("what an action refuses is an answer that a model can read")
    func refusals() async throws {
        try await Service.with { service async throws in
            let missing = try await service.client.call("callboard_get_entity_cost", ["entityRef": "sho"])
            #expect(missing["isError"] == true)
            #expect(
                missing["content"]?[0]?["text"]
                    == "NotFoundError: No entity component:default/sho; did you mean component:default/shop?")
            let invalid = try await service.client.call("callboard_get_entity_cost", ["ref": "shop"])
            #expect(invalid["isError"] == true)
            #expect(invalid["content"]?[0]?["text"]?.stringValue?.hasPrefix("InputError: ") == true)
            let window = try await service.client.call(
                "callboard_get_entity_cost", ["entityRef": "shop", "window": "soon"])
            #expect(window["content"]?[0]?["text"]?.stringValue?.hasPrefix("InputError: window: ") == true)
            let unstorable = try await service.client.call("callboard_list_orphan_workloads", ["namespace": "a\u{0}"])
            #expect(unstorable["content"]?[0]?["text"]?.stringValue?.hasPrefix("InputError: ") == true)
        }
    }

    @Test("a restricted token sees its own tools and no others exist for it")
    func restricted() async throws {
        try await Service.with { service async throws in
            let catalog = service.client(Service.catalogOnly)
            #expect(
                try await catalog.tools().compactMap { $0["name"]?.stringValue } == [
                    "auth_who_am_i", "catalog_find_api_specs", "catalog_get_catalog_entity",
                    "catalog_get_catalog_model_description", "catalog_get_entity_api_specs",
                    "catalog_get_entity_relationships", "catalog_mcp_get_all_entities_by_kind_and_type",
                    "catalog_mcp_get_entities_by_annotation", "catalog_mcp_get_entities_by_owner",
                    "catalog_mcp_get_entities_with_custom_query", "catalog_mcp_get_entity_types_for_kind",
                    "catalog_query_catalog_entities", "catalog_refresh_catalog_entity", "catalog_register_entity",
                    "catalog_resolve_entity", "catalog_unregister_entity", "catalog_validate_entity",
                ])
            let costs = service.client(Service.costsOnly)
            #expect(
                try await costs.tools().compactMap { $0["name"]?.stringValue } == [
                    "auth_who_am_i", "callboard_explain_cost_change", "callboard_explain_recommendation",
                    "callboard_get_budget_status", "callboard_get_cost", "callboard_get_cost_coverage",
                    "callboard_get_cost_data_health", "callboard_get_cost_trend", "callboard_get_dependency_cost",
                    "callboard_get_entity_cost", "callboard_get_recommendations", "callboard_list_ghost_entities",
                ])
            let refused = try await costs.call("catalog_get_catalog_entity", ["name": "shop"])
            #expect(
                refused["content"]?[0]?["text"] == "NotFoundError: Action \"catalog_get_catalog_entity\" not found")
            let allowed = try await costs.call("callboard_get_entity_cost", ["entityRef": "shop"])
            #expect(allowed["isError"] == nil)
        }
    }

    @Test("both eras are served, and what is no message of either is refused by the protocol")
    func protocols() async throws {
        try await Service.with { service async throws in
            let modern = try await service.client.send(
                "POST", "/api/mcp-actions/v1",
                [
                    ("Content-Type", "application/json"), ("MCP-Protocol-Version", "2026-07-28"),
                    ("Mcp-Method", "server/discover"),
                ],
                body: [
                    "jsonrpc": "2.0", "id": 1, "method": "server/discover",
                    "params": [
                        "_meta": [
                            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                            "io.modelcontextprotocol/clientCapabilities": [:],
                        ]
                    ],
                ])
            #expect(modern.status == 200)
            #expect(modern.json["result"]?["supportedVersions"]?.arrayValue?.contains("2026-07-28") == true)
            let legacy = try await service.client.rpc(
                "initialize",
                ["protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"]])
            #expect(legacy.json["result"]?["protocolVersion"] == "2025-11-25")
            #expect(legacy.json["result"]?["serverInfo"]?["version"] == "1.2.3")
            #expect(try await service.client.get("/api/mcp-actions/v1").status == 405)
            let form = try await service.client.send(
                "POST", "/api/mcp-actions/v1", [("Content-Type", "text/plain")], body: [:])
            #expect(form.status == 415)
        }
    }

    @Test("while the database is away a tool says so; our own mistakes are masked")
    func failures() async throws {
        try await TestDatabase.with { database in
            let store = try await database.storeThatMisses("workload", "pods")
            try await Service.with(store) { service async throws in
                let masked = try await service.client.rpc(
                    "tools/call", ["name": "callboard_list_orphan_workloads", "arguments": [:]])
                #expect(masked.json["error"]?["message"] == "Internal server error")
                #expect(!masked.text.contains("column"))
                #expect(service.log.text.contains("column"))

                try await database.shut()
                let away = try await service.client.call("callboard_list_orphan_workloads")
                #expect(away["isError"] == true)
                #expect(
                    away["content"]?[0]?["text"]
                        == "ServiceUnavailableError: The database is not available at the moment; try again soon")
                // The list of tools needs no database.
                #expect(try await service.client.tools().count == 34)
            }
            await store.close()
        }
    }
}
