import Actions
import Base
import TestSupport
import Testing

@Suite("catalog:get-entity-relationships", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityRelationshipsTests {
    private static let id = "catalog:get-entity-relationships"

    @Test("tells each neighbour with the relations that lead there, whether it exists, and totals")
    func neighbours() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "lending"])
            #expect(answer["entityRef"] == "component:default/lending")
            #expect(
                texts(answer["entities"], "entityRef") == [
                    "api:default/loans", "api:default/stock", "component:default/lending-web", "group:default/books",
                    "resource:default/shelf", "system:default/library",
                ])
            let loans = answer["entities"]?[0]
            #expect(
                loans?["reachedBy"] == [
                    ["sourceRef": "component:default/lending", "type": "consumesApi"],
                    ["sourceRef": "component:default/lending", "type": "providesApi"],
                ])
            #expect(loans?["depth"] == 1 && loans?["exists"] == true)
            #expect(answer["entities"]?[1]?["exists"] == false)
            #expect(answer["totals"] == ["entities": 6, "missing": 1, "byDepth": [6]])
            #expect(answer["isTruncated"] == false)
            #expect(
                answer["relationTypes"] == [
                    ["type": "consumesApi", "count": 2], ["type": "dependencyOf", "count": 1],
                    ["type": "dependsOn", "count": 1], ["type": "ownedBy", "count": 1], ["type": "partOf", "count": 1],
                    ["type": "providesApi", "count": 1],
                ])
        }
    }

    @Test("follows one type of relation as far as it is asked to")
    func chain() async throws {
        try await Bookshop.with { scene async throws in
            let arguments: JSONObject = [
                "entityRef": "resource:shelf", "relationTypes": ["dependencyOf"], "depth": 5,
            ]
            let answer = try await scene.invoke(Self.id, arguments)
            #expect(
                texts(answer["entities"], "entityRef") == [
                    "component:default/lending", "component:default/lending-web",
                ]
            )
            #expect(answer["totals"]?["byDepth"] == [1, 1])
            let near = try await scene.invoke(Self.id, arguments.merging(["depth": 1]))
            #expect(texts(near["entities"], "entityRef") == ["component:default/lending"])
            let none = try await scene.invoke(Self.id, arguments.merging(["relationTypes": ["nope"]]))
            #expect(none["totals"]?["entities"] == 0 && none["relationTypes"]?.arrayValue?.isEmpty == false)
        }
    }

    @Test("a circle ends, and the entity itself is not among those around it")
    func circle() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "lending", "depth": 5, "limit": 500])
            let refs = texts(answer["entities"], "entityRef")
            #expect(Set(refs).count == refs.count && !refs.contains("component:default/lending"))
            #expect(refs.contains("user:default/ada") && !refs.contains("component:history/archive"))
        }
    }

    @Test("pages follow each other without gap or repetition")
    func pages() async throws {
        try await Bookshop.with { scene async throws in
            let whole = try await scene.invoke(Self.id, ["entityRef": "lending", "depth": 2, "limit": 500])
            var arguments: JSONObject = ["entityRef": "lending", "depth": 2, "limit": 4]
            var seen: [String] = []
            while true {
                let answer = try await scene.invoke(Self.id, arguments)
                seen += texts(answer["entities"], "entityRef")
                #expect(answer["totals"] == whole["totals"])
                guard let cursor = answer["nextCursor"] else { break }
                arguments["cursor"] = cursor
                try #require(seen.count < 100)
            }
            #expect(seen == texts(whole["entities"], "entityRef"))
            #expect(seen.count > 4)
        }
    }

    @Test("a walk is cut at its bound and says so")
    func bound() async throws {
        try await Scene.with { scene async throws in
            let members = (0..<2_100).map { "m\($0)" }.joined(separator: ",")
            try await scene.define(
                """
                apiVersion: backstage.io/v1alpha1
                kind: Group
                metadata: {name: crowd}
                spec: {type: team, children: [], members: [\(members)]}
                """, location: "file:crowd.yaml")
            let answer = try await scene.invoke(Self.id, ["entityRef": "group:crowd"])
            #expect(answer["isTruncated"] == true)
            #expect(answer["totals"]?["entities"] == 2_000 && answer["totals"]?["missing"] == 2_000)
            #expect(answer["entities"]?.arrayValue?.count == 50)
        }
    }

    @Test("a name that does not resolve returns candidates")
    func unresolved() async throws {
        try await Bookshop.with { scene async throws in
            let error = try #require(try await scene.refusal(Self.id, ["entityRef": "lendin"]))
            #expect(error.kind == .notFound)
            #expect(error.message.hasPrefix("No entity lendin; did you mean component:default/lending"))
        }
    }

    @Test(
        "arguments out of bounds are named",
        arguments: [
            (["entityRef": "a", "depth": 6], "depth"), (["entityRef": "a", "depth": 0], "depth"),
            (["entityRef": "a", "limit": 501], "limit"), (["entityRef": "a", "cursor": "-1"], "cursor"),
            (["entityRef": "a", "relationTypes": "ownedBy"], "relationTypes"), (["entityRef": ":"], "entityRef"),
        ] as [(JSONObject, String)])
    func input(arguments: JSONObject, field: String) async throws {
        let error = try #require(try await Scene.withoutDatabase().refusal(Self.id, arguments))
        #expect(error.kind == .input && error.message.contains(field))
    }
}

extension JSONObject {
    /// The members with others in their place.
    func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        for (name, value) in other { merged[name] = value }
        return merged
    }
}
