import Actions
import Base
import Catalog
import Store
import TestSupport
import Testing

@Suite("callboard:list-catalog-problems", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ListCatalogProblemsTests {
    private static let id = "callboard:list-catalog-problems"

    /// One good file with a team's entity and a bad document, a conflict with it, an unreadable file and a failing source.
    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene async throws in
            let bad =
                "---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: lost}\n"
                + "spec: {type: service, lifecycle: production}\n"
            try await add(scene, "team", "file:team.yaml", component("mine", owner: "crew") + bad)
            try await add(scene, "other", "file:other.yaml", component("mine", owner: "crew"))
            try await add(scene, "other", "file:gone.yaml", nil)
            let failing = try await scene.store.catalog.register(type: "github-provider", target: "acme")
            try await scene.store.catalog.note(source: failing, error: "401")
            try await body(scene)
        }
    }

    private static func component(_ name: String, owner: String) -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: \(name)}
        spec: {type: service, lifecycle: production, owner: \(owner)}

        """
    }

    private static func add(_ scene: Scene, _ target: String, _ location: String, _ text: String?) async throws {
        let catalog = scene.store.catalog
        let source = try await catalog.register(type: "file", target: target)
        let documents = text.map { CatalogFile.documents(Array($0.utf8), name: location) }
        let outcome = documents.map { LocationContent.Outcome.documents($0) } ?? .unreadable("permission denied")
        _ = try await catalog.apply(
            [LocationContent(location: location, sourceID: source, outcome: outcome)], status: { _ in [] })
        try await catalog.note(source: source, error: nil)
    }

    private static func codes(_ answer: JSONValue) -> [String] {
        answer["problems"]?.arrayValue?.compactMap { $0["code"]?.stringValue } ?? []
    }

    @Test("tells every source with its state, the worst first, and every problem with its place")
    func everything() async throws {
        try await Self.with { scene async throws in
            let answer = try await scene.invoke(Self.id)
            let sources = answer["sources"]?.arrayValue ?? []
            #expect(sources.first?["source"] == "github-provider:acme" && sources.first?["error"] == "401")
            #expect(
                sources.compactMap { $0["state"]?.stringValue } == ["failing", "problems", "problems", "pending"])
            #expect(Self.codes(answer) == ["unreadable", "conflict", "kind"])
            #expect(answer["totals"]?["byCode"] == ["conflict": 1, "kind": 1, "unreadable": 1])
            let lost = answer["problems"]?[2]
            #expect(lost?["entityRef"] == "component:default/lost" && lost?["inCatalog"] == false)
            #expect(lost?["line"] != .null && lost?["source"] == "file:team")
            let conflict = answer["problems"]?[1]
            #expect(conflict?["inCatalog"] == true && conflict?["ownerRef"] == "group:default/crew")
        }
    }

    @Test(
        "is narrowed by source, code, entity and owner",
        arguments: [
            (["source": "file:team"], ["kind"]), (["source": "file"], ["unreadable", "conflict", "kind"]),
            (["source": "github-provider"], []), (["code": "conflict"], ["conflict"]),
            (["entityRef": "lost"], ["kind"]), (["entityRef": "component:default/MINE"], ["conflict"]),
            (["owner": "crew"], ["conflict", "kind"]), (["owner": "user:default/crew"], []),
            (["code": "kind", "source": "file:other"], []),
        ] as [(JSONObject, [String])])
    func narrowed(arguments: JSONObject, codes: [String]) async throws {
        try await Self.with { scene async throws in
            let answer = try await scene.invoke(Self.id, arguments)
            #expect(Self.codes(answer) == codes)
            #expect(answer["totals"]?["problems"] == .int(Int64(codes.count)))
            #expect(answer["sources"]?.arrayValue?.count == 4)
        }
    }

    @Test("comes page by page, and owners are told to those alone who may read the catalog")
    func paged() async throws {
        try await Self.with { scene async throws in
            var (codes, arguments) = ([String](), ["limit": 1] as JSONObject)
            for page in 1...3 {
                let answer = try await scene.invoke(Self.id, arguments)
                codes += Self.codes(answer)
                #expect((answer["nextCursor"] != nil) == (page < 3))
                arguments["cursor"] = answer["nextCursor"]
            }
            #expect(codes == ["unreadable", "conflict", "kind"])
            let narrow = Caller(
                subject: "t",
                restrictions: [AccessRestriction(plugin: "callboard", permissions: nil, attributes: nil)])
            let answer = try await scene.invoke(Self.id, ["code": "conflict"], for: narrow)
            #expect(answer["problems"]?[0]?["ownerRef"] == .null)
        }
    }
}
