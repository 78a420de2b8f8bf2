import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("The index of the catalog", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogIndexTests {
    private static let texts = ["x", "X", "y", "é", "e\u{301}", "Y z", ""]

    /// A component, or an API, whose spec has random values, lists, nulls and gaps.
    private static func entity(_ number: Int, _ random: inout SeededRandom) -> String {
        func text() -> JSONValue { .string(texts[Int.random(in: texts.indices, using: &random)]) }
        var spec: JSONObject = ["type": text(), "lifecycle": "x", "owner": "team", "definition": "d"]
        spec["type"] = ["a", "A", "b"][Int.random(in: 0...2, using: &random)]
        for key in ["one", "two", "three"] {
            switch Int.random(in: 0...4, using: &random) {
            case 0: break
            case 1: spec[key] = .null
            case 2: spec[key] = .array((0..<Int.random(in: 0...3, using: &random)).map { _ in text() })
            case 3: spec[key] = .array([.null, text()])
            default: spec[key] = text()
            }
        }
        let kind: JSONValue = number.isMultiple(of: 3) ? "API" : "Component"
        return JSONValue.object([
            "apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": ["name": .string("n\(number)")],
            "spec": .object(spec),
        ]).text()
    }

    /// Writes, rewrites and removes entities at random.
    private static func step(_ scene: Scene, _ random: inout SeededRandom) async throws {
        var batch: [(String, String?)] = []
        for number in 0..<12 where Int.random(in: 0...2, using: &random) == 0 {
            batch.append(("l\(number)", Int.random(in: 0...3, using: &random) == 0 ? nil : entity(number, &random)))
        }
        try await scene.apply(batch)
    }

    /// What the index must hold, worked out from the documents as they are served: `kind key value original first`.
    private static func expected(_ scene: Scene) async throws -> [String] {
        var lines: [String] = []
        for item in try await scene.rows("SELECT ref, document FROM entity") {
            guard let ref = item["ref"]?.stringValue, let document = item["document"]?.objectValue else { continue }
            var seen: Set<String> = []
            for row in SearchTokens.rows(of: document) {
                guard let value = row.value, let original = row.originalValue else { continue }
                lines.append("\(ref) \(row.key) [\(value)] [\(original)] \(seen.insert(row.key).inserted)")
            }
        }
        return lines.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private static func actual(_ scene: Scene) async throws -> [String] {
        try await scene.rows(
            """
            SELECT p.ref || ' ' || k.key || ' [' || t.value || '] [' || t.original || '] ' || p.is_first::text AS line
            FROM entity_posting p JOIN entity_term t ON t.id = p.term JOIN entity_key k ON k.id = t.key_id
            """
        ).compactMap { $0["line"]?.stringValue }.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// Counts that differ from a recount, terms and keys that nothing has, and rows that differ from the postings.
    private static func discrepancies(_ scene: Scene) async throws -> [JSONValue] {
        try await scene.rows(
            """
            SELECT 'term' AS what, t.id FROM entity_term t
            WHERE entities = 0 OR entities <> (SELECT count(*) FROM entity_posting p WHERE p.term = t.id)
            UNION ALL SELECT 'key', k.id FROM entity_key k LEFT JOIN (
                SELECT u.k, count(DISTINCT ref) AS present, count(DISTINCT ref) FILTER (WHERE u.t <> 0) AS valued,
                    count(*) FILTER (WHERE u.t <> 0) AS postings
                FROM entity_index, unnest(terms, keys) u (t, k) GROUP BY u.k) c ON c.k = k.id
            WHERE (k.present, k.valued, k.postings) IS DISTINCT FROM (c.present::int, c.valued::int, c.postings::int)
            UNION ALL SELECT 'posting', p.term FROM entity_posting p
                FULL JOIN (SELECT ref, unnest(terms) AS term FROM entity_index) i USING (ref, term)
            WHERE (p.ref IS NULL OR i.ref IS NULL) AND term <> 0
            UNION ALL SELECT 'entity', 0 FROM entity e FULL JOIN entity_index i USING (ref)
            WHERE e.ref IS NULL OR i.ref IS NULL
            """)
    }

    @Test("after a random history, index and counts are what a recount gives", arguments: 0..<4)
    func history(seed: Int) async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: UInt64(seed) + 40)
            for _ in 0..<12 {
                try await Self.step(scene, &random)
                #expect(try await Self.discrepancies(scene).isEmpty)
                #expect(try await Self.actual(scene) == Self.expected(scene))
            }
            #expect(try await !Self.actual(scene).isEmpty)
        }
    }

    @Test("facets and totals answered from counts equal those of the entities themselves")
    func countsEqualRecount() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 77)
            for _ in 0..<6 { try await Self.step(scene, &random) }
            let kinds: [EntityFilter?] = [
                nil, .match(key: "kind", values: ["component"]), .match(key: "KIND", values: ["API", "Component"]),
                .match(key: "spec.type", values: ["a"]), .match(key: "spec.one", values: nil),
                .allOf([.match(key: "kind", values: ["api"]), .not(.match(key: "spec.type", values: ["a"]))]),
            ]
            for filter in kinds {
                var expected: [String: Int64] = [:]
                var query = EntityQuery()
                query.filter = filter
                let page = try await scene.catalog.query(query)
                #expect(page.totalItems == page.items.count)
                for item in page.items {
                    let document = try #require(try JSONValue(parsing: item.document).objectValue)
                    for row in SearchTokens.rows(of: document) where ["spec.one", "spec.type"].contains(row.key) {
                        if let original = row.originalValue { expected["\(row.key) \(original)", default: 0] += 1 }
                    }
                }
                var actual: [String: Int64] = [:]
                for (name, values) in try await scene.catalog.facets(["spec.one", "spec.type"], filter: filter) {
                    for value in values { actual["\(name) \(value.value)", default: 0] += value.count }
                }
                #expect(actual == expected, "\(filter?.json.text() ?? "all")")
            }
        }
    }

    @Test("a change of the order of a list alone changes by which value the entity is sorted")
    func firstValue() async throws {
        try await Scene.with { scene in
            func order() async throws -> [String] {
                var query = EntityQuery()
                query.order = [OrderField(field: "spec.list")]
                return try await scene.catalog.query(query).items.map(\.ref)
            }
            try await scene.apply([("a", component("a", "  list: [m, z]")), ("b", component("b", "  list: [n]"))])
            #expect(try await order() == ["component:default/a", "component:default/b"])
            try await scene.apply("a", component("a", "  list: [z, m]"))
            #expect(try await order() == ["component:default/b", "component:default/a"])
        }
    }

    @Test("walking while rows change visits every entity that stays exactly once", arguments: [nil, "spec.type"])
    func walkingWhileChanging(order: String?) async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 5)
            let types = ["a", "b", "c"]
            let staying = (0..<30).map { number in
                (
                    "s\(number)",
                    Optional(component("s\(number)").replacing("type: service", "type: \(types[number % 3])"))
                )
            }
            try await scene.apply(staying)
            var query = EntityQuery()
            query.order = order.map { [OrderField(field: $0)] } ?? []
            query.limit = 4
            var page = try await scene.catalog.query(query)
            var visited = page.items.map(\.ref)
            while let cursor = page.next, visited.count < 500 {
                try await Self.step(scene, &random)
                var next = EntityQuery()
                next.cursor = cursor
                next.limit = 4
                page = try await scene.catalog.query(next)
                visited += page.items.map(\.ref)
            }
            let stayed = visited.filter { $0.hasPrefix("component:default/s") }
            #expect(stayed.count == 30 && Set(stayed).count == 30)
            #expect(Set(visited).count == visited.count)
        }
    }

    @Test("the migration takes over what the arrays of texts held")
    func takingOver() async throws {
        try await Scene.with { scene in
            var random = SeededRandom(seed: 91)
            for _ in 0..<4 { try await Self.step(scene, &random) }
            try await scene.apply("odd", component("odd", "  'a=b%': [1, null]\n  'n=': null"))
            let before = try await Self.actual(scene)
            var arrays: [JSONValue] = []
            for item in try await scene.rows("SELECT ref, document FROM entity") {
                let rows = SearchTokens.rows(of: item["document"]?.objectValue ?? [:])
                var search = JSONObject()
                for row in rows where row.originalValue != nil {
                    search[row.key] = .array(
                        (search[row.key]?.arrayValue ?? []) + [row.originalValue.map(JSONValue.string) ?? .null])
                }
                arrays.append([
                    "ref": item["ref"] ?? .null, "search": .object(search),
                    "tokens": .array(SearchTokens.tokens(of: rows).map(JSONValue.string)),
                ])
            }
            let script = try #require(Migrator.migrations.first { $0.name == "catalog_index" })
            try await scene.catalog.pool.run { [arrays] session in
                try session.runScript(
                    """
                    DROP TABLE entity_index, entity_posting, entity_term, entity_key;
                    ALTER TABLE entity ADD tokens text[] NOT NULL DEFAULT '{}', ADD search jsonb NOT NULL DEFAULT '{}';
                    """)
                try session.run(
                    """
                    UPDATE entity e SET tokens = r.tokens, search = r.search
                    FROM jsonb_to_recordset($1::jsonb) AS r(ref text, tokens text[], search jsonb) WHERE e.ref = r.ref
                    """, [.json(.array(arrays))])
                try session.transaction { try session.runScript(String(decoding: script.script, as: UTF8.self)) }
            }
            #expect(try await Self.actual(scene) == before)
            #expect(try await Self.discrepancies(scene).isEmpty)
        }
    }
}
