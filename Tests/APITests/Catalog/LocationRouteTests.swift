import API
import Base
import Catalog
import Store
import TestSupport
import Testing

private let path = "/api/catalog/locations"

private func location(_ name: String) -> JSONValue {
    ["type": "url", "target": .string("https://example.com/\(name).yaml")]
}

private func text(_ name: String) -> String { "url:https://example.com/\(name).yaml" }

@Suite("Locations over REST", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LocationRouteTests {
    @Test("a location is registered, listed, found by id, changed and removed")
    func life() async throws {
        try await Service.with { service async throws in
            let created = try await service.client.send("POST", path, body: location("a"))
            #expect(created.status == 201)
            let id = try #require(created.json["location"]?["id"]?.stringValue)
            let ref = try LocationRef(parsing: text("a"))
            let shown: JSONValue = [
                "id": .string(id), "type": "url", "target": "https://example.com/a.yaml",
                "entityRef": .string(ref.entityRef.canonical),
            ]
            #expect(created.json == ["location": shown, "entities": []])
            #expect(try await service.client.get(path).json == [["data": shown]])
            #expect(try await service.client.get("\(path)/\(id)").json == shown)
            let changed = try await service.client.send("PUT", "\(path)/\(id)", body: location("b"))
            #expect(changed.status == 200)
            #expect(changed.json["id"] == .string(id))
            #expect(changed.json["target"] == "https://example.com/b.yaml")
            let removed = try await service.client.send("DELETE", "\(path)/\(id)")
            #expect((removed.status, removed.text) == (204, ""))
            for method in ["GET", "DELETE", "PUT"] {
                let answer = try await service.client.send(
                    method, "\(path)/\(id)", body: method == "PUT" ? location("b") : nil)
                #expect(
                    answer.json
                        == errorBody(
                            404, "NotFoundError", "Found no location with ID \(id)", "\(path)/\(id)", method: method))
            }
            #expect(try await service.client.get(path).json == [])
        }
    }

    @Test("a place that is registered already is a conflict, or is read again when that is asked")
    func conflict() async throws {
        try await Service.with { service async throws in
            let first = try await service.client.send("POST", path, body: location("a"))
            let second = try await service.client.send("POST", "\(path)?onConflict=reject", body: location("b"))
            let message = "Location \(text("a")) already exists"
            for (method, target) in [
                ("POST", path), ("POST", "\(path)?onConflict=reject"),
                ("PUT", "\(path)/\(second.json["location"]?["id"]?.stringValue ?? "")"),
            ] {
                let answer = try await service.client.send(method, target, body: location("a"))
                let url = String(target.prefix { $0 != "?" })
                #expect(answer.json == errorBody(409, "ConflictError", message, url, method: method))
            }
            let ref = try LocationRef(parsing: text("a"))
            try await Service.define(
                JSONValue.object(ref.entity).text(), location: ref.registrationKey, in: service.store)
            let again = try await service.client.send("POST", "\(path)?onConflict=refresh", body: location("a"))
            #expect(again.status == 201)
            #expect(again.json == ["location": first.json["location"] ?? nil, "entities": [], "exists": true])
            #expect(try await service.store.catalog.takeRequests()?.map(\.location) == [ref.registrationKey])
        }
    }

    @Test(
        "what cannot be registered is refused, saying why",
        arguments: [
            ([], "Malformed request: request/body must be object"),
            (["type": "url"], "Malformed request: request/body must have required property 'target'"),
            (["target": "https://h"], "Malformed request: request/body must have required property 'type'"),
            (["type": 1, "target": "https://h"], "Malformed request: request/body/type must be string"),
            (
                ["type": "url", "target": "https://h", "name": "x"],
                "Malformed request: request/body must NOT have additional properties: name"
            ),
            (
                ["type": "url", "target": "https://h", "presence": "maybe"],
                "Malformed request: request/body/presence must be equal to one of the allowed values: required, optional"
            ),
            (["type": "file", "target": "/etc"], "Registered locations must be of an allowed type [\"url\"]"),
            (
                ["type": "url", "target": "javascript:alert(1)"],
                "Invalid location ref 'url:javascript:alert(1)', target is a javascript: URL"
            ),
            (
                ["type": "url", "target": "a/b.yaml"],
                "Malformed request: request/body/target must be an absolute URL without spaces, user and password, of at most 2000 bytes"
            ),
            (
                ["type": "url", "target": .string("https://h/" + String(repeating: "x", count: 2_000))],
                "Malformed request: request/body/target must be an absolute URL without spaces, user and password, of at most 2000 bytes"
            ),
        ] as [(JSONValue, String)])
    func refused(body: JSONValue, message: String) async throws {
        try await Service.with { service async throws in
            let id = "\(path)/00000000-0000-0000-0000-000000000000"
            for (method, target) in [("POST", path), ("PUT", id)] {
                let answer = try await service.client.send(method, target, body: body)
                #expect(answer.json == errorBody(400, "InputError", message, target, method: method))
            }
            #expect(try await service.client.get(path).json == [])
        }
    }

    @Test("flags and choices of the query take their words alone")
    func words() async throws {
        try await Service.with { service async throws in
            for (query, message) in [
                ("dryRun=maybe", "request/query/dryRun must be boolean"),
                (
                    "onConflict=replace",
                    "request/query/onConflict must be equal to one of the allowed values: refresh, reject"
                ),
            ] {
                let answer = try await service.client.send("POST", "\(path)?\(query)", body: location("a"))
                #expect(answer.json == errorBody(400, "InputError", message, path, method: "POST"))
            }
            for word in ["false", "NO", "0", "off"] {
                let answer = try await service.client.send("POST", "\(path)?dryRun=\(word)", body: location(word))
                #expect(answer.status == 201 && answer.json["exists"] == nil, "\(word)")
            }
        }
    }

    @Test("in read-only mode locations are read and tried out, and nothing more")
    func readOnly() async throws {
        var configuration = CatalogAPIConfiguration()
        configuration.isReadOnly = true
        configuration.readURL = { _ in Array(Service.entity("new", type: "service").utf8) }
        try await Service.with(catalog: configuration) { service async throws in
            let id = "\(path)/00000000-0000-0000-0000-000000000000"
            for (method, target) in [("POST", path), ("PUT", id), ("DELETE", id)] {
                let answer = try await service.client.send(
                    method, target, body: method == "DELETE" ? nil : location("a"))
                let message = "This operation not allowed in readonly mode"
                #expect(answer.json == errorBody(403, "NotAllowedError", message, target, method: method))
            }
            #expect(try await service.client.get(path).json == [])
            let tried = try await service.client.send("POST", "\(path)?dryRun=true", body: location("a"))
            #expect(tried.status == 201)
        }
    }

    @Test("the location that brought an entity is found through its origin, in its own letter case")
    func byEntity() async throws {
        try await Service.with { service async throws in
            let created = try await service.client.send("POST", path, body: location("MixedCase"))
            let place = text("MixedCase")
            try await Service.define(Service.entity("led", type: "service"), location: place, in: service.store)
            let answer = try await service.client.get("\(path)/by-entity/Component/default/LED")
            #expect(answer.json == created.json["location"])
            try await Service.define(
                Service.entity("other", type: "service"), location: text("elsewhere"), in: service.store)
            for (name, message) in [
                ("none", "found no entity for ref component:default/none"),
                ("shop", "Found no location with type file and target catalog.yaml"),
                ("other", "Found no location with type url and target https://example.com/elsewhere.yaml"),
            ] {
                let url = "\(path)/by-entity/component/default/\(name)"
                #expect(try await service.client.get(url).json == errorBody(404, "NotFoundError", message, url))
            }
        }
    }
}

