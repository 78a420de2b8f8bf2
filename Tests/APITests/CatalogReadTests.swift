import Base
import TestSupport
import Testing

@Suite("One entity", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityRouteTests {
    private static let shop = "/api/catalog/entities/by-name/component/default/shop"

    @Test("is found by name in any letter case, percent-encoded or not, and by uid")
    func found() async throws {
        try await Service.with { service async throws in
            let entity = try await service.client.get(Self.shop)
            #expect(entity.status == 200)
            #expect(entity.headers["Content-Type"] == "application/json; charset=utf-8")
            #expect(entity.json["metadata"]?["title"] == "The Shop")
            #expect(entity.json["relations"] == [["type": "ownedBy", "targetRef": "group:default/team"]])
            for other in ["Component/DEFAULT/Shop", "component/default/%73hop", "%43omponent/default/sho%70/"] {
                let same = try await service.client.get("/api/catalog/entities/by-name/\(other)")
                #expect(same.body == entity.body, "\(other)")
            }
            let uid = try #require(entity.json["metadata"]?["uid"]?.stringValue)
            for text in [uid, uid.uppercased()] {
                let same = try await service.client.get("/api/catalog/entities/by-uid/\(text)")
                #expect(same.body == entity.body)
            }
        }
    }

    @Test("that is not there is 404 in Backstage's words")
    func missing() async throws {
        try await Service.with { service async throws in
            for (path, message) in [
                (
                    "by-name/Component/default/none",
                    "No entity named 'none' found, with kind 'Component' in namespace 'default'"
                ),
                ("by-name/a%2Fb/c%3Ad/%2e%2E", "No entity named '..' found, with kind 'a/b' in namespace 'c:d'"),
                ("by-name/a//c", "No entity named 'c' found, with kind 'a' in namespace ''"),
                ("by-uid/none", "No entity with uid none"),
                (
                    "by-uid/00000000-0000-0000-0000-000000000000",
                    "No entity with uid 00000000-0000-0000-0000-000000000000"
                ),
                ("by-uid/%27%3B%20DROP%20TABLE%20entity", "No entity with uid '; DROP TABLE entity"),
            ] {
                let answer = try await service.client.get("/api/catalog/entities/\(path)")
                #expect(answer.json == errorBody(404, "NotFoundError", message, "/api/catalog/entities/\(path)"))
                #expect(answer.status == 404)
            }
        }
    }

    @Test("comes with a tag, and is not sent to who has it already")
    func etag() async throws {
        try await Service.with { service async throws in
            let etag = try #require(try await service.client.get(Self.shop).headers["ETag"])
            #expect(etag.hasPrefix("\"") && etag.hasSuffix("\"") && etag.count > 10)
            for known in [etag, "W/\(etag)", "\"other\", \(etag)", "\"other\",W/\(etag) , \"more\"", "*"] {
                let answer = try await service.client.get(Self.shop, [("If-None-Match", known)])
                #expect(answer.status == 304, "\(known)")
                #expect(answer.body.isEmpty)
                #expect(answer.headers["ETag"] == etag)
            }
            for unknown in ["\"other\"", String(etag.dropLast()), "\(etag)x", "", String(etag.dropFirst().dropLast())] {
                let answer = try await service.client.get(Self.shop, [("If-None-Match", unknown)])
                #expect(answer.status == 200, "\(unknown)")
            }
            let again = Service.entity("shop", type: "Website", title: "Another")
            try await Service.define(again, location: "file:catalog.yaml", in: service.store)
            let changed = try await service.client.get(Self.shop, [("If-None-Match", etag)])
            #expect(changed.status == 200)
            #expect(changed.headers["ETag"] != etag)
        }
    }
}

@Suite("GET /entities", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityListTests {
    private static let path = "/api/catalog/entities"

    @Test("is a bare array of all, by ref")
    func all() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get(Self.path)
            #expect(answer.status == 200)
            #expect(answer.json.entityNames == ["a", "b", "c", "d", "e", "shop", "team"])
            #expect(answer.headers["Link"] == nil)
        }
    }

    @Test("filters, orders and projects")
    func parameters() async throws {
        let cases: [(String, [String])] = [
            ("filter=kind=component,spec.type=LIBRARY", ["a", "b"]),
            ("filter=metadata.name=a&filter=metadata.name=b", ["a", "b"]),
            ("filter=spec.type=library,spec.type=website", ["a", "b", "shop"]), ("filter=metadata.title", ["shop"]),
            ("filter=kind=nothing", []), ("filter=", ["a", "b", "c", "d", "e", "shop", "team"]),
            (
                "filter=relations.ownedBy=group:default/team&order=desc:metadata.name",
                ["shop", "e", "d", "c", "b", "a"]
            ),
            ("offset=5", ["shop", "team"]), ("offset=100", []), ("offset=9223372036854775807", []),
        ]
        try await Service.with { service async throws in
            for (query, names) in cases {
                let answer = try await service.client.get("\(Self.path)?\(query)")
                #expect(answer.json.entityNames == names, "\(query)")
            }
            let fields = try await service.client.get(
                "\(Self.path)?fields=metadata.name,spec.type&fields=kind&limit=1")
            #expect(
                fields.json == [["metadata": ["name": "a"], "spec": ["type": "library"], "kind": "Component"]])
        }
    }

    @Test("gives each page a link to the next, which keeps the other parameters")
    func links() async throws {
        try await Service.with { service async throws in
            var target: String? = "\(Self.path)?limit=3&filter=kind=component&offset=0&fields=metadata.name"
            var pages: [[String]] = []
            while let next = target {
                let answer = try await service.client.get(next)
                #expect(answer.status == 200)
                #expect(answer.json.arrayValue?.allSatisfy { $0["spec"] == nil } == true)
                pages.append(answer.json.entityNames)
                target = try answer.headers["Link"].map { link in
                    #expect(link.hasPrefix("<\(Self.path)?limit=3&filter=kind=component&fields=metadata.name&after="))
                    #expect(link.hasSuffix(">; rel=\"next\""))
                    return try #require(link.dropFirst().split(separator: ">").first.map(String.init))
                }
                try #require(pages.count < 5)
            }
            #expect(pages == [["a", "b", "c"], ["d", "e", "shop"]])
        }
    }

    @Test("a limit above all bounds is a long page, not the end of the process")
    func hugeLimit() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get("\(Self.path)?limit=9223372036854775807")
            #expect(answer.status == 200)
            #expect(answer.json.entityNames.count == 7)
            #expect(answer.headers["Link"] == nil)
        }
    }

    @Test("refuses what it does not understand, in Backstage's words")
    func input() async throws {
        let filter =
            "Invalid filter, '=x' is not a valid statement (expected a string on the form a=b or a= or a)"
        let cases = [
            ("limit=0", "Invalid limit, must be greater than zero"),
            ("limit=-1", "Invalid limit, must be greater than zero"),
            ("limit=x", "request/query/limit must be integer"), ("limit=", "request/query/limit must be integer"),
            ("limit=1.5", "request/query/limit must be integer"),
            ("limit=99999999999999999999", "request/query/limit must be integer"),
            ("offset=-1", "request/query/offset must be >= 0"), ("offset=x", "request/query/offset must be integer"),
            (
                "order=metadata.name",
                "Invalid order parameter \"metadata.name\", expected \"<asc or desc>:<field name>\""
            ),
            ("fields=a[0]", "Invalid field \"a[0]\", array type fields are not supported"),
            ("filter=%3Dx", filter), ("after=x", "Malformed cursor, could not be parsed"),
            ("after=e30%3D", "Malformed cursor, could not be parsed"),
        ]
        try await Service.with { service async throws in
            for (query, message) in cases {
                let answer = try await service.client.get("\(Self.path)?\(query)")
                #expect(answer.json == errorBody(400, "InputError", message, Self.path), "\(query)")
                #expect(answer.status == 400)
            }
        }
    }

    @Test("a character that the database cannot hold never becomes an internal error")
    func unstorable() async throws {
        try await Service.with { service async throws in
            for target in [
                "\(Self.path)?filter=kind=a%00b", "\(Self.path)?filter=a%00b", "\(Self.path)?order=asc:a%00",
                "\(Self.path)?fields=a%00", "/api/catalog/entity-facets?facet=a%00",
                "\(Self.path)/by-query?fullTextFilterTerm=a%00", "\(Self.path)/by-uid/a%00",
                "\(Self.path)/by-query?fullTextFilterTerm=a&fullTextFilterFields=b%00",
                "\(Self.path)/by-query?orderField=a%00", "/api/callboard/orphans?namespace=a%00",
                "/api/callboard/entities/component/default/a%00/costs", "\(Self.path)?filter=kind=%ff%fe",
            ] {
                let answer = try await service.client.get(target)
                #expect([200, 400].contains(answer.status), "\(target)")
            }
        }
    }
}
