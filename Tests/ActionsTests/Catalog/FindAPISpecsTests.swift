import Actions
import Base
import Store
import TestSupport
import Testing

@Suite("catalog:find-api-specs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct FindAPISpecsTests {
    private static let id = "catalog:find-api-specs"

    private static func api(_ name: String, _ definition: String, description: String = "") -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: API
        metadata: {name: \(name), description: '\(description)'}
        spec:
          type: openapi
          lifecycle: production
          owner: payments
          definition: '\(definition)'

        """
    }

    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene async throws in
            let apis = [
                api("orders", "paths: {/orders/{orderId}: {post: {operationId: createOrder}}}"),
                api("stock", "paths: {/items: {get: {operationId: listItems}}}", description: "What is in stock"),
                api("refunds", "message RefundOrder { string order_id = 1; }"),
            ]
            try await scene.define(apis.joined(separator: "---\n"), location: "file:apis.yaml")
            try await body(scene)
        }
    }

    @Test(
        "finds words, their beginnings and the parts of names, in any letter case; all must be there",
        arguments: [
            ("createOrder", ["orders"]), ("CREATE", ["orders"]), ("order", ["orders", "refunds"]),
            ("order id", ["orders", "refunds"]), ("/orders/{orderId}", ["orders"]), ("refund message", ["refunds"]),
            ("stock", ["stock"]), ("items create", []), ("tock", []), ("shop", []), ("i's & | ! (items)", ["stock"]),
            ("'items':*", ["stock"]),
        ])
    func words(text: String, names: [String]) async throws {
        try await Self.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["queryString": .string(text)])
            #expect(Set(texts(answer["apis"], "name")) == Set(names))
            #expect(answer["totals"]?["apis"] == .int(Int64(names.count)))
        }
    }

    @Test("shows where a word stands, and nothing when it is not in the definition")
    func excerpt() async throws {
        try await Self.with { scene async throws in
            let hit = try await scene.invoke(Self.id, ["queryString": "createorder"])["apis"]
            #expect(hit?.arrayValue?.isEmpty == true, "joined words are not parts of a name")
            let found = try await scene.invoke(Self.id, ["queryString": "create"])["apis"]?[0]
            #expect(found?["excerpt"]?.stringValue?.contains("createOrder") == true)
            #expect(found?["ownerRef"] == "group:default/payments")
            #expect(try await scene.invoke(Self.id, ["queryString": "stock"])["apis"]?[0]?["excerpt"] == .null)
        }
    }

    @Test("a definition that changes is found by its new words alone, and one that goes by none")
    func changes() async throws {
        try await Self.with { scene async throws in
            try await scene.define(Self.api("orders", "paths: {/parcels: {}}"), location: "file:apis.yaml")
            func names(_ text: String) async throws -> [String] {
                texts(try await scene.invoke(Self.id, ["queryString": .string(text)])["apis"], "name")
            }
            #expect(try await names("parcels") == ["orders"])
            #expect(try await names("createOrder") == [])
            #expect(try await names("stock") == [])
        }
    }

    @Test("very long definitions are stored, and found by their beginning; pages follow each other")
    func long() async throws {
        try await Scene.with { scene async throws in
            let many = (0..<60_000).map { "word\($0)" }.joined(separator: " ")
            let apis = (0..<3).map { Self.api("long\($0)", "beginning \(many) ending") }
            try await scene.define(apis.joined(separator: "---\n"), location: "file:long.yaml")
            let first = try await scene.invoke(Self.id, ["queryString": "beginning", "limit": 2])
            #expect(texts(first["apis"], "name").count == 2 && first["totals"]?["apis"] == 3)
            let next = try await scene.invoke(
                Self.id, ["queryString": "beginning", "limit": 2, "cursor": first["nextCursor"] ?? .null])
            #expect(texts(next["apis"], "name").count == 1 && next["nextCursor"] == nil)
            #expect(try await scene.invoke(Self.id, ["queryString": "ending"])["totals"]?["apis"] == 0)
        }
    }

    @Test("a text without a letter or digit, and a place too far on, are refused")
    func refusals() async throws {
        try await Self.with { scene async throws in
            #expect(
                try await scene.refusal(Self.id, ["queryString": "/{}"])?.message.contains("letters or digits") == true)
            #expect(try await scene.refusal(Self.id, ["queryString": ""])?.kind == .input)
            #expect(try await scene.refusal(Self.id, ["queryString": "a", "cursor": "501"])?.kind == .input)
        }
    }
}
