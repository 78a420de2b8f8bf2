import Base
import TestSupport
import Testing

@testable import Store

@Suite("The old list in an order", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityListOrderTests {
    private static let path = "/api/catalog/entities"

    /// Every fifth entity has a title, so that most are without.
    private static func with(_ body: @Sendable (Service) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            let texts = (0..<250).map { number in
                Service.entity(
                    name(number), type: number % 2 == 0 ? "library" : "service",
                    title: number % 5 == 0 ? "T\(number % 3)" : nil)
            }
            try await Service.define(texts.joined(separator: "---\n"), in: store)
            try await Service.with(store, body)
        }
    }

    private static func name(_ number: Int) -> String { "n\(1_000 + number)" }

    /// By title downwards, those without one last; then by type upwards; then by name.
    private static let query = "order=desc:metadata.title&order=asc:spec.type&fields=metadata.name"
    private static let expected = (0..<250).sorted { left, right in
        func rank(_ number: Int) -> [Int] { [number % 5 == 0 ? -(number % 3) : 1, number % 2, number] }
        return rank(left).lexicographicallyPrecedes(rank(right))
    }.map(name)

    @Test("keeps entities without the field, last, and counts each field in turn, sent as a whole")
    func whole() async throws {
        try await Self.with { service async throws in
            let answer = try await service.client.get("\(Self.path)?\(Self.query)")
            #expect(answer.headers["Transfer-Encoding"] == "chunked")
            #expect(answer.json.entityNames == Self.expected)
            let rest = try await service.client.get("\(Self.path)?\(Self.query)&offset=245")
            #expect(rest.json.entityNames == Array(Self.expected[245...]))
        }
    }

    @Test("gives the same in pages, the last of which has no link", arguments: [100, 125])
    func pages(limit: Int) async throws {
        try await Self.with { service async throws in
            var target: String? = "\(Self.path)?\(Self.query)&limit=\(limit)"
            var names: [String] = []
            var count = 0
            while let next = target {
                let answer = try await service.client.get(next)
                names += answer.json.entityNames
                count += 1
                target = answer.headers["Link"].flatMap {
                    $0.dropFirst().split(separator: ">").first.map(String.init)
                }
                try #require(count < 5)
            }
            #expect(names == Self.expected && count == (250 + limit - 1) / limit)
        }
    }

    @Test("shows those who may see nothing an empty list, with and without a limit", arguments: ["", "&limit=5"])
    func permission(limit: String) async throws {
        try await Self.with { service async throws in
            let blind = service.client(Service.catalogToken(["catalog.entity.delete"]))
            let answer = try await blind.get("\(Self.path)?\(Self.query)\(limit)")
            #expect(answer.status == 200 && answer.json == [])
        }
    }

    @Test("HEAD of the whole list reads no documents", arguments: ["", "?order=asc:metadata.name"])
    func head(query: String) async throws {
        try await Self.with { service async throws in
            try await service.store.catalog.pool.run { try $0.runScript("ALTER TABLE entity RENAME TO hidden") }
            let whole = try await service.client.get(Self.path + query)
            #expect(whole.status == 503)
            let answer = try await service.client.send("HEAD", Self.path + query)
            #expect(answer.status == 200 && answer.body.isEmpty)
            #expect(try await service.client.send("HEAD", "\(Self.path)?order=up:x").status == 400)
        }
    }
}
