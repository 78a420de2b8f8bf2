import Base
import Catalog
import TestSupport
import Testing

@testable import Store

/// Texts that are in more values than are looked up one by one are looked for in the entities.
@Suite("Texts in very many values", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CatalogManyValuesTests {
    /// An entity with what is asked of it, as it was written.
    private struct Item {
        let ref: String
        /// Nil for every seventh.
        let note: String?
        let list: [String]
        let type: String
    }

    private static let items: [Item] = (0..<2_400).map { number in
        let isComponent = !number.isMultiple(of: 6)
        let name = "n\(10_000 + number * 7919 % 2_400)"
        return Item(
            ref: "\(isComponent ? "component" : "resource"):default/\(name)",
            note: number.isMultiple(of: 7) ? nil : "Note \(number % 2 == 0 ? "even" : "odd") \(number * 31 % 2_400)",
            list: number.isMultiple(of: 4) ? [] : ["l\(number)", "m\(number % 9)"], type: ["a", "b", "c"][number % 3])
    }

    private static func document(_ item: Item) -> JSONValue {
        let parts = item.ref.split(separator: "/")
        var spec: JSONObject = ["type": .string(item.type), "lifecycle": "x", "owner": "team"]
        spec["note"] = item.note.map(JSONValue.string)
        spec["list"] = item.list.isEmpty ? nil : .array(item.list.map(JSONValue.string))
        return [
            "apiVersion": "backstage.io/v1alpha1", "kind": item.ref.hasPrefix("c") ? "Component" : "Resource",
            "metadata": ["name": .string(String(parts[1]))], "spec": .object(spec),
        ]
    }

    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene in
            try await scene.apply("all", items.map { document($0).text() }.joined(separator: "\n---\n"))
            try await body(scene)
        }
    }

    /// Each page's refs in order; the total must be right on the first.
    private static func walk(_ scene: Scene, _ query: EntityQuery, total: Int) async throws -> [String] {
        var page = try await scene.catalog.query(query)
        #expect(page.totalItems == total)
        var refs = page.items.map(\.ref)
        while let cursor = page.next, refs.count <= items.count {
            var next = EntityQuery()
            next.cursor = cursor
            next.limit = query.limit
            page = try await scene.catalog.query(next)
            refs += page.items.map(\.ref)
        }
        return refs
    }

    private static let isComponent = EntityFilter.match(key: "kind", values: ["component"])
    private static let isA = EntityFilter.match(key: "spec.type", values: ["a"])

    private static let texts: [(fields: [String], term: String, holds: @Sendable (Item) -> Bool)] = [
        (["spec.note"], "note", { $0.note != nil }), (["spec.note"], "EVEN", { $0.note?.contains("even") ?? false }),
        (["spec.list"], "l", { !$0.list.isEmpty }), (["spec.list"], "1", { $0.list.contains { $0.contains("1") } }),
        (
            ["spec.note", "spec.list"], "2",
            { $0.note?.contains("2") ?? false || $0.list.contains { $0.contains("2") } }
        ),
        (["metadata.name"], "n1", { _ in true }),
    ]

    private static let filters: [(filter: EntityFilter?, holds: @Sendable (Item) -> Bool)] = [
        (nil, { _ in true }), (isComponent, { $0.ref.hasPrefix("c") }),
        (.allOf([isComponent, isA]), { $0.ref.hasPrefix("c") && $0.type == "a" }),
        (.not(isA), { $0.type != "a" }),
        (.prefix(key: "spec.note", "note odd"), { $0.note?.hasPrefix("Note odd") ?? false }),
        (
            .allOf([isComponent, .not(.prefix(key: "spec.note", "NOTE"))]),
            { $0.ref.hasPrefix("c") && $0.note == nil }
        ),
        (
            .anyOf([.not(.prefix(key: "metadata.name", "n1")), .allOf([isA, .prefix(key: "spec.list", "l")])]),
            { $0.type == "a" && !$0.list.isEmpty }
        ),
    ]

    @Test("a text finds what it finds in memory, with every filter, in every order, page by page")
    func fullText() async throws {
        try await Self.with { scene async throws in
            for text in Self.texts {
                for filter in Self.filters {
                    let found = Self.items.filter { text.holds($0) && filter.holds($0) }
                    for order in [
                        nil, OrderField(field: "spec.note"), OrderField(field: "spec.type", direction: .descending),
                    ] {
                        var query = EntityQuery()
                        query.filter = filter.filter
                        query.fullText = FullTextFilter(term: text.term, fields: text.fields)
                        query.order = order.map { [$0] } ?? []
                        query.limit = 700
                        let expected = Self.refs(found, order)
                        let what = "\(text.term) \(filter.filter?.json.text() ?? "all") \(order?.field ?? "")"
                        #expect(try await Self.walk(scene, query, total: expected.count) == expected, "\(what)")
                    }
                }
            }
        }
    }

    private static func refs(_ items: [Item], _ order: OrderField?) -> [String] {
        let ranked = items.compactMap { item -> (String, String)? in
            switch order?.field {
            case nil: ("", item.ref)
            case "spec.type": (item.type, item.ref)
            default: item.note.map { ($0.lowercased(), item.ref) }
            }
        }
        let sorted = ranked.sorted { $0 < $1 }.map(\.1)
        return order?.direction == .descending ? sorted.reversed() : sorted
    }

    @Test("facets count the same as in memory, with every filter")
    func facets() async throws {
        try await Self.with { scene async throws in
            for filter in Self.filters {
                let found = Self.items.filter(filter.holds)
                let facets = try await scene.catalog.facets(["spec.type", "spec.list", "kind"], filter: filter.filter)
                let actual = facets.mapValues { values in
                    Dictionary(uniqueKeysWithValues: values.map { ($0.value, Int($0.count)) })
                }
                let what = "\(filter.filter?.json.text() ?? "all")"
                #expect(actual["spec.type"] ?? [:] == Self.counts(found.map(\.type)), "\(what)")
                #expect(actual["spec.list"] ?? [:] == Self.counts(found.flatMap(\.list)), "\(what)")
                let kinds = found.map { $0.ref.hasPrefix("c") ? "Component" : "Resource" }
                #expect(actual["kind"] ?? [:] == Self.counts(kinds), "\(what)")
            }
        }
    }

    private static func counts(_ values: [String]) -> [String: Int] {
        values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
