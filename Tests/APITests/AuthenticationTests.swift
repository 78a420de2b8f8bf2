import Base
import Store
import Testing

/// A database that does not answer: who is refused is refused before it is asked.
private let nowhere = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))

@Suite("Who may come in")
struct AuthenticationTests {
    private static let invalid = "The bearer token is not valid"
    private static let closed = [
        "/api/catalog/entities", "/api/catalog/entities/by-query", "/api/catalog/entities/by-uid/x",
        "/api/catalog/entities/by-name/component/default/shop", "/api/catalog/entity-facets?facet=kind",
        "/api/callboard/entities/component/default/shop", "/api/callboard/entities/component/default/shop/workloads",
        "/api/callboard/entities/component/default/shop/costs", "/api/callboard/orphans", "/api/callboard/sources",
        "/api/mcp-actions/v1", "/no/such/path", "/",
    ]

    @Test("no route but the open ones answers without credentials, and which paths there are is not told")
    func missing() async throws {
        try await Service.with(nowhere) { service async throws in
            for target in Self.closed {
                let answer = try await service.client(nil).get(target)
                #expect(answer.status == 401, "\(target)")
                #expect(answer.headers["WWW-Authenticate"] == #"Bearer realm="callboard""#)
                let path = String(target.prefix { $0 != "?" })
                guard path != "/api/mcp-actions/v1" else { continue }  // Has OAuth's body, see ChallengeTests.
                #expect(answer.json == errorBody(401, "AuthenticationError", "Missing credentials", path))
            }
        }
    }

    @Test(
        "credentials that are no known bearer token are refused",
        arguments: [
            ["Bearer wrong"], ["Bearer"], ["Bearer "], ["Bearer \(Service.everything)x"], ["Basic dXNlcjpwYXNz"],
            [Service.everything], ["Bearer \(Service.everything) extra"], ["Digest \(Service.everything)"],
        ])
    func refused(values: [String]) async throws {
        try await Service.with(nowhere) { service async throws in
            let headers = values.map { ("Authorization", $0) }
            let answer = try await service.client.get("/api/catalog/entities", headers)
            #expect(answer.status == 401)
            #expect(answer.json == errorBody(401, "AuthenticationError", Self.invalid, "/api/catalog/entities"))
            #expect(answer.headers["WWW-Authenticate"]?.contains(#"error="invalid_token""#) == true)
            #expect(!answer.text.contains(Service.everything))
        }
    }

    @Test(
        "credentials twice are a mistake of the request, whichever they are",
        arguments: ["Bearer \(Service.everything)", "Bearer x", "Basic dXNlcjpwYXNz"])
    func twice(second: String) async throws {
        try await Service.with(nowhere) { service async throws in
            let answer = try await service.client.get(
                "/api/catalog/entities", [("Authorization", "Bearer \(Service.everything)"), ("Authorization", second)])
            #expect(answer.status == 400)
            let message = "The header Authorization is given more than once"
            #expect(answer.json == errorBody(400, "InputError", message, "/api/catalog/entities"))
        }
    }

    @Test("the scheme's letter case does not matter", arguments: ["Bearer", "bearer", "BEARER"])
    func scheme(scheme: String) async throws {
        try await Service.with(nowhere) { service async throws in
            let answer = try await service.client.get("/no", [("Authorization", "\(scheme) \(Service.everything)")])
            #expect(answer.status == 404)
        }
    }

    @Test("a token in the query counts for nothing and is not repeated in the answer")
    func query() async throws {
        try await Service.with(nowhere) { service async throws in
            for name in [
                "token", "access_token", "accessToken", "authorization", "Authorization", "auth", "bearer", "api_key",
                "apikey",
                "key", "jwt", "id_token", "code", "backstage_token", "x-api-key",
            ] {
                let answer = try await service.client(nil).get(
                    "/api/catalog/entities?\(name)=\(Service.everything)")
                #expect(answer.status == 401)
                #expect(!answer.text.contains(Service.everything))
            }
        }
    }

    @Test("health and metrics answer everybody")
    func open() async throws {
        try await Service.with(nowhere) { service async throws in
            for path in [
                "/livez", "/readyz", "/metrics", "/.backstage/health/v1/liveness", "/.backstage/health/v1/readiness",
            ] {
                #expect(try await service.client(nil).get(path).status == 200)
                #expect(try await service.client("wrong").get(path).status == 200)
            }
        }
    }

    @Test("a restricted token is refused with the plugins that it is for, or the permission that it lacks")
    func restricted() async throws {
        try await Service.with(nowhere) { service async throws in
            let catalog = try await service.client(Service.catalogOnly).get("/api/callboard/orphans")
            #expect(
                catalog.json
                    == errorBody(
                        403, "NotAllowedError", "This token's access is restricted to plugin(s) 'catalog'",
                        "/api/callboard/orphans"))
            for target in [
                "/api/callboard/sources", "/api/callboard/entities/component/default/shop/workloads",
                "/api/callboard/entities/component/default/shop", "/api/catalog/entities",
                "/api/catalog/entities/by-query", "/api/catalog/entities/by-uid/x",
                "/api/catalog/entities/by-name/a/b/c", "/api/catalog/entity-facets?facet=kind",
            ] {
                let answer = try await service.client(Service.costsOnly).get(target)
                #expect(answer.status == 403, "\(target)")
                #expect(answer.json["error"]?["name"] == "NotAllowedError")
            }
            // It may, so the database is asked.
            #expect(
                try await service.client(Service.costsOnly).get(
                    "/api/callboard/entities/component/default/shop/costs"
                ).status == 503)
        }
    }
}
