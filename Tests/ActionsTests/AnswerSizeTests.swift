import Actions
import Base
import TestSupport
import Testing

@Suite("The size of answers")
struct AnswerSizeTests {
    private static func row(_ index: Int, _ length: Int) -> JSONValue {
        ["name": .string("row-\(index)"), "text": .string(String(repeating: "x", count: length))]
    }

    private static func bytes(_ value: JSONValue) -> Int { value.serialized().count }

    @Test("an answer that is short enough stays as it is, to the byte")
    func short() {
        let answer: JSONValue = ["items": .array((0..<10).map { Self.row($0, 100) }), "total": 10]
        #expect(AnswerSize.fitted(answer, pagedList: "items") == answer)
    }

    @Test("a long list loses its end; the cursor goes on where it ends, and a note says so")
    func paged() throws {
        let answer: JSONValue = [
            "total": 5_000, "items": .array((0..<500).map { Self.row($0, 400) }), "nextCursor": "700",
        ]
        let fitted = AnswerSize.fitted(answer, pagedList: "items", offset: 200)
        let kept = try #require(fitted["items"]?.arrayValue?.count)
        #expect((1..<500).contains(kept))
        #expect(Self.bytes(fitted) <= AnswerSize.maximumBytes)
        #expect(fitted["nextCursor"] == .string(String(200 + kept)))
        #expect(fitted["total"] == 5_000)
        #expect(fitted["items"]?[kept - 1] == Self.row(kept - 1, 400))
        #expect(fitted["note"]?.stringValue?.contains("items has \(kept) of the 500") == true)
    }

    @Test("a list beside the paged one leaves the cursor alone")
    func beside() {
        let answer: JSONValue = [
            "items": .array([Self.row(0, 10)]), "clusters": .array((0..<1_000).map { Self.row($0, 100) }),
            "nextCursor": "1",
        ]
        let fitted = AnswerSize.fitted(answer, pagedList: "items")
        #expect(fitted["nextCursor"] == "1")
        #expect(fitted["items"] == answer["items"])
        #expect(Self.bytes(fitted) <= AnswerSize.maximumBytes)
    }

    @Test("whatever an answer is made of, it fits and keeps its members", arguments: 0..<40)
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 3 ? 2 : 4), using: &random) {
            case 0:
                return .string(
                    String(
                        repeating: "ä\n",
                        count: Int.random(in: 0..<(1 << Int.random(in: 0..<16, using: &random)), using: &random)))
            case 1: return .int(Int64.random(in: 0..<1_000_000, using: &random))
            case 2: return .array((0..<Int.random(in: 0..<300, using: &random)).map { _ in Self.row(1, 20) })
            default: return .object(JSONObject((0..<5).map { ("m\($0)", value(depth + 1)) }))
            }
        }
        let answer = JSONValue.object(JSONObject((0..<8).map { ("k\($0)", value(0)) }))
        let fitted = AnswerSize.fitted(answer, pagedList: "k0")
        #expect(Self.bytes(fitted) <= AnswerSize.maximumBytes)
        let names = fitted.objectValue?.keys.filter { !["note", "nextCursor"].contains($0) }
        #expect(names.map(Set.init) == Set(answer.objectValue?.keys ?? []))
        #expect((fitted == answer) == (Self.bytes(answer) <= AnswerSize.maximumBytes))
    }

    @Test("an entity with a long definition or thousands of relations is shortened and stays an entity")
    func entity() throws {
        let relations: [JSONValue] = (0..<4_000).map {
            ["type": "ownerOf", "targetRef": .string("component:default/c\($0)")]
        }
        let document: JSONValue = [
            "apiVersion": "backstage.io/v1alpha1", "kind": "API", "metadata": ["name": "orders"],
            "spec": ["type": "openapi", "definition": .string(String(repeating: "line\n", count: 40_000))],
            "relations": .array(relations),
        ]
        let fitted = EntityAnswer.fitted(document)
        #expect(Self.bytes(fitted) <= EntityAnswer.maximumBytes)
        #expect(fitted["metadata"]?["name"] == "orders")
        #expect(fitted["relations"]?[0] == relations[0])
        #expect(fitted["note"]?.stringValue?.contains("spec.definition had 200000 characters") == true)
        let odd: JSONValue = [
            "apiVersion": "v1", "kind": "Component",
            "metadata": [
                "name": "odd",
                "annotations": .object(JSONObject((0..<5_000).map { ("key-\($0)", .string("value-\($0)")) })),
            ],
        ]
        #expect(Self.bytes(EntityAnswer.fitted(odd)) <= EntityAnswer.maximumBytes)
        #expect(EntityAnswer.fitted(odd)["metadata"]?["name"] == "odd")
    }
}

