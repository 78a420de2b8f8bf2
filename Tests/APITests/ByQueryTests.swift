import Base
import TestSupport
import Testing

@Suite("GET /entities/by-query", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ByQueryTests {
    private static let path = "/api/catalog/entities/by-query"

    /// A cursor as a client sends it back.
    private static func encoded(_ cursor: String) -> String {
        cursor.replacing("+", with: "%2B").replacing("/", with: "%2F").replacing("=", with: "%3D")
    }

    @Test("gives items, their number and no cursors when all fit on one page")
    func all() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get(Self.path)
            #expect(answer.json["items"]?.entityNames.count == 7)
            #expect(answer.json["totalItems"] == 7)
            #expect(answer.json["pageInfo"] == [:])
            #expect(answer.json.objectValue?.keys == ["items", "totalItems", "pageInfo"])
        }
    }

    @Test(
        "cursors lead forward to the end and back to the beginning", arguments: ["", "&orderField=metadata.name,desc"])
    func cursors(order: String) async throws {
        try await Service.with { service async throws in
            let first = try await service.client.get(
                "\(Self.path)?limit=3&filter=kind=component&fields=metadata.name\(order)")
            var pages = [first.json]
            while let cursor = pages.last?["pageInfo"]?["nextCursor"]?.stringValue, pages.count < 5 {
                pages.append(
                    try await service.client.get("\(Self.path)?limit=3&cursor=\(Self.encoded(cursor))").json)
            }
            let names = ["a", "b", "c", "d", "e", "shop"]
            let expected = order.isEmpty ? names : names.reversed()
            #expect(pages.map { $0["items"]?.entityNames } == [Array(expected.prefix(3)), Array(expected.suffix(3))])
            #expect(pages.allSatisfy { $0["totalItems"] == 6 })
            #expect(pages[0]["pageInfo"]?["prevCursor"] == nil)
            #expect(pages[1]["pageInfo"]?["nextCursor"] == nil)
            let back = try #require(pages[1]["pageInfo"]?["prevCursor"]?.stringValue)
            let again = try await service.client.get("\(Self.path)?limit=3&cursor=\(Self.encoded(back))").json
            #expect(again["items"]?.entityNames == Array(expected.prefix(3)))
            #expect(again["pageInfo"]?["prevCursor"] == nil)
            let forward = try #require(again["pageInfo"]?["nextCursor"]?.stringValue)
            let last = try await service.client.get("\(Self.path)?limit=2&cursor=\(Self.encoded(forward))").json
            #expect(last["items"]?.entityNames == Array(expected.dropFirst(3).prefix(2)))
        }
    }

    @Test("with a cursor only limit and fields are read")
    func cursorWins() async throws {
        try await Service.with { service async throws in
            let first = try await service.client.get("\(Self.path)?limit=1&filter=spec.type=library")
            let cursor = Self.encoded(try #require(first.json["pageInfo"]?["nextCursor"]?.stringValue))
            let next = try await service.client.get(
                "\(Self.path)?cursor=\(cursor)&filter=kind=group&offset=50&orderField=x,up&fields=kind")
            #expect(next.json["items"] == [["kind": "Component"]])
            #expect(next.json["totalItems"] == 2)
        }
    }

    @Test("filters, text, offset and limits")
    func parameters() async throws {
        let cases: [(String, [String], Int64)] = [
            ("filter=spec.type=service&limit=2", ["c", "d"], 3), ("limit=0", [], 7), ("offset=6", ["team"], 7),
            ("limit=1000000", ["a", "b", "c", "d", "e", "shop", "team"], 7),
            ("limit=9223372036854775807", ["a", "b", "c", "d", "e", "shop", "team"], 7),
            ("fullTextFilterTerm=%20SHO&fullTextFilterFields=metadata.title,metadata.name", ["shop"], 1),
            ("fullTextFilterTerm=sh%25p&fullTextFilterFields=metadata.name", [], 0),
            ("orderField=metadata.title", ["shop"], 1), ("filter=kind=nothing", [], 0),
        ]
        try await Service.with { service async throws in
            for (query, names, total) in cases {
                let answer = try await service.client.get("\(Self.path)?\(query)")
                #expect(answer.json["items"]?.entityNames == names, "\(query)")
                #expect(answer.json["totalItems"] == .int(total), "\(query)")
            }
        }
    }

    @Test("refuses what it does not understand, in Backstage's words")
    func input() async throws {
        let cases = [
            ("limit=x", "request/query/limit must be integer"), ("limit=-1", "request/query/limit must be >= 0"),
            ("offset=x", "request/query/offset must be integer"), ("offset=-1", "request/query/offset must be >= 0"),
            ("cursor=", "Cursor cannot be empty"), ("cursor=x", "Malformed cursor: could not be parsed"),
            ("cursor=W10%3D", "Malformed cursor: orderFields is missing or invalid"),
            (
                "cursor=eyJvcmRlckZpZWxkcyI6W10sIm9yZGVyRmllbGRWYWx1ZXMiOlsiYSIsImIiXSwiaXNQcmV2aW91cyI6ZmFsc2V9",
                "Malformed cursor: orderFieldValues does not fit orderFields"
            ),
            ("orderField=metadata.name,up", "Invalid order field order, must be asc or desc"),
            ("fields=a[0]", "Invalid field \"a[0]\", array type fields are not supported"),
        ]
        try await Service.with { service async throws in
            for (query, message) in cases {
                let answer = try await service.client.get("\(Self.path)?\(query)")
                #expect(answer.json == errorBody(400, "InputError", message, Self.path), "\(query)")
                #expect(answer.status == 400)
            }
        }
    }
}

@Suite("GET /entity-facets", .serialized, .enabled(if: TestDatabase.isAvailable))
struct FacetTests {
    private static let path = "/api/catalog/entity-facets"

    @Test("counts the values in their own letter case, under the names that were asked for")
    func values() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get(
                "\(Self.path)?facet=spec.type&facet=Kind&facet=no.such&facet=Kind&filter=kind=component")
            let facets = try #require(answer.json["facets"])
            #expect(facets.objectValue?.keys == ["spec.type", "Kind", "no.such"])
            #expect(facets["Kind"] == [["value": "Component", "count": 6]])
            #expect(facets["no.such"] == [])
            #expect(
                facets["spec.type"]
                    == [
                        ["value": "service", "count": 3], ["value": "library", "count": 2],
                        ["value": "Website", "count": 1],
                    ])
        }
    }

    @Test("without a facet there is nothing to count", arguments: ["", "?facet=", "?facet=&facet=", "?facets=kind"])
    func missing(query: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get(Self.path + query)
            #expect(answer.json == errorBody(400, "InputError", "Missing facet parameter", Self.path))
        }
    }
}
