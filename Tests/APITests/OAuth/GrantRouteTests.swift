import Access
import Actions
import Base
import HTTPServer
import MCP
import Store
import TestSupport
import Testing

@testable import API

@Suite("Access that persons gave", .serialized, .enabled(if: TestDatabase.isAvailable))
struct GrantRouteTests {
    private static let path = "/api/callboard/grants"

    private static func give(_ id: String, _ subject: String, _ client: String, in store: Store) async throws {
        let now = Timestamp.now()
        try await store.oauth.add(
            OAuthGrant(
                id: id, subject: subject, displayName: "Ann", userEntityRef: "user:default/\(subject)",
                clientID: client,
                clientName: "Program", scopes: ["catalog:read"], resource: "https://h.example",
                expires: now.adding(seconds: 600)),
            code: OAuthCode(hash: id, redirectURI: "u", challenge: "c", nonce: nil, expires: now), now: now)
    }

    @Test("it is shown and ended by who is named for that alone, and the audit says whose it was")
    func routes() async throws {
        let audit = AuditLog(metrics: MetricsRegistry(), logger: Logger("audit") { _ in }, clock: ManualClock())
        try await Service.with(oversight: Oversight(audit: audit)) { service async throws in
            for (id, subject, client) in [("1", "ann", "portal"), ("2", "ann", "other"), ("3", "bob", "portal")] {
                try await Self.give(id, subject, client, in: service.store)
            }
            for token in [Service.everything, Service.auditor, Service.costsOnly] {
                #expect(try await service.client(token).get(Self.path).status == 403)
                #expect(try await service.client(token).send("DELETE", Self.path + "?client=portal").status == 403)
            }
            let warden = service.client(Service.warden)
            let all = try await warden.get(Self.path + "?limit=2").json
            #expect(all["total"] == 3 && all["grants"]?.arrayValue?.count == 2)
            let one = try await warden.get(Self.path + "?person=user:default/ann&client=portal").json
            #expect(one["total"] == 1 && one["grants"]?[0]?["clientId"] == "portal")
            #expect(one["grants"]?[0]?["userEntityRef"] == "user:default/ann" && one["grants"]?[0]?["id"] == nil)
            for query in ["", "?person=", "?client=a&client=b", "?limit=501"] {
                let method = query.contains("limit") ? "GET" : "DELETE"
                #expect(try await warden.send(method, Self.path + query).status == 400, "\(query)")
            }
            #expect(try await warden.send("DELETE", Self.path + "?person=user:default/ann").json == ["ended": 2])
            #expect(try await warden.get(Self.path).json["grants"]?.arrayValue?.map { $0["subject"] } == ["bob"])
            await audit.finish(service.store.audit.append)
            var question = AuditQuestion()
            (question.event, question.status) = ("grant-mutate", "succeeded")
            let events = try await service.store.audit.events(question)
            #expect(events.count == 1 && events.first?.actor.id == "external:warden")
            #expect(events.first?.meta["person"] == "user:default/ann" && events.first?.severity == .high)
        }
    }

    @Test("what a person agreed to is forgotten too, also when their grants have been gone for long")
    func consents() async throws {
        try await TestDatabase.withStore { store in
            let now = Timestamp.now()
            func consent(_ name: String) -> OAuthConsent {
                OAuthConsent(
                    subject: "oidc:\(name)", userEntityRef: "user:default/\(name)", clientID: "portal",
                    scopes: ["catalog:read"], resource: "https://h.example", redirectURI: "u")
            }
            for name in ["ann", "bob"] {
                try await store.oauth.remember(consent(name), until: now.adding(seconds: 600), now: now)
            }
            #expect(try await store.oauth.end(OAuthGrantQuestion(person: "user:default/Ann"), now: now) == 0)
            #expect(try await !store.oauth.remembers(consent("ann"), now: now))
            #expect(try await store.oauth.remembers(consent("bob"), now: now))
        }
    }

    @Test("an end is known at once at a replica that has just found the token good")
    func otherReplica() async throws {
        try await TestDatabase.withStore { store in
            // Its clock stands: nothing is forgotten for its age.
            let now = Timestamp.now()
            var configuration = OAuthConfiguration(baseURL: "https://h.example")
            configuration.clients = [
                try .configured(id: "portal", name: nil, secret: nil, redirectURIs: ["https://portal.example/cb"])
            ]
            let server = AuthorizationServer(
                configuration, store: store.oauth,
                ring: KeyRing(secrets: [String(repeating: "s", count: 32)]), directory: CatalogUsers(store), http: nil,
                logger: Logger("test") { _ in }, now: { now })
            let sessions = BrowserSessions(
                keys: .ephemeral(), site: try #require(SignInSite(baseURL: "https://h.example")))
            let api = APIServer(
                store: store, registry: try ActionRegistry(store: store, currency: "EUR"),
                authenticator: Authenticator(tokens: []), mcp: MCPConfiguration(version: "1"),
                oauth: (server, sessions), metrics: MetricsRegistry(), logger: Logger("api") { _ in },
                readiness: { [] })
            let following = Task { await api.follow(store.sessionFeed(logger: Logger("feed") { _ in })) }
            let token = try await Self.token(of: server, until: now.adding(seconds: 600))
            let path = "/api/mcp-actions/v1"
            // The feed may begin to listen only now, and has everything looked up again then.
            #expect(
                await eventually {
                    _ = try? await store.oauth.end(OAuthGrantQuestion(clientID: "nobody's"), now: now)
                    return (try? await server.verifier.caller(of: token, at: path)) != nil
                })
            _ = try await store.oauth.end(OAuthGrantQuestion(person: "oidc:ann"), now: now)
            #expect(await eventually { (try? await server.verifier.caller(of: token, at: path)) == nil })
            following.cancel()
            await following.value
        }
    }

    /// An access token that Ann lets a program have.
    private static func token(of server: AuthorizationServer, until end: Timestamp) async throws -> String {
        let verifier = String(repeating: "v", count: 43)
        let ann = Person(subject: "oidc:ann", displayName: "Ann", userEntityRef: nil, expires: end)
        let request: [(name: String, value: String)] = [
            ("response_type", "code"), ("client_id", "portal"), ("redirect_uri", "https://portal.example/cb"),
            ("code_challenge", Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe)),
            ("code_challenge_method", "S256"),
        ]
        guard case .ask(let question) = try await server.begin(OAuthParameters(request), for: ann),
            case .redirect(let location) = try await server.decide(question.ticket, approves: true, by: ann),
            let code = RequestTarget(String(location.dropFirst("https://portal.example".count)))?.query.first?.value
        else {
            Issue.record("no code")
            return ""
        }
        let form: [(name: String, value: String)] = [
            ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier), ("client_id", "portal"),
        ]
        let answer = try await server.token(OAuthParameters(form), authorization: nil)
        return answer["access_token"]?.stringValue ?? ""
    }
}
