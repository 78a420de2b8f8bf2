import Base
import TestSupport
import Testing

private func names(_ json: JSONValue) -> [String] { json["items"]?.entityNames ?? [] }

@Suite("POST /entities/by-query", .serialized, .enabled(if: TestDatabase.isAvailable))
struct PredicateQueryTests {
    private static let path = "/api/catalog/entities/by-query"

    @Test("answers what the predicate, the order, the text and the page ask for")
    func parameters() async throws {
        let cases: [(JSONValue, [String], Int64)] = [
            ([:], ["a", "b", "c", "d", "e", "shop", "team"], 7),
            (["query": ["kind": "Component", "spec.type": "SERVICE"]], ["c", "d", "e"], 3),
            (["query": ["kind": ["$in": ["group", "api"]]]], ["team"], 1),
            (["query": ["$not": ["kind": "component"]]], ["team"], 1), (["query": ["$not": [:]]], [], 0),
            (["query": ["$any": []]], [], 0), (["query": ["$all": []], "limit": 1], ["a"], 7),
            (["query": ["metadata.title": ["$exists": true]]], ["shop"], 1),
            (["query": ["metadata.name": ["$hasPrefix": "SH"]]], ["shop"], 1),
            (
                [
                    "query": ["relations": ["$contains": ["type": "ownedBy", "targetRef": "group:default/team"]]],
                    "limit": 0,
                ],
                [], 6
            ),
            (["limit": 2, "offset": 5], ["shop", "team"], 7),
            (
                ["orderBy": [["field": "metadata.name", "order": "desc"]], "query": ["spec.type": "library"]],
                ["b", "a"], 2
            ),
            (["orderBy": [["field": "metadata.title"]]], ["shop"], 1),
            (["fullTextFilter": ["term": " SHO", "fields": ["metadata.title"]]], ["shop"], 1),
            (["totalItems": "exclude", "limit": 1], ["a"], 0), (["totalItems": "include", "limit": 1], ["a"], 7),
        ]
        try await Service.with { service async throws in
            for (body, expected, total) in cases {
                let answer = try await service.client.send("POST", Self.path, body: body)
                #expect(answer.status == 200, "\(body.text())")
                #expect(names(answer.json) == expected, "\(body.text())")
                #expect(answer.json["totalItems"] == .int(total), "\(body.text())")
            }
        }
    }

    @Test("the cursor leads on with the same predicate, and only limit and fields are read beside it")
    func cursor() async throws {
        try await Service.with { service async throws in
            let first = try await service.client.send(
                "POST", Self.path, body: ["query": ["$not": ["kind": "group"]], "limit": 4])
            let cursor = try #require(first.json["pageInfo"]?["nextCursor"])
            let next = try await service.client.send(
                "POST", Self.path,
                body: ["cursor": cursor, "limit": 9, "query": ["kind": "group"], "fields": ["metadata.name"]])
            #expect(next.json["items"] == [["metadata": ["name": "e"]], ["metadata": ["name": "shop"]]])
            #expect(next.json["totalItems"] == 6)
            let text = try #require(cursor.stringValue).replacing("+", with: "%2B").replacing("=", with: "%3D")
            #expect(names(try await service.client.get("\(Self.path)?cursor=\(text)").json) == ["e", "shop"])
        }
    }

    @Test("what is not counted once is not counted on later pages either, unless they ask")
    func excluded() async throws {
        try await Service.with { service async throws in
            let first = try await service.client.get("\(Self.path)?limit=2&totalItems=exclude")
            #expect(first.json["totalItems"] == 0)
            let cursor = try #require(first.json["pageInfo"]?["nextCursor"])
            for (body, total) in [
                (["cursor": cursor, "totalItems": "exclude"], 0), (["cursor": cursor], 7),
            ] as [(JSONValue, JSONValue)] {
                #expect(try await service.client.send("POST", Self.path, body: body).json["totalItems"] == total)
            }
        }
    }

