import API
import Actions
import Base
import Catalog
import TestSupport
import Testing

@Suite("Actions over HTTP", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ActionRoutesTests {
    private static let list = "/api/catalog/.backstage/actions/v1/actions"
    private static let get = list + "/catalog:get-catalog-entity/invoke"

    private static func post(
        _ client: WebClient, _ path: String, _ body: JSONValue
    ) async throws -> WebClient.Answer {
        try await client.send("POST", path, [("Content-Type", "application/json")], body: body)
    }

    @Test("a plugin lists its actions with their schemas, to whom they are")
    func listing() async throws {
        try await Service.with { service async throws in
            let registry = try ActionRegistry(store: service.store, currency: "EUR")
            let answer = try await service.client.get(Self.list)
            #expect(answer.status == 200)
            let actions = try #require(answer.json["actions"]?.arrayValue)
            let expected = registry.actions.map(\.definition).filter { $0.plugin == "catalog" }
            #expect(actions.compactMap { $0["id"]?.stringValue } == expected.map(\.id))
            for (action, definition) in zip(actions, expected) {
                #expect(action["name"] == .string(definition.name))
                #expect(action["schema"] == ["input": definition.input, "output": definition.output])
                #expect(action["attributes"]?["readOnly"] == .bool(definition.attributes.isReadOnly))
                #expect(action["attributes"]?["destructive"] == .bool(definition.attributes.isDestructive))
            }
            let costs = service.client(Service.costsOnly)
            #expect(try await costs.get(Self.list).json == ["actions": []])
            let callboard = try await costs.get("/api/callboard/.backstage/actions/v1/actions").json["actions"]?
                .arrayValue
            #expect(callboard?.count == 11)
            #expect(try await service.client.get("/api/nothing/.backstage/actions/v1/actions").status == 404)
            #expect(try await service.client(nil).get(Self.list).status == 401)
        }
    }

    @Test("an action is invoked with its input as the body, or within one beside secrets")
    func invoking() async throws {
        try await Service.with { service async throws in
            for path in [Self.get, Self.list + "/catalog%3Aget-catalog-entity/invoke"] {
                let answer = try await Self.post(service.client, path, ["name": "shop"])
                #expect(answer.status == 200)
                #expect(answer.json["output"]?["metadata"]?["title"] == "The Shop")
            }
            let second = Self.get.replacing("/v1/", with: "/v2/")
            let answer = try await Self.post(
                service.client, second, ["input": ["name": "shop"], "secrets": ["a": "b"]])
            #expect(answer.json["output"]?["metadata"]?["title"] == "The Shop")
        }
    }

    @Test("mistakes are told in Backstage's words and statuses")
    func mistakes() async throws {
        try await Service.with { service async throws in
            func error(_ path: String, _ body: JSONValue, _ client: WebClient? = nil) async throws -> (Int, String) {
                let answer = try await Self.post(client ?? service.client, path, body)
                return (answer.status, answer.json["error"]?["message"]?.stringValue ?? "")
            }
            for id in ["catalog:nothing", "callboard:get-cost"] {
                #expect(try await error("\(Self.list)/\(id)/invoke", [:]) == (404, "Action \"\(id)\" not found"))
            }
            let invalid = try await error(Self.get, ["nam": "shop"])
            #expect(invalid.0 == 400)
            #expect(invalid.1.hasPrefix("Invalid input to action \"catalog:get-catalog-entity\": "))
            #expect(try await error(Self.get, [1]) == (400, "request/body must be object"))
            #expect(try await error(Self.get, ["name": "none"]).0 == 400)
            let refused = try await error(Self.get, ["nam": 1], service.client(Service.costsOnly))
            #expect(refused.0 == 403)
            #expect(
                try await error("/api/auth/.backstage/actions/v1/actions/auth:who-am-i/invoke", [:])
                    == (403, "This action requires user credentials"))
        }
    }

    @Test("plugins and actions that are not offered are not there")
    func filtered() async throws {
        var actions = ActionsConfiguration()
        actions.pluginSources = ["catalog"]
        var rule = ActionRule()
        rule.isReadOnly = false
        actions.filter.exclude = [rule]
        try await Service.with(actions: actions) { service async throws in
            #expect(try await service.client.get("/api/callboard/.backstage/actions/v1/actions").status == 404)
            let ids = try await service.client.get(Self.list).json["actions"]?.arrayValue?.compactMap {
                $0["id"]?.stringValue
            }
            #expect(ids?.contains("catalog:get-catalog-entity") == true)
            #expect(ids?.contains("catalog:register-entity") == false)
            let answer = try await Self.post(
                service.client, Self.list + "/catalog:register-entity/invoke", ["locationUrl": "https://host/a.yaml"])
            #expect(answer.status == 404)
        }
    }
}
