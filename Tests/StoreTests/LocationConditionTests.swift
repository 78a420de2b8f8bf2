import Catalog
import TestSupport
import Testing

@testable import Store

@Suite("Predicates on registered locations", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LocationConditionTests {
    private static let targets = [
        "https://h/a.yaml", "https://h/A.yaml", "https://other/Ä.yaml", "https://h/b%_.yaml", "https://x/'quoted'",
    ]

    /// What the filter would find in memory.
    private static func tokens(_ location: RegisteredLocation) -> Set<String> {
        Set(
            [
                ("id", location.id), ("type", location.ref.type), ("target", location.ref.target),
                ("entityRef", location.ref.entityRef.canonical),
            ].flatMap { [SearchTokens.exists($0), SearchTokens.equals($0, $1)] })
    }

    private static func filter(_ random: inout SeededRandom, _ ids: [String], depth: Int = 0) -> EntityFilter {
        let keys = ["id", "type", "TARGET", "entityRef", "other"]
        let values = targets + ids + ["url", "URL", "https://H/a.yaml", "x", ""]
        func key(_ random: inout SeededRandom) -> String { keys.randomElement(using: &random) ?? "" }
        func some(_ random: inout SeededRandom) -> [EntityFilter] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in filter(&random, ids, depth: depth + 1) }
        }
        switch Int.random(in: 0..<(depth > 3 ? 3 : 6), using: &random) {
        case 0: return .match(key: key(&random), values: nil)
        case 1:
            let count = Int.random(in: 0...3, using: &random)
            return .match(
                key: key(&random), values: (0..<count).compactMap { _ in values.randomElement(using: &random) })
        case 2:
            return .prefix(key: key(&random), String((values.randomElement(using: &random) ?? "").prefix(9)))
        case 3: return .allOf(some(&random))
        case 4: return .anyOf(some(&random))
        default: return .not(filter(&random, ids, depth: depth + 1))
        }
    }

    @Test("the database finds what a look at each location would find, page by page")
    func random() async throws {
        try await TestDatabase.withStore { store in
            for target in Self.targets {
                _ = try await store.catalog.register(LocationRef(type: "url", target: target), by: "t")
            }
            let all = try await store.catalog.registeredLocations()
            var random = SeededRandom(seed: 7)
            for _ in 0..<200 {
                let filter = Self.filter(&random, all.map(\.id))
                let expected = all.filter { filter.matches(Self.tokens($0)) }
                let page = try await store.catalog.registeredLocations(matching: filter, after: nil, limit: 2)
                #expect(page.totalItems == expected.count, "\(filter)")
                #expect(page.items == Array(expected.prefix(2)) && page.hasMore == (expected.count > 2), "\(filter)")
                guard let last = page.items.last else { continue }
                let rest = try await store.catalog.registeredLocations(matching: filter, after: last.id, limit: 9)
                #expect(
                    rest.items == Array(expected.dropFirst(2)) && rest.totalItems == expected.count && !rest.hasMore)
            }
            let none = try await store.catalog.registeredLocations(matching: nil, after: "no id", limit: 9)
            #expect(none.items.isEmpty)
        }
    }
}