    @Test("a body that cannot be meant is refused, saying what is wrong")
    func refused() async throws {
        let cases: [(JSONValue, String)] = [
            ([], "request/body must be object"), (["limit": "2"], "request/body/limit must be integer"),
            (["limit": -1], "request/body/limit must be >= 0"),
            (["offset": 0.5], "request/body/offset must be integer"),
            (["filter": "kind=api"], "request/body must NOT have additional properties: filter"),
            (["cursor": ""], "Cursor cannot be empty"), (["cursor": 1], "request/body/cursor must be string"),
            (["cursor": "x"], "Malformed cursor: could not be parsed"),
            (["query": []], "Query must be an object"), (["query": "kind=api"], "Query must be an object"),
            (
                ["query": ["a": nil]],
                "Invalid query: query.a: expected a string, number or boolean, or one of $exists, $in, $hasPrefix, $contains"
            ),
            (["query": ["$or": []]], "Invalid query: query: unknown operator $or, expected $all, $any or $not"),
            (["query": ["$all": [], "kind": "api"]], "Invalid query: query: an operator stands alone in its object"),
            (["orderBy": [["field": "a", "order": "up"]]], "Invalid order field order, must be asc or desc"),
            (["orderBy": ["a"]], "request/body/orderBy/0 must be {field, order} with the name of a field"),
            (
                ["orderBy": [["field": "a", "by": "b"]]],
                "request/body/orderBy/0 must NOT have additional properties: by"
            ),
            (
                ["fullTextFilter": ["text": "a"]],
                "request/body/fullTextFilter must NOT have additional properties: text"
            ),
            (
                ["fullTextFilter": ["term": "a", "fields": ["\0"]]],
                "request/body: the full text filter has the character U+0000"
            ),
            (["cursor": "x", "query": []], "Query must be an object"),
            (["fields": "kind"], "request/body/fields must be array"),
            (["fields": [1]], "request/body/fields/0 must be string"),
            (["fields": ["a[0]"]], "Invalid field \"a[0]\", array type fields are not supported"),
            (
                ["fullTextFilter": ["term": 1]],
                "request/body/fullTextFilter must be {term: string, fields: [string]}"
            ),
            (
                ["totalItems": "no"],
                "request/body/totalItems must be equal to one of the allowed values: include, exclude"
            ),
        ]
        try await Service.with { service async throws in
            for (body, message) in cases {
                let answer = try await service.client.send("POST", Self.path, body: body)
                #expect(answer.json == errorBody(400, "InputError", message, Self.path, method: "POST"))
            }
            for bytes in ["", "{", "kind: api"] {
                let answer = try await service.client.send("POST", Self.path, bytes: Array(bytes.utf8))
                #expect(answer.status == 400, "\(bytes)")
                #expect(answer.json["error"]?["message"]?.stringValue?.hasPrefix("request/body must be JSON") == true)
            }
            #expect(
                try await service.client.get("\(Self.path)?fullTextFilterTerm=%00").json["error"]?["message"]
                    == "request/query: the full text filter has the character U+0000")
            #expect(
                try await service.client.get("\(Self.path)?cursor=x&offset=a").json["error"]?["message"]
                    == "request/query/offset must be integer")
            #expect(
                try await service.client.get("\(Self.path)?totalItems=no").json["error"]?["message"]
                    == "request/query/totalItems must be equal to one of the allowed values: include, exclude")
        }
    }
}

@Suite("POST /entity-facets", .serialized, .enabled(if: TestDatabase.isAvailable))
struct PredicateFacetTests {
    private static let path = "/api/catalog/entity-facets"

    @Test("counts the values among the entities that match the predicate")
    func counts() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send(
                "POST", Self.path,
                body: ["facets": ["spec.Type", "none"], "query": ["metadata.name": ["$in": ["a", "b", "c", "shop"]]]])
            #expect(
                answer.json == [
                    "facets": [
                        "spec.Type": [
                            ["value": "library", "count": 2], ["value": "Website", "count": 1],
                            ["value": "service", "count": 1],
                        ], "none": [],
                    ]
                ])
        }
    }

    @Test(
        "a body without facets, or with a wrong predicate, is refused",
        arguments: [
            ([:], "Missing facet parameter"), (["facets": []], "Missing facet parameter"),
            (["facets": [""]], "Missing facet parameter"), (["facets": "kind"], "request/body/facets must be array"),
            (["facets": ["kind"], "query": 1], "Query must be an object"),
            (["facet": ["kind"]], "request/body must NOT have additional properties: facet"),
        ] as [(JSONValue, String)])
    func refused(body: JSONValue, message: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: body)
            #expect(answer.json == errorBody(400, "InputError", message, Self.path, method: "POST"))
        }
    }
}

@Suite("POST /entities/by-refs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ByRefsTests {
    private static let path = "/api/catalog/entities/by-refs"
    private static let preface =
        "Malformed request body (did you remember to specify an application/json content type?), "

    @Test("order, length and repetition are kept; what is unknown, filtered out or no ref is null")
    func order() async throws {
        try await Service.with { service async throws in
            let refs: JSONValue = [
                "component:default/b", "nothing", "component:default/none", "group:default/team", "Component:b", "",
                "component:default/a", "component:default/b",
            ]
            let all = try await service.client.send("POST", Self.path, body: ["entityRefs": refs, "fields": ["kind"]])
            let (c, g) = (["kind": "Component"] as JSONValue, ["kind": "Group"] as JSONValue)
            #expect(all.json == ["items": [c, nil, nil, g, c, nil, c, c]])
            let some = try await service.client.send(
                "POST", "\(Self.path)?filter=metadata.name=b,kind=component&fields=metadata.name",
                body: ["entityRefs": refs, "fields": ["kind"], "query": ["kind": "component"]])
            let b: JSONValue = ["metadata": ["name": "b"], "kind": "Component"]
            #expect(some.json == ["items": [b, nil, nil, nil, b, nil, nil, b]])
            #expect(try await service.client.send("POST", Self.path, body: ["entityRefs": []]).json == ["items": []])
        }
    }

    @Test("documents come as they are stored")
    func whole() async throws {
        try await Service.with { service async throws in
            let one = try await service.client.get("/api/catalog/entities/by-name/component/default/shop")
            let same = try await service.client.send(
                "POST", Self.path, body: ["entityRefs": ["component:default/shop"]])
            #expect(same.text == #"{"items":[\#(one.text)]}"#)
        }
    }

    @Test(
        "a malformed body is refused in Backstage's words",
        arguments: [
            ([], "request/body must be object"), ([:], "request/body must have required property 'entityRefs'"),
            (["entityRefs": "a"], "request/body/entityRefs must be array"),
            (["entityRefs": ["a", 1]], "request/body/entityRefs/1 must be string"),
            (["entityRefs": [], "filter": "x"], "request/body must NOT have additional properties: filter"),
        ] as [(JSONValue, String)])
    func refused(body: JSONValue, message: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: body)
            #expect(answer.json == errorBody(400, "InputError", Self.preface + message, Self.path, method: "POST"))
        }
    }
}
