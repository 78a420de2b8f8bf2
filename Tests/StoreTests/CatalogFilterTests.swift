import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Filtering stored entities", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogFilterTests {
    private static let keys = [
        "spec.a", "spec.B", "spec.c=d", "spec.e%", "spec.é", "metadata.tags", "spec.type", "kind", "spec.nowhere",
        "SPEC.A",
    ]
    private static let values = [
        "", "x", "X", "xy", "y=z", "%", "_", "é", "É", "'", "\"", "\\", ",", "{}", "NULL", "1", "true", "component",
    ]

    /// A component with random members of `spec`: scalars and lists that meet each other's values often.
    private static func entity(_ number: Int, _ random: inout SeededRandom) -> String {
        var spec: JSONObject = ["type": "service", "lifecycle": "x", "owner": "team"]
        for key in ["a", "B", "c=d", "e%", "é"] {
            switch Int.random(in: 0...4, using: &random) {
            case 0: break
            case 1: spec[key] = .null
            case 2:
                spec[key] = .array(
                    (0..<Int.random(in: 0...3, using: &random)).map { _ in .string(pick(values, &random)) })
            case 3: spec[key] = Bool.random(using: &random) ? 1 : true
            default: spec[key] = .string(pick(values, &random))
            }
        }
        let document: JSONValue = [
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "spec": .object(spec),
            "metadata": ["name": "n\(number)", "tags": Bool.random(using: &random) ? ["x"] : ["xy", "x"]],
        ]
        return document.text()
    }

    private static func pick(_ list: [String], _ random: inout SeededRandom) -> String {
        list[Int.random(in: list.indices, using: &random)]
    }

    private static func filter(depth: Int, _ random: inout SeededRandom) -> EntityFilter {
        func list() -> [EntityFilter] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in filter(depth: depth - 1, &random) }
        }
        let key = pick(keys, &random)
        switch Int.random(in: 0...(depth > 0 ? 6 : 3), using: &random) {
        case 0: return .match(key: key, values: nil)
        case 1, 2:
            return .match(
                key: key, values: (0..<Int.random(in: 0...3, using: &random)).map { _ in pick(values, &random) })
        case 3: return .prefix(key: key, pick(values, &random))
        case 4: return .allOf(list())
        case 5: return .anyOf(list())
        default: return .not(filter(depth: depth - 1, &random))
        }
    }

    /// What a query gives, all pages together.
    private static func refs(_ scene: Scene, _ filter: EntityFilter) async throws -> [String] {
        var query = EntityQuery()
        query.filter = filter
        let page = try await scene.catalog.query(query)
        #expect(page.totalItems == page.items.count)
        return page.items.map(\.ref)
    }

    @Test("on random entities, SQL finds exactly what the filter in memory finds, for a thousand random filters")
    func agreement() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 11)
            let texts = (0..<60).map { ("l\($0)", Optional(Self.entity($0, &random))) }
            try await scene.apply(texts)
            var tokens: [(ref: String, tokens: Set<String>)] = []
            for item in try await scene.catalog.query(EntityQuery()).items {
                let document = try #require(try JSONValue(parsing: item.document).objectValue)
                tokens.append((item.ref, Set(SearchTokens.tokens(of: SearchTokens.rows(of: document)))))
            }
            #expect(tokens.count == 60)
            var found = 0
            for seed in 0..<1_000 {
                var random = SeededRandom(seed: UInt64(seed))
                let filter = Self.filter(depth: 3, &random)
                let expected = tokens.filter { filter.matches($0.tokens) }.map(\.ref)
                let actual = try await Self.refs(scene, filter)
                #expect(actual == expected, "seed \(seed): \(filter.json.text())")
                found += actual.isEmpty ? 0 : 1
            }
            #expect((200...950).contains(found))
        }
    }

    @Test("facets among what random filters find are those counted in memory")
    func facetAgreement() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 12)
            try await scene.apply((0..<40).map { ("l\($0)", Optional(Self.entity($0, &random))) })
            var entities: [(tokens: Set<String>, rows: [SearchRow])] = []
            for item in try await scene.catalog.query(EntityQuery()).items {
                let rows = SearchTokens.rows(of: try #require(try JSONValue(parsing: item.document).objectValue))
                entities.append((Set(SearchTokens.tokens(of: rows)), rows))
            }
            let names = ["spec.a", "metadata.tags", "kind", "metadata.name"]
            for seed in 0..<300 {
                var random = SeededRandom(seed: UInt64(seed) + 5_000)
                let filter = Self.filter(depth: 3, &random)
                var expected: [String: Int64] = [:]
                for entity in entities where filter.matches(entity.tokens) {
                    for row in entity.rows where names.contains(row.key) {
                        if let value = row.originalValue { expected["\(row.key) \(value)", default: 0] += 1 }
                    }
                }
                var actual: [String: Int64] = [:]
                for (name, values) in try await scene.catalog.facets(names, filter: filter) {
                    for value in values { actual["\(name) \(value.value)", default: 0] += value.count }
                }
                #expect(actual == expected, "seed \(seed): \(filter.json.text())")
            }
        }
    }

    @Test("the filter parameter finds entities by kind, list element, relation and existence")
    func parameters() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a", component("shop", "  tags2: [A, b]")),
                ("b", component("cart", owner: "user:default/Sam", "  note: ''")),
            ])
            let table: [([String], [String])] = [
                (["kind=component"], ["cart", "shop"]), (["KIND=Component,spec.owner"], ["cart", "shop"]),
                (["kind=api"], []),
                (["spec.tags2=a"], ["shop"]), (["spec.tags2.B=true"], ["shop"]), (["spec.note="], ["cart"]),
                (["spec.note"], ["cart"]),
                (["relations.ownedBy=user:default/sam"], ["cart"]), (["metadata.name=SHOP"], ["shop"]),
                (["metadata.name=shop,metadata.name=cart"], ["cart", "shop"]),
                (["metadata.name=shop", "metadata.name=cart"], ["cart", "shop"]),
                (["metadata.name=shop,spec.note"], []), (["metadata.namespace=default"], ["cart", "shop"]),
            ]
            for (parameters, names) in table {
                let filter = try #require(try EntityFilter.parsing(parameters))
                #expect(try await Self.refs(scene, filter) == names.map { "component:default/\($0)" }, "\(parameters)")
            }
        }
    }

    @Test("a deep or wide filter is answered, and one beyond all use is refused as bad input")
    func large() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            var deep = EntityFilter.match(key: "kind", values: ["component"])
            for _ in 0..<120 { deep = .not(.allOf([deep])) }
            #expect(try await Self.refs(scene, deep) == ["component:default/shop"])
            func wide(_ count: Int) -> EntityFilter {
                .anyOf((1..<count).map { .match(key: "k\($0)", values: nil) } + [.match(key: "kind", values: nil)])
            }
            #expect(try await Self.refs(scene, wide(900)) == ["component:default/shop"])
            for filter in [wide(20_000), .match(key: "kind", values: Array(repeating: "x", count: 20_000))] {
                let error = await #expect(throws: CatalogInputError.self) { try await Self.refs(scene, filter) }
                #expect(error?.code == .filter)
                await #expect(throws: CatalogInputError.self) {
                    try await scene.catalog.facets(["kind"], filter: filter)
                }
            }
        }
    }

    @Test("facets count entities by their values as written, the most frequent first")
    func facets() async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a", component("a", "  langs: [Java, Go, java]")), ("b", component("b", "  langs: [Go]\n  size: 3")),
                ("c", component("c", "  langs: []\n  size: null")),
            ])
            func values(_ name: String, _ filter: EntityFilter? = nil) async throws -> [String] {
                try await scene.catalog.facets([name], filter: filter)[name.lowercased()]?.map {
                    "\($0.value) \($0.count)"
                } ?? []
            }
            #expect(try await values("kind") == ["Component 3"])
            #expect(try await values("SPEC.langs") == ["Go 2", "Java 1"])
            #expect(try await values("spec.size") == ["3 1"])
            #expect(try await values("metadata.namespace") == ["default 3"])
            #expect(try await values("relations.ownedBy") == ["group:default/team 3"])
            for name in ["spec.nothing", "", "'", "\\"] { #expect(try await values(name).isEmpty) }
            #expect(try await values("spec.langs", .match(key: "metadata.name", values: ["b", "c"])) == ["Go 1"])
            #expect(try await values("spec.langs", .prefix(key: "metadata.name", "a")) == ["Go 1", "Java 1"])
            let several = try await scene.catalog.facets(
                ["kind", "spec.size"], filter: .not(.match(key: "spec.size", values: ["3"])))
            #expect(several["kind"]?.first?.count == 2 && several["spec.size"] == nil)
        }
    }
}
