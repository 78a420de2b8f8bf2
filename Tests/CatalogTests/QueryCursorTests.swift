import Base
import Catalog
import TestSupport
import Testing

@Suite("query cursors")
struct QueryCursorTests {
    @Test("a cursor is base64 of the known JSON")
    func golden() throws {
        var cursor = QueryCursor(
            orderFields: [OrderField(field: "metadata.name", direction: .descending)],
            orderFieldValues: ["shop", "id-1"])
        cursor.filter = .match(key: "kind", values: ["component"])
        cursor.fullTextFilter = FullTextFilter(term: "x", fields: ["metadata.title"])
        cursor.firstSortFieldValues = [nil, "id-0"]
        cursor.totalItems = 7
        cursor.query = ["kind": "API"]
        let json = try JSONValue(parsing: try #require(Base64.decode(cursor.encoded)))
        #expect(
            json.text()
                == #"{"orderFields":[{"field":"metadata.name","order":"desc"}],"orderFieldValues":["shop","id-1"],"#
                + #""isPrevious":false,"filter":{"key":"kind","values":["component"]},"query":{"kind":"API"},"#
                + #""fullTextFilter":{"term":"x","fields":["metadata.title"]},"firstSortFieldValues":[null,"id-0"],"#
                + #""totalItems":7}"#)
        #expect(try QueryCursor(decoding: cursor.encoded) == cursor)
    }

    @Test("a cursor is read back as it was")
    func roundTrip() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<500 {
            var cursor = QueryCursor(
                orderFields: Bool.random(using: &random)
                    ? [] : [OrderField(field: random.text(of: "a.é", lengths: 1...5))],
                orderFieldValues: Bool.random(using: &random)
                    ? [random.text(of: "x\"\n", lengths: 0...4)] : [nil, "i"],
                isPrevious: Bool.random(using: &random))
            if Bool.random(using: &random) { cursor.totalItems = Int.random(in: 0...1_000_000, using: &random) }
            if Bool.random(using: &random) { cursor.fullTextFilter = FullTextFilter(term: "t") }
            if Bool.random(using: &random) { cursor.filter = .not(.anyOf([.match(key: "k", values: [])])) }
            #expect(try QueryCursor(decoding: cursor.encoded) == cursor)
        }
    }

    @Test("missing padding is accepted")
    func padding() throws {
        let cursor = QueryCursor(orderFields: [], orderFieldValues: ["abc"])
        let bare = String(cursor.encoded.prefix { $0 != "=" })
        #expect(try QueryCursor(decoding: bare) == cursor)
    }

    @Test(
        "what is no cursor is refused, saying why",
        arguments: [
            (#""#, "could not be parsed"), (#"{"#, "could not be parsed"),
            (#"[]"#, "orderFields is missing or invalid"),
            (#"{"orderFields":[]}"#, "orderFieldValues is missing or invalid"),
            (
                #"{"orderFields":[{"field":"a"}],"orderFieldValues":["x"],"isPrevious":true}"#,
                "orderFields is missing or invalid"
            ),
            (#"{"orderFields":[{"field":"a","order":"up"}]}"#, "orderFields is missing or invalid"),
            (#"{"orderFields":[],"orderFieldValues":[],"isPrevious":true}"#, "orderFieldValues is missing or invalid"),
            (#"{"orderFields":[],"orderFieldValues":[1],"isPrevious":true}"#, "orderFieldValues is missing or invalid"),
            (
                #"{"orderFields":[],"orderFieldValues":["a","b","c"],"isPrevious":true}"#,
                "orderFieldValues is missing or invalid"
            ),
            (#"{"orderFields":[],"orderFieldValues":["a"]}"#, "isPrevious is missing or invalid"),
            (#"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":1}"#, "isPrevious is missing or invalid"),
            (#"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"filter":{}}"#, "filter is invalid"),
            (#"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"query":"x"}"#, "query is invalid"),
            (
                #"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"fullTextFilter":{"fields":[]}}"#,
                "fullTextFilter is invalid"
            ),
            (
                #"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"fullTextFilter":{"term":"x","fields":[1]}}"#,
                "fullTextFilter is invalid"
            ),
            (
                #"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"totalItems":-1}"#,
                "totalItems is invalid"
            ),
            (
                #"{"orderFields":[],"orderFieldValues":["a"],"isPrevious":true,"totalItems":1.5}"#,
                "totalItems is invalid"
            ),
            (#"{"orderFields":[],"orderFieldValues":["a\u0000"],"isPrevious":true}"#, "has the character U+0000"),
        ])
    func malformed(json: String, reason: String) {
        #expect(throws: CatalogInputError(.cursor, "Malformed cursor: \(reason)")) {
            try QueryCursor(decoding: Base64.encode(Array(json.utf8)))
        }
    }

    @Test("random texts are refused without failing", arguments: ["%%%", "a", "=", "e30", "\0", "💥"])
    func garbage(text: String) {
        #expect(throws: CatalogInputError.self) { try QueryCursor(decoding: text) }
    }

    @Test("a cursor that was cut or changed is read or refused, never worse")
    func damaged() throws {
        var random = SeededRandom(seed: 8)
        let bytes = Array(
            QueryCursor(orderFields: [OrderField(field: "a")], orderFieldValues: ["x", "y"]).encoded.utf8)
        for _ in 0..<2_000 {
            var damaged = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            if let index = damaged.indices.randomElement(using: &random) {
                damaged[index] = random.next() & 1 == 0 ? 65 : 120
            }
            _ = try? QueryCursor(decoding: String(decoding: damaged, as: UTF8.self))
        }
    }
}

@Suite("order fields")
struct OrderFieldTests {
    @Test("by-query orders default to ascending")
    func byQuery() throws {
        #expect(try OrderField(byQuery: "metadata.name") == OrderField(field: "metadata.name"))
        #expect(try OrderField(byQuery: "a,asc") == OrderField(field: "a", direction: .ascending))
        #expect(try OrderField(byQuery: "a,desc") == OrderField(field: "a", direction: .descending))
    }

    @Test("a wrong direction is refused", arguments: ["a,", "a,up", "a,ASC"])
    func wrongDirection(text: String) {
        #expect(throws: CatalogInputError(.order, "Invalid order field order, must be asc or desc")) {
            try OrderField(byQuery: text)
        }
    }

    @Test("an order without field is refused", arguments: ["", " ", ",asc"])
    func noField(text: String) {
        #expect(throws: CatalogInputError.self) { try OrderField(byQuery: text) }
    }

    @Test("orders of /entities name their direction first, and colons stay in the field")
    func entities() throws {
        #expect(try OrderField(entities: "asc:a") == OrderField(field: "a", direction: .ascending))
        #expect(try OrderField(entities: "desc:a:b") == OrderField(field: "a:b", direction: .descending))
    }

    @Test("other orders of /entities are refused", arguments: ["", "a", "asc", "asc:", "up:a", ":a"])
    func wrongEntities(text: String) {
        let message = "Invalid order parameter \"\(text)\", expected \"<asc or desc>:<field name>\""
        #expect(throws: CatalogInputError(.order, message)) { try OrderField(entities: text) }
    }
}
