import Base
import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Paging through stored entities", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogPagingTests {
    /// Entities n00…, each with one of few ranks, or none: `rank` is what they are ordered by.
    private static func fill(_ scene: Scene, count: Int, seed: UInt64) async throws -> [(ref: String, rank: String?)] {
        var random = SeededRandom(seed: seed)
        let ranks: [String?] = [nil, "b", "B", "a", "aa", "c d", "é", "É", "", "Z", "_"]
        var entities: [(ref: String, rank: String?)] = []
        var texts: [(String, String?)] = []
        for number in 0..<count {
            let rank = ranks[Int.random(in: ranks.indices, using: &random)]
            let name = "n\(number < 10 ? "0" : "")\(number)"
            texts.append((name, component(name, rank.map { "  rank: '\($0)'" } ?? "  none: 1")))
            entities.append(("component:default/\(name)", rank))
        }
        try await scene.apply(texts)
        return entities
    }

    private static func expected(_ entities: [(ref: String, rank: String?)], _ order: OrderField?) -> [String] {
        guard let order else { return entities.map(\.ref).sorted() }
        let ranked = entities.compactMap { entity in entity.rank.map { (Array($0.lowercased().utf8), entity.ref) } }
        let sorted = ranked.sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
        return order.direction == .ascending ? sorted : sorted.reversed()
    }

    private static func next(_ scene: Scene, _ cursor: QueryCursor, limit: Int) async throws -> EntityPage {
        var query = EntityQuery()
        query.cursor = try QueryCursor(decoding: cursor.encoded)
        query.limit = limit
        return try await scene.catalog.query(query)
    }

    @Test(
        "walking forward and back visits each entity once, in order, with ties and whatever the page's size",
        arguments: [nil, OrderField(field: "spec.rank"), OrderField(field: "Spec.Rank", direction: .descending)])
    func walking(order: OrderField?) async throws {
        try await Scene.with { scene in
            let entities = try await Self.fill(scene, count: 40, seed: 12)
            let expected = Self.expected(entities, order)
            for limit in [1, 2, 3, 7, 39, 40, 41, 1_000] {
                var query = EntityQuery()
                query.order = order.map { [$0] } ?? []
                query.limit = limit
                var page = try await scene.catalog.query(query)
                #expect(page.previous == nil)
                var visited: [[String]] = [page.items.map(\.ref)]
                while let cursor = page.next, visited.count < 100 {
                    page = try await Self.next(scene, cursor, limit: limit)
                    #expect(page.totalItems == expected.count)
                    visited.append(page.items.map(\.ref))
                }
                #expect(visited.flatMap { $0 } == expected, "limit \(limit)")
                #expect(visited.allSatisfy { !$0.isEmpty && $0.count <= limit })
                var back = [page.items.map(\.ref)]
                while let cursor = page.previous, back.count < 100 {
                    page = try await Self.next(scene, cursor, limit: limit)
                    back.append(page.items.map(\.ref))
                }
                #expect(back.reversed().flatMap { $0 } == expected, "back, limit \(limit)")
                // And forward again from wherever the way back ended.
                while let cursor = page.next, back.count < 200 {
                    page = try await Self.next(scene, cursor, limit: limit)
                    back.append(page.items.map(\.ref))
                }
                #expect(page.items.last?.ref == expected.last)
            }
        }
    }

    @Test("a cursor carries filter, text and total, and finds its place when entities came and went")
    func changesMeanwhile() async throws {
        try await Scene.with { scene in
            try await scene.apply(
                ["a", "b", "c", "d", "e"].map { ($0, component($0, "  keep: yes")) } + [("x", component("x"))])
            var query = EntityQuery()
            query.filter = .match(key: "spec.keep", values: ["yes"])
            query.limit = 2
            let first = try await scene.catalog.query(query)
            #expect(first.totalItems == 5 && first.items.map(\.ref) == ["component:default/a", "component:default/b"])
            try await scene.apply([
                ("b", nil), ("aa", component("aa", "  keep: yes")), ("bb", component("bb", "  keep: yes")),
            ])
            let second = try await Self.next(scene, try #require(first.next), limit: 2)
            #expect(second.items.map(\.ref) == ["component:default/bb", "component:default/c"])
            #expect(second.totalItems == 5)
        }
    }

    @Test("limit, offset and total")
    func limits() async throws {
        try await Scene.with { scene in
            let entities = try await Self.fill(scene, count: 10, seed: 13)
            func page(_ limit: Int?, _ offset: Int) async throws -> EntityPage {
                var query = EntityQuery()
                query.limit = limit
                query.offset = offset
                return try await scene.catalog.query(query)
            }
            let none = try await page(0, 0)
            #expect(none.items.isEmpty && none.totalItems == 10 && none.next == nil && none.previous == nil)
            let all = entities.map(\.ref)
            #expect(try await page(nil, 0).items.map(\.ref) == all)
            #expect(try await page(nil, 7).items.map(\.ref) == Array(all[7...]))
            #expect(try await page(3, 7).items.map(\.ref) == Array(all[7...]))
            #expect(try await page(3, 7).next == nil)
            #expect(try await page(2, 7).next != nil)
            for (limit, offset) in [(5, 10), (5, 1_000), (5, Int.max)] {
                let beyond = try await page(limit, offset)
                #expect(beyond.items.isEmpty && beyond.totalItems == 10 && beyond.next == nil && beyond.previous == nil)
            }
            #expect(try await page(.max, 0).items.count == 10)
            #expect(try await page(.max, .max).items.isEmpty)
            #expect(try await page(3, -1).items.count == 3)
        }
    }

    @Test("entities without the order field are left out, also from the total")
    func withoutField() async throws {
        try await Scene.with { scene in
            let entities = try await Self.fill(scene, count: 30, seed: 14)
            var query = EntityQuery()
            query.order = [OrderField(field: "spec.rank"), OrderField(field: "metadata.name", direction: .descending)]
            let page = try await scene.catalog.query(query)
            #expect(page.totalItems == entities.filter { $0.rank != nil }.count && page.totalItems < 30)
            #expect(page.items.map(\.ref) == Self.expected(entities, query.order.first))
            query.order = [OrderField(field: "spec.nowhere")]
            #expect(try await scene.catalog.query(query).totalItems == 0)
        }
    }

    @Test(
        "text is looked for in the given fields, in any letter case, and is no pattern",
        arguments: [
            ("SHOP", ["metadata.name"], ["shop", "workshop"]), ("  shop ", ["metadata.name"], ["shop", "workshop"]),
            ("%", ["metadata.title"], ["odd"]),
            ("_", ["metadata.title"], ["odd"]), ("é", ["metadata.title"], ["accent"]),
            ("É", ["METADATA.TITLE"], ["accent"]),
            ("shop", ["metadata.title"], []), ("shop", ["spec.nowhere"], []),
            ("o", ["metadata.title", "spec.list"], ["odd", "workshop"]),
            ("", ["metadata.name"], ["accent", "odd", "shop", "workshop"]),
            (" \t\n", [], ["accent", "odd", "shop", "workshop"]),
            ("metadata.name=shop", ["metadata.name"], []), ("'; --", ["metadata.title"], []), ("x", [], []),
        ])
    func fullText(term: String, fields: [String], names: [String]) async throws {
        try await Scene.with { scene in
            try await scene.apply([
                ("a", component("shop")), ("b", component("workshop", "  list: [one, two]")),
                ("c", component("odd").replacing("name: odd", "name: odd\n  title: 100% o_O")),
                ("d", component("accent").replacing("name: accent", "name: accent\n  title: ÉTÉ")),
            ])
            var query = EntityQuery()
            query.fullText = FullTextFilter(term: term, fields: fields)
            #expect(try await scene.catalog.query(query).items.map(\.ref) == names.map { "component:default/\($0)" })
        }
    }

    @Test("without fields, text is looked for in the order field, else in the uid")
    func fullTextDefaults() async throws {
        try await Scene.with { scene in
            try await scene.apply([("a", component("shop")), ("b", component("cart"))])
            var query = EntityQuery()
            query.order = [OrderField(field: "metadata.name")]
            query.fullText = FullTextFilter(term: "ar")
            #expect(try await scene.catalog.query(query).items.map(\.ref) == ["component:default/cart"])
            let uid = try #require(try await scene.document("component:default/shop")?["metadata"]?["uid"]?.stringValue)
            query.order = []
            query.fullText = FullTextFilter(term: String(uid.suffix(12)))
            #expect(try await scene.catalog.query(query).items.map(\.ref) == ["component:default/shop"])
        }
    }

    @Test("a cursor that a client made up is refused or answered, never an error of the database")
    func forged() async throws {
        try await Scene.with { scene in
            try await scene.apply("a", component("shop"))
            let values: [[String?]] = [["x"], [nil], ["x", "y"], [nil, nil], ["'", "\\\""]]
            for position in values {
                for orders in [
                    [], [OrderField(field: "spec.type")], [OrderField(field: "'\"\\"), OrderField(field: "b")],
                ] {
                    for isPrevious in [false, true] {
                        var query = EntityQuery()
                        query.cursor = QueryCursor(
                            orderFields: orders, orderFieldValues: position, isPrevious: isPrevious)
                        query.limit = 5
                        do {
                            _ = try await scene.catalog.query(query)
                        } catch let error as CatalogInputError {
                            #expect(error.code == .cursor && position.count != (orders.isEmpty ? 1 : 2))
                        }
                    }
                }
            }
        }
    }
}
