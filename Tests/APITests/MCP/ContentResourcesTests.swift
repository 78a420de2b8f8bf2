import Actions
import Base
import MCP
import Store
import TestSupport
import Testing

@testable import API

@Suite("Resources", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ContentResourcesTests {
    private static let shop = "callboard://entity/component/default/shop"

    @Test("entities are listed by reference, with title, size and time of the last change")
    func list() async throws {
        try await Content.with { content async throws in
            let page = try await content.tools.resources(for: Content.anybody, after: nil)
            #expect(
                content.uris(page.items)
                    == ["a", "b", "c", "d", "e", "shop"].map { "callboard://entity/component/default/\($0)" }
                    + ["callboard://entity/group/default/team"])
            #expect(page.next == nil)
            let shop = try #require(page.items.first { $0["uri"] == .string(Self.shop) })
            #expect(shop["name"] == "component:default/shop")
            #expect(shop["title"] == "The Shop")
            #expect(shop["mimeType"] == "application/json")
            let entity = try #require(try await content.store.catalog.entity(ref: "component:default/shop"))
            #expect(shop["size"] == .int(Int64(entity.document.count)))
            #expect(shop["annotations"]?["lastModified"]?.stringValue.flatMap { Timestamp(rfc3339: $0) } != nil)
        }
    }

    @Test("pages lead through all entities; a cursor that nobody gave is refused")
    func pages() async throws {
        try await Content.with { content async throws in
            let more = (100..<330).map { Service.entity("x\($0)", type: "service") }.joined(separator: "---\n")
            try await Service.define(more, location: "file:more.yaml", in: content.store)
            var (uris, cursor, pages): ([String], String?, Int) = ([], nil, 0)
            repeat {
                let page = try await content.tools.resources(for: Content.anybody, after: cursor)
                uris += content.uris(page.items)
                cursor = page.next
                pages += 1
            } while cursor != nil && pages < 10
            #expect(pages == 3)
            #expect(uris.count == 237)
            #expect(uris == uris.sorted())
            #expect(Set(uris).count == uris.count)
            for bad in ["", "x", "MTp4", "=", Base64.encode(Array("1:Component:default/a".utf8), alphabet: .urlSafe)] {
                await #expect(throws: MCPContentError.badCursor) {
                    try await content.tools.resources(for: Content.anybody, after: bad)
                }
            }
        }
    }

    @Test("a resource holds what the catalog serves, what runs, what it costs, and what a team has")
    func read() async throws {
        try await Content.with { content async throws in
            let stored = try #require(try await content.store.catalog.entity(ref: "component:default/shop"))
            #expect(try await content.read(Self.shop) == JSONValue(parsing: stored.document))
            #expect(try await content.read("callboard://entity/Component/default/SHOP")["kind"] == "Component")
            let workloads = try await content.read(Self.shop + "/workloads")
            #expect(workloads["workloads"]?[0]?["name"] == "shop")
            #expect(try await content.read(Self.shop + "/cost")["entityRef"] == "component:default/shop")
            let team = try await content.read("callboard://team/default/team")
            #expect(team["team"]?["kind"] == "Group")
            #expect(team["owns"]?["count"] == 6)
            #expect(team["cost"]?["scope"]?["name"] == "group:default/team")
        }
    }

    @Test("what is longer than clients keep is cut, and says so")
    func size() async throws {
        try await Content.with { content async throws in
            let group = """
                apiVersion: backstage.io/v1alpha1
                kind: Group
                metadata:
                  name: large
                  description: \(String(repeating: "x", count: 39_000))
                spec: {type: team, children: []}

                """
            let owned = (100..<160).map { number in
                Service.entity("a-component-of-a-rather-long-name-\(number)", type: "service")
                    .replacing("owner: team", with: "owner: large")
            }
            try await Service.define(
                ([group] + owned).joined(separator: "---\n"), location: "file:large.yaml", in: content.store)
            let team = try await content.read("callboard://team/default/large")
            #expect(team.serialized().count <= AnswerSize.maximumBytes)
            #expect(team["team"]?["metadata"]?["name"] == "large")
            #expect(team["note"]?.stringValue?.contains("team.metadata.description had 39000 characters") == true)
        }
    }

    @Test(
        "what is not there is not found, whatever it is asked for",
        arguments: [
            "callboard://entity/component/default/none", "callboard://entity/component/default/none/workloads",
            "callboard://entity/component/default/none/cost", "callboard://team/default/none", "https://example.com",
            "",
        ])
    func missing(uri: String) async throws {
        try await Content.with { content async throws in
            await #expect(throws: MCPContentError.noResource(uri)) {
                try await content.tools.resource(uri, for: Content.anybody)
            }
        }
    }

    @Test("what somebody may not see is as if it were not there")
    func hidden() async throws {
        try await Content.with { content async throws in
            for caller in [Content.nobody, Content.costsOnly] {
                #expect(try await content.tools.resources(for: caller, after: nil).items.isEmpty)
                await #expect(throws: MCPContentError.noResource(Self.shop)) {
                    try await content.tools.resource(Self.shop, for: caller)
                }
            }
            #expect(try await content.tools.resourceTemplates(for: Content.nobody).isEmpty)
            let names = try await content.tools.resourceTemplates(for: Content.costsOnly).compactMap {
                $0["name"]?.stringValue
            }
            #expect(names == ["entity-workloads", "entity-cost"])
            #expect(try await content.read(Self.shop + "/cost", for: Content.costsOnly)["entityRef"] != nil)
        }
    }

    @Test("where an action is not offered, what it reads is no resource either")
    func filtered() async throws {
        try await Content.with(offering: { $0.id == "callboard:get-entity-cost" }) { content async throws in
            #expect(content.tools.offer == [])
            await #expect(throws: MCPContentError.noResource(Self.shop)) {
                try await content.tools.resource(Self.shop, for: Content.anybody)
            }
            #expect(try await content.tools.resources(for: Content.anybody, after: nil).items.isEmpty)
        }
    }

    @Test("while the database is away a resource says so instead of not being there")
    func away() async throws {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        let content = try Content.content(store)
        let error = await #expect(throws: ToolFailure.self) {
            try await content.tools.resource(Self.shop, for: Content.anybody)
        }
        #expect(error?.name == "ServiceUnavailableError")
    }
}
