import API
import Base
import Store
import TestSupport
import Testing

@Suite("Routing and errors", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RoutingTests {
    @Test("what is not there is 404 with Backstage's body, without the query")
    func notFound() async throws {
        try await Service.with { service async throws in
            for path in ["/", "/api", "/api/catalog", "/api/catalog/entities/by-name/component/default", "/livez/x"] {
                let answer = try await service.client.get(path + "?secret=1")
                #expect(answer.status == 404)
                #expect(answer.json == errorBody(404, "NotFoundError", "No such path", path))
                #expect(answer.headers["Content-Type"] == "application/json; charset=utf-8")
            }
        }
    }

    @Test("a method that a path does not have is 405 with those that it has")
    func notAllowed() async throws {
        try await Service.with { service async throws in
            for (method, path) in [
                ("POST", "/api/catalog/entities"), ("DELETE", "/api/catalog/entities/by-name/a/b/c"),
                ("PUT", "/api/callboard/orphans"), ("OPTIONS", "/api/callboard/sources"), ("POST", "/livez"),
            ] {
                let answer = try await service.client.send(method, path, body: [:])
                #expect(answer.status == 405)
                #expect(answer.headers["Allow"] == "GET, HEAD")
                #expect(
                    answer.json == errorBody(405, "NotAllowedError", "This path has no \(method)", path, method: method)
                )
            }
            let several = try await service.client.send("PATCH", "/api/catalog/locations/x")
            #expect(several.status == 405)
            #expect(several.headers["Allow"] == "DELETE, GET, HEAD, PUT")
            // What stands beside the ids is no id.
            let written = try await service.client.send("DELETE", "/api/catalog/locations/by-query")
            #expect(written.status == 405)
            #expect(written.headers["Allow"] == "POST")
        }
    }

    @Test("HEAD answers as GET does, without the body")
    func head() async throws {
        try await Service.with { service async throws in
            let entities = "/api/catalog/entities"
            for path in ["/livez", entities + "?limit=5", entities + "/by-name/component/default/shop"] {
                let get = try await service.client.get(path)
                let head = try await service.client.send("HEAD", path)
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                #expect(head.headers["Content-Length"] == "\(get.body.count)")
                #expect(head.headers["ETag"] == get.headers["ETag"])
            }
        }
    }

    @Test("a mistake of ours is masked: the answer has a number that finds it in the log")
    func masked() async throws {
        try await TestDatabase.with { database in
            let store = try await database.storeThatMisses("entity", "etag")
            try await Service.with(store) { service async throws in
                let answer = try await service.client.get("/api/catalog/entities/by-name/component/default/secret")
                #expect(answer.status == 500)
                let message = try #require(answer.json["error"]?["message"]?.stringValue)
                let prefix = "An internal error occurred logId="
                #expect(message.hasPrefix(prefix))
                let id = message.dropFirst(prefix.count)
                #expect(id.count == 20)
                #expect(id.allSatisfy { $0.isHexDigit })
                #expect(answer.json["error"]?["name"] == "Error")
                #expect(answer.json["response"] == ["statusCode": 500])
                #expect(!answer.text.contains("column"))
                #expect(service.log.text.contains(id))
                #expect(service.log.text.contains("column"))
            }
            await store.close()
        }
    }

    @Test("while the database is away every read is 503 and says when to try again; afterwards all is well")
    func databaseAway() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            try await Service.define(Service.entity("shop", type: "service"), in: store)
            try await Service.with(store) { service async throws in
                let paths = [
                    "/api/catalog/entities", "/api/catalog/entities/by-query",
                    "/api/catalog/entities/by-name/component/default/shop", "/api/catalog/entity-facets?facet=kind",
                    "/api/callboard/orphans", "/api/callboard/sources",
                    "/api/callboard/entities/component/default/shop/costs",
                ]
                for path in paths { #expect(try await service.client.get(path).status == 200) }
                try await database.shut()
                for path in paths {
                    let answer = try await service.client.get(path)
                    #expect(answer.status == 503, "\(path)")
                    #expect(answer.headers["Retry-After"] == "2")
                    #expect(answer.json["error"]?["name"] == "ServiceUnavailableError")
                    #expect(!answer.text.contains("postgres"))
                }
                #expect(try await service.client.get("/livez").status == 200)
                try await database.reopen()
                for path in paths { #expect(try await service.client.get(path).status == 200) }
            }
            await store.close()
        }
    }

    @Test("connections that the database ended do not show")
    func databaseRestarted() async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            try await Service.with(store) { service async throws in
                #expect(try await service.client.get("/api/catalog/entities").status == 200)
                try await database.shut()
                try await database.reopen()
                #expect(try await service.client.get("/api/catalog/entities").status == 200)
            }
            await store.close()
        }
    }
}

@Suite("Health and metrics")
struct HealthTests {
    private static let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))

    @Test("when all checks pass it is ready, and says which checks there are")
    func ready() async throws {
        let checks = [ReadinessCheck(name: "database", problem: nil), ReadinessCheck(name: "catalog", problem: nil)]
        try await Service.with(Self.store, readiness: checks) { service async throws in
            let answer = try await service.client(nil).get("/readyz")
            #expect(answer.status == 200)
            #expect(answer.text == "[+]database ok\n[+]catalog ok\nreadyz check passed\n")
            let backstage = try await service.client(nil).get("/.backstage/health/v1/readiness")
            #expect((backstage.status, backstage.json) == (200, ["status": "ok"]))
        }
    }

    @Test("when one does not it is not, says why, and still lives")
    func notReady() async throws {
        let checks = [
            ReadinessCheck(name: "database", problem: nil),
            ReadinessCheck(name: "catalog", problem: "the sources are not read yet"),
        ]
        try await Service.with(Self.store, readiness: checks) { service async throws in
            let answer = try await service.client(nil).get("/readyz")
            #expect(answer.status == 503)
            #expect(
                answer.text
                    == "[+]database ok\n[-]catalog failed: the sources are not read yet\nreadyz check failed\n")
            let backstage = try await service.client(nil).get("/.backstage/health/v1/readiness")
            #expect(backstage.status == 503)
            #expect(backstage.json == ["message": "Backend has not started yet", "status": "error"])
            #expect(try await service.client(nil).get("/livez").text == "ok\n")
            #expect(
                try await service.client(nil).get("/.backstage/health/v1/liveness").json == ["status": "ok"])
        }
    }

    @Test("requests are counted by route, method and status, however odd the paths and methods are")
    func metrics() async throws {
        try await Service.with(Self.store) { service async throws in
            for path in ["/livez", "/no/1", "/no/2", "/api/catalog/entities/by-name/a/b/c"] {
                _ = try await service.client.get(path)
            }
            _ = try await service.client.send("BREW", "/livez")
            let byName = "/api/catalog/entities/by-name/:kind/:namespace/:name"
            let answer = try await service.client(nil).get("/metrics")
            #expect(answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "# TYPE callboard_http_requests_total counter",
                "# TYPE callboard_http_request_duration_seconds histogram",
                #"callboard_http_requests_total{route="/livez",method="GET",code="200"} 1"#,
                #"callboard_http_requests_total{route="/livez",method="other",code="405"} 1"#,
                #"callboard_http_requests_total{route="none",method="other",code="404"} 2"#,
                #"callboard_http_requests_total{route="\#(byName)",method="GET",code="503"} 1"#,
                #"callboard_http_request_duration_seconds_count{route="none"} 2"#,
            ] {
                #expect(answer.text.contains(line + "\n"), "\(line)")
            }
        }
    }
}
