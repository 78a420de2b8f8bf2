import Actions
import Base
import TestSupport
import Testing

@Suite("catalog:get-entity-api-specs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityAPISpecsTests {
    private static let id = "catalog:get-entity-api-specs"

    @Test("gives the APIs of an entity with what they are to it")
    func roles() async throws {
        let cases: [(String, apis: [String], roles: [JSONValue])] = [
            ("lending", ["api:default/loans", "api:default/stock"], [["consumed", "provided"], ["consumed"]]),
            ("api:lending", ["api:default/lending"], [["self"]]), ("library", ["api:default/loans"], [["part"]]),
            ("books", ["api:default/lending", "api:default/loans"], [["owned"], ["owned"]]), ("shelf", [], []),
        ]
        try await Bookshop.with { scene async throws in
            for (ref, apis, roles) in cases {
                let answer = try await scene.invoke(Self.id, ["entityRef": .string(ref)])
                #expect(texts(answer["apis"], "entityRef") == apis, "\(ref)")
                #expect(answer["apis"]?.arrayValue?.compactMap { $0["roles"] } == roles, "\(ref)")
                #expect(answer["totals"]?["apis"] == .int(Int64(apis.count)))
            }
        }
    }

    @Test("a definition comes whole, an API that the catalog does not have without one")
    func definition() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "lending"])
            let loans = answer["apis"]?[0]
            #expect(loans?["definition"] == "openapi: 3.1.0 … größer" && loans?["isTruncated"] == false)
            #expect(loans?["definitionCharacters"] == 23 && loans?["type"] == "openapi")
            let stock = answer["apis"]?[1]
            #expect(stock?["exists"] == false && stock?["definition"] == .null)
            #expect(answer["totals"] == ["apis": 2, "missing": 1])
        }
    }

    @Test("a long definition is read part by part")
    func parts() async throws {
        try await Bookshop.with { scene async throws in
            var read = ""
            for start in stride(from: 0, through: 20, by: 10) {
                let answer = try await scene.invoke(
                    Self.id,
                    ["entityRef": "api:loans", "maximumCharacters": 10, "firstCharacter": .int(Int64(start))])
                read += answer["apis"]?[0]?["definition"]?.stringValue ?? ""
                #expect(answer["apis"]?[0]?["isTruncated"] == .bool(start < 20))
            }
            #expect(read == "openapi: 3.1.0 … größer")
            let list = try await scene.invoke(Self.id, ["entityRef": "api:loans", "maximumCharacters": 0])
            #expect(list["apis"]?[0]?["definition"] == .null && list["apis"]?[0]?["definitionCharacters"] == 23)
            #expect(list["apis"]?[0]?["isTruncated"] == true)
        }
    }

    @Test("pages by reference")
    func pages() async throws {
        try await Bookshop.with { scene async throws in
            let first = try await scene.invoke(Self.id, ["entityRef": "books", "limit": 1])
            #expect(texts(first["apis"], "entityRef") == ["api:default/lending"])
            let cursor = try #require(first["nextCursor"])
            let second = try await scene.invoke(Self.id, ["entityRef": "books", "limit": 1, "cursor": cursor])
            #expect(texts(second["apis"], "entityRef") == ["api:default/loans"] && second["nextCursor"] == nil)
        }
    }
}