@Suite("Answers about a large catalog", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LargeAnswerTests {
    private static let entities = (0..<600).map { index in
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: service-\(index)
          description: \(String(repeating: "What this service is for. ", count: 20))
          annotations: {backstage.io/kubernetes-id: service-\(index)}
        spec: {type: service, lifecycle: production, owner: payments, dependsOn: [component:service-0]}
        """
    }.joined(separator: "\n---\n")

    private static let questions: [(String, JSONObject)] = [
        ("catalog:query-catalog-entities", ["filter": ["kind": "Component"], "limit": 500]),
        ("catalog-mcp:get_entities_by_owner", ["owner": "payments", "limit": 500]),
        ("catalog-mcp:get_all_entities_by_kind_and_type", ["kind": "component", "type": "service", "limit": 500]),
        ("catalog-mcp:get_entities_with_custom_query", ["limit": 500]),
        ("catalog:get-entity-relationships", ["entityRef": "service-0", "limit": 500]),
        ("callboard:list-ghost-entities", ["limit": 500]),
        ("callboard:get-dependency-cost", ["entityRef": "service-1", "limit": 500]),
        ("catalog:get-catalog-entity", ["name": "service-0"]),
    ]

    @Test("no action answers more than clients keep, and its answer still conforms")
    func bounded() async throws {
        try await Scene.with { scene async throws in
            try await scene.define(Self.entities, location: "file:many.yaml")
            for (id, arguments) in Self.questions {
                let action = try #require(scene.registry[id])
                let answer = action.fitted(try await scene.invoke(id, arguments), to: arguments)
                #expect(answer.serialized().count <= AnswerSize.maximumBytes, "\(id)")
                let faults = try JSONSchema(AnswerSize.noting(action.definition.output)).validate(answer)
                #expect(faults.isEmpty, "\(id): \(faults)")
            }
        }
    }

    @Test("pages that were cut lead through everything, nothing twice")
    func paging() async throws {
        try await Scene.with { scene async throws in
            try await scene.define(Self.entities, location: "file:many.yaml")
            for (id, list, cursor, first) in [
                ("catalog:query-catalog-entities", "items", "nextPageCursor", ["limit": 500] as JSONObject),
                ("catalog-mcp:get_entities_by_owner", "entities", "nextCursor", ["owner": "payments", "limit": 500]),
                ("callboard:list-ghost-entities", "entities", "nextCursor", ["limit": 500]),
            ] {
                var arguments = first
                var seen: [JSONValue] = []
                var pages = 0
                while pages < 100 {
                    let answer = try #require(scene.registry[id]).fitted(
                        try await scene.invoke(id, arguments), to: arguments)
                    seen += answer[list]?.arrayValue ?? []
                    pages += 1
                    guard let next = answer[cursor] else { break }
                    arguments["cursor"] = next
                }
                let names = seen.compactMap { $0["metadata"]?["uid"] ?? $0["entityRef"] }.compactMap(\.stringValue)
                #expect(names.count >= 600, "\(id)")
                #expect(Set(names).count == names.count, "\(id)")
                #expect(pages > 2, "\(id)")
            }
        }
    }
}