@Suite("POST /locations/by-query", .serialized, .enabled(if: TestDatabase.isAvailable))
struct LocationQueryTests {
    private static let byQuery = "\(path)/by-query"

    @Test("pages lead on by cursor with the same predicate")
    func pages() async throws {
        try await Service.with { service async throws in
            for name in ["a", "b", "c", "d"] { _ = try await service.client.send("POST", path, body: location(name)) }
            let query: JSONValue = ["$not": ["target": "https://example.com/d.yaml"]]
            let first = try await service.client.send("POST", Self.byQuery, body: ["limit": 2, "query": query])
            #expect(first.json["totalItems"] == 3)
            let cursor = try #require(first.json["pageInfo"]?["nextCursor"])
            let last = try await service.client.send(
                "POST", Self.byQuery, body: ["cursor": cursor, "query": ["type": "file"]])
            #expect(last.json["pageInfo"] == [:])
            #expect(last.json["totalItems"] == 3)
            let items = [first, last].flatMap { $0.json["items"]?.arrayValue ?? [] }
            #expect(
                Set(items.compactMap { $0["target"]?.stringValue })
                    == Set(["a", "b", "c"].map { "https://example.com/\($0).yaml" }))
            #expect(items.count == 3)
            let all = try await service.client.send("POST", Self.byQuery, body: [:])
            #expect(all.json["items"]?.arrayValue?.count == 4)
        }
    }

    @Test(
        "what cannot be meant is refused",
        arguments: [
            (["limit": 0], "Limit must be a positive integer >= 1"),
            (["limit": "2"], "Limit must be a positive integer >= 1"), (["cursor": ""], "Cursor cannot be empty"),
            (["cursor": "?"], "Malformed cursor, unknown encoding"),
            (
                ["cursor": .string(LocationCursor(limit: 1, afterID: "", query: nil).encoded), "query": 1],
                "Query must be an object"
            ),
            (["cursor": "e30="], "Malformed cursor: limit is missing or invalid"),
            (["query": []], "Query must be an object"),
            (["query": ["$or": []]], "Invalid query: query: unknown operator $or, expected $all, $any or $not"),
            (["offset": 1], "request/body must NOT have additional properties: offset"),
        ] as [(JSONValue, String)])
    func refused(body: JSONValue, message: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.byQuery, body: body)
            #expect(answer.json == errorBody(400, "InputError", message, Self.byQuery, method: "POST"))
        }
    }
}
