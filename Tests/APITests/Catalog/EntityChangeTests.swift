import API
import Base
import Catalog
import Store
import TestSupport
import Testing

@Suite("Ancestry, refresh and removal", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityChangeTests {
    private static let shop = "/api/catalog/entities/by-name/component/default/shop"
    private static let place = LocationRef(type: "url", target: "https://example.com/a.yaml")

    @Test("ancestry begins with the entity, and each names its parents")
    func ancestry() async throws {
        try await Service.with { service async throws in
            try await Service.define(
                JSONValue.object(Self.place.entity).text(), location: Self.place.registrationKey, in: service.store)
            try await Service.define(
                Service.entity("led", type: "service"), location: Self.place.description, in: service.store)
            let path = "/api/catalog/entities/by-name/Component/Default/Led/ancestry"
            let answer = try await service.client.get(path)
            #expect(answer.json["rootEntityRef"] == "component:default/led")
            let parent = JSONValue.string(Self.place.entityRef.canonical)
            #expect(answer.json["items"]?.arrayValue?.map { $0["parentEntityRefs"] } == [[parent], []])
            let names = answer.json["items"]?.arrayValue?.compactMap { $0["entity"]?["metadata"]?["name"]?.stringValue }
            #expect(names == ["led", Self.place.entityRef.name])
            let none = "/api/catalog/entities/by-name/component/default/none/ancestry"
            #expect(
                try await service.client.get(none).json
                    == errorBody(404, "NotFoundError", "No such entity component:default/none", none))
        }
    }

    @Test("a refresh asks for the entity's place and for that of its nearest Location")
    func refresh() async throws {
        try await Service.with { service async throws in
            try await Service.define(
                JSONValue.object(Self.place.entity).text(), location: Self.place.registrationKey, in: service.store)
            try await Service.define(
                Service.entity("led", type: "service"), location: Self.place.description, in: service.store)
            let answer = try await service.client.send(
                "POST", "/api/catalog/refresh", body: ["entityRef": "component:led", "authorizationToken": "secret"])
            #expect((answer.status, answer.text) == (200, ""))
            let taken = try await service.store.catalog.takeRequests()
            #expect(taken?.map(\.location) == [Self.place.registrationKey, Self.place.description])
        }
    }

    @Test(
        "a refresh that names no entity is refused",
        arguments: [
            ([:], 400, "Malformed request: request/body must have required property 'entityRef'"),
            (["entityRef": 1], 400, "Malformed request: request/body/entityRef must be string"),
            (
                ["entityRef": "component:shop", "force": true], 400,
                "Malformed request: request/body must NOT have additional properties: force"
            ),
            (
                ["entityRef": "component:shop", "authorizationToken": 1], 400,
                "Malformed request: request/body/authorizationToken must be string"
            ),
            (
                ["entityRef": "shop"], 400,
                "Entity reference \"shop\" had missing or empty kind (e.g. did not start with \"component:\" or similar)"
            ),
            (["entityRef": "component:none"], 404, "No such entity component:default/none"),
        ] as [(JSONValue, Int64, String)])
    func badRefresh(body: JSONValue, status: Int64, message: String) async throws {
        try await Service.with { service async throws in
            let path = "/api/catalog/refresh"
            let answer = try await service.client.send("POST", path, body: body)
            let name = status == 404 ? "NotFoundError" : "InputError"
            #expect(answer.json == errorBody(status, name, message, path, method: "POST"))
            #expect(try await service.store.catalog.takeRequests() == nil)
        }
    }

    @Test("who removes an entity gets 204, whether there is one or not, in read-only mode too; the leader removes it")
    func removal() async throws {
        var readOnly = CatalogAPIConfiguration()
        readOnly.isReadOnly = true
        try await Service.with(catalog: readOnly) { service async throws in
            let uid = try await service.client.get(Self.shop).json["metadata"]?["uid"]?.stringValue ?? ""
            for uid in ["none", "00000000-0000-0000-0000-000000000000", uid] {
                let answer = try await service.client.send("DELETE", "/api/catalog/entities/by-uid/\(uid)")
                #expect((answer.status, answer.text) == (204, ""), "\(uid)")
            }
            #expect(try await service.store.catalog.takeRequests()?.map(\.location) == ["file:catalog.yaml"])
            #expect(try await service.client.get(Self.shop).status == 404)
        }
    }
}

