import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Refs in the order of several fields", .enabled(if: TestDatabase.isAvailable), .serialized)
struct OrderedRefsTests {
    private typealias Entities = [(ref: String, document: JSONObject)]

    private static let fields = [
        "spec.one", "Spec.Two", "spec.three", "spec.type", "metadata.name", "kind", "spec.nowhere",
    ]

    /// Components and APIs whose fields have few values, several, null, or are not there.
    private static func fill(_ scene: Scene, _ random: inout SeededRandom) async throws -> Entities {
        let texts: [JSONValue] = ["b", "B", "a", "aa", "c d", "é", "É", "", "_", .null, ["y", "x"], [], 7]
        var contents: [(String, String?)] = []
        for number in 0..<60 {
            var spec: JSONObject = ["lifecycle": "x", "owner": "team", "definition": "d"]
            spec["type"] = ["a", "b"][Int.random(in: 0...1, using: &random)]
            for key in ["one", "two", "three"] where Int.random(in: 0...2, using: &random) > 0 {
                spec[key] = texts[Int.random(in: texts.indices, using: &random)]
            }
            let entity: JSONObject = [
                "apiVersion": "backstage.io/v1alpha1", "kind": number.isMultiple(of: 3) ? "API" : "Component",
                "metadata": ["name": .string("n\(number)")], "spec": .object(spec),
            ]
            contents.append(("l\(number)", JSONValue.object(entity).text()))
        }
        try await scene.apply(contents)
        return try await scene.rows("SELECT ref, document FROM entity").map { row in
            (try #require(row["ref"]?.stringValue), try #require(row["document"]?.objectValue))
        }
    }

    /// The first value of a field as it is compared; nil: none.
    private static func value(_ field: String, _ document: JSONObject) -> [UInt8]? {
        SearchTokens.rows(of: document).first { $0.key == field.lowercased() && $0.value != nil }?.value
            .map { Array($0.utf8) }
    }

    /// What Backstage's reference says, worked out in memory.
    private static func expected(_ entities: Entities, _ order: [OrderField]) -> [String] {
        let keyed = entities.map { entity in (entity.ref, order.map { value($0.field, entity.document) }) }
        return keyed.sorted { left, right in
            for (place, field) in order.enumerated() {
                guard left.1[place] != right.1[place] else { continue }
                guard let one = left.1[place] else { return false }
                guard let other = right.1[place] else { return true }
                return one.lexicographicallyPrecedes(other) == (field.direction == .ascending)
            }
            return left.0 < right.0
        }.map(\.0)
    }

    @Test("are those of sorting in memory, whatever the fields, directions, filter, offset and limit")
    func random() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 31)
            let entities = try await Self.fill(scene, &random)
            for _ in 0..<300 {
                var query = EntityQuery()
                query.order = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                    OrderField(
                        field: Self.fields[Int.random(in: Self.fields.indices, using: &random)],
                        direction: Bool.random(using: &random) ? .ascending : .descending)
                }
                let filters: [EntityFilter?] = [
                    nil, .match(key: "kind", values: ["api"]), .match(key: "spec.type", values: ["a"]),
                    .not(.match(key: "spec.one", values: nil)),
                ]
                query.filter = filters[Int.random(in: filters.indices, using: &random)]
                query.offset = [0, 0, 1, 17, 59, 60, .max][Int.random(in: 0...6, using: &random)]
                query.limit = [nil, 1, 7, 100][Int.random(in: 0...3, using: &random)]
                let matching = entities.filter { entity in
                    query.filter?.matches(Set(SearchTokens.tokens(of: SearchTokens.rows(of: entity.document)))) ?? true
                }
                let all = Self.expected(matching, query.order).dropFirst(query.offset)
                let refs = try await scene.catalog.orderedRefs(query)
                #expect(refs == Array(all.prefix(query.limit ?? .max)), "\(query)")
            }
        }
    }

    @Test("by more fields than anybody sorts by are refused; one that repeats counts once")
    func bounded() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            var query = EntityQuery()
            query.order = (0..<2_000).map { OrderField(field: $0 % 2 == 0 ? "spec.a" : "SPEC.A") }
            #expect(try await scene.catalog.orderedRefs(query) == ["component:default/shop"])
            query.order = (0..<16).map { OrderField(field: "spec.a\($0)") }
            #expect(try await scene.catalog.orderedRefs(query) == ["component:default/shop"])
            query.order.append(OrderField(field: "spec.type"))
            await #expect(throws: CatalogInputError.self) { try await scene.catalog.orderedRefs(query) }
        }
    }
}