@Suite("Permissions of the catalog", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogPermissionTests {
    private static let location: JSONValue = ["type": "url", "target": "https://example.com/a.yaml"]

    /// What is asked, which permission it takes, and what it answers with and without that.
    private static let cases:
        [(method: String, path: String, body: JSONValue?, permission: String, with: Int, without: Int)] = [
            ("GET", "entities", nil, "catalog.entity.read", 200, 200),
            ("GET", "entities/by-query", nil, "catalog.entity.read", 200, 200),
            ("POST", "entities/by-query", [:], "catalog.entity.read", 200, 200),
            ("GET", "entity-facets?facet=kind", nil, "catalog.entity.read", 200, 200),
            ("GET", "entities/by-name/component/default/shop", nil, "catalog.entity.read", 200, 404),
            ("GET", "entities/by-name/component/default/shop/ancestry", nil, "catalog.entity.read", 200, 404),
            ("POST", "entities/by-refs", ["entityRefs": ["component:default/shop"]], "catalog.entity.read", 200, 200),
            ("DELETE", "entities/by-uid/none", nil, "catalog.entity.delete", 204, 403),
            ("POST", "refresh", ["entityRef": "component:shop"], "catalog.entity.refresh", 200, 403),
            (
                "POST", "validate-entity", ["entity": [:], "location": "url:https://h/a"], "catalog.entity.validate",
                400, 403
            ),
            ("GET", "locations", nil, "catalog.location.read", 200, 200),
            ("POST", "locations/by-query", [:], "catalog.location.read", 200, 200),
            ("GET", "locations/ID", nil, "catalog.location.read", 200, 404),
            ("POST", "locations", ["type": "url", "target": "https://h/b"], "catalog.location.create", 201, 403),
            ("POST", "locations?dryRun=yes", location, "catalog.location.create", 400, 403),
            ("PUT", "locations/ID", location, "catalog.location.create", 200, 403),
            ("POST", "analyze-location", ["location": location], "catalog.location.analyze", 200, 403),
            ("DELETE", "locations/ID", nil, "catalog.location.delete", 204, 403),
        ]

    @Test("without its permission a read finds nothing and a write is refused; with it alone it is done")
    func each() async throws {
        try await Service.with { service async throws in
            let created = try await service.client.send("POST", "/api/catalog/locations", body: Self.location)
            let id = try #require(created.json["location"]?["id"]?.stringValue)
            let stranger = service.client(Service.catalogToken([]))
            for item in Self.cases {
                let path = "/api/catalog/" + item.path.replacing("ID", with: id)
                let refused = try await stranger.send(item.method, path, body: item.body)
                #expect(refused.status == item.without, "\(item.method) \(path)")
                for word in ["shop", "library", "example.com"] {
                    #expect(!refused.text.contains("\"\(word)"), "\(item.method) \(path)")
                }
                let allowed = service.client(Service.catalogToken([item.permission]))
                let answer = try await allowed.send(item.method, path, body: item.body)
                #expect(answer.status == item.with, "\(item.method) \(path) \(answer.text)")
            }
        }
    }

    @Test("a token for another plugin is refused everywhere, reading too")
    func otherPlugin() async throws {
        try await Service.with { service async throws in
            for item in Self.cases {
                let path = "/api/catalog/" + item.path
                let answer = try await service.client(Service.costsOnly).send(item.method, path, body: item.body)
                #expect(answer.status == 403, "\(item.method) \(path)")
            }
        }
    }
}
