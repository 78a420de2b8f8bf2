import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import CostSources

@Suite("Login to ScaleOps")
struct ScaleOpsLoginTests {
    private let policies = ScaleOpsRequest("GET", "/api/v1/policies")

    @Test(
        "the token is the parameter of the redirect, decoded once",
        arguments: [
            ("/?token=abc", "abc"), ("https://x/y?a=b&token=abc&c=d", "abc"), ("/?token=a%2Bb", "a+b"),
            ("/?token=abc+def", "abc+def"), ("/?token=a%252Bb", "a%2Bb"), ("/?token=100%25zz", "100%zz"),
            ("/?token=100%zz", "100%zz"), ("/#token=abc", "abc"), ("/#/login?token=abc", "abc"),
            ("/?token=a%3D%3D", "a=="), ("/?token=a==", "a=="), ("/?mytoken=x&token=abc", "abc"),
            ("/?error=failed", nil), ("/?token=", nil), ("/login", nil), ("/?mytoken=x", nil),
        ] as [(String, String?)])
    func redirect(location: String, token: String?) {
        #expect(ScaleOpsLogin.token(inLocation: location) == token)
    }

    @Test("user and password are sent as ScaleOps expects them, and the token with every request")
    func login() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        #expect(try await text(client, policies) == "{}")
        #expect(try await text(client, policies) == "{}")
        #expect(server.logins == 1)
        #expect(server.asked.map { $0.headers["Authorization"] } == Array(repeating: "Bearer token-number-1", count: 2))
    }

    @Test("without authentication nothing is sent, and a bearer token as it stands")
    func withoutLogin() async throws {
        let server = try ScaleOpsStandIn()
        #expect(try await text(server.client(.none), policies) == "{}")
        server.accept("fixed-token")
        #expect(try await text(server.client(.bearer(Secret("fixed-token"))), policies) == "{}")
        #expect(server.asked.map { $0.headers["Authorization"] } == [nil, "Bearer fixed-token"])
        #expect(
            await code { _ = try await text(server.client(.bearer(Secret("wrong-token"))), policies) } == .unauthorized)
        #expect(server.logins == 0)
    }

    @Test("an application of Azure AD gets its token with its secret")
    func azure() async throws {
        let server = try ScaleOpsStandIn()
        let form = Mutex("")
        server.login { request in
            form.withLock { $0 = String(decoding: request.body, as: UTF8.self) }
            server.accept("azure-token")
            return .json(200, ["access_token": "azure-token", "expires_in": "3599", "token_type": "Bearer"])
        }
        let application = AzureApplication(
            tokenURL: server.url + "/oauth", clientID: "app 1", clientSecret: Secret("s&cret=very"))
        #expect(try await text(server.client(.azure(application)), policies) == "{}")
        let expected =
            "grant_type=client_credentials&client_id=app%201&client_secret=s%26cret%3Dvery"
            + "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&resource=https%3A%2F%2Fgraph.microsoft.com"
        #expect(form.withLock { $0 } == expected)
    }

    @Test("the newer endpoint of Azure AD is not given a resource, which it refuses")
    func azureV2() throws {
        let application = AzureApplication(
            tokenURL: "https://login.example/t/oauth2/v2.0/token", clientID: "a", clientSecret: Secret("very secret"))
        let endpoint = ScaleOpsEndpoint(baseURL: "http://x", credentials: .azure(application))
        let body = try #require(ScaleOpsLogin(endpoint: endpoint).request?.body)
        #expect(!String(decoding: body, as: UTF8.self).contains("resource="))
        #expect(AzureApplication.tokenURL(tenant: "a/b") == "https://login.microsoftonline.com/a%2Fb/oauth2/token")
    }

    @Test(
        "a login that gives no token says why, and shows nothing that is secret",
        arguments: [
            (HTTPServerResponse.json(401, ["error": "open sesame"]), "found status 401"),
            (HTTPServerResponse(status: 302, headers: ["Location": "/?error=open+sesame"]), "has no token"),
            (HTTPServerResponse(status: 200), "found status 200"),
            (HTTPServerResponse(status: 302, headers: ["Location": "/?token=a%0Ab"]), "no header can hold"),
            (HTTPServerResponse(status: 500, headers: ["Location": "/?token=abc"]), "found status 500"),
        ])
    func failure(answer: HTTPServerResponse, words: String) async throws {
        let server = try ScaleOpsStandIn()
        server.login { _ in answer }
        do {
            _ = try await text(server.client(), policies)
            Issue.record("a token was found")
        } catch let error as ScaleOpsError {
            #expect(error.code == .loginFailed && error.detail.contains(words), "\(error)")
            #expect(!error.detail.contains("sesame"))
        }
        #expect(server.asked.isEmpty)
    }

    @Test("a redirect is never followed")
    func noFollowing() async throws {
        let (server, other) = (try ScaleOpsStandIn(), try ScaleOpsStandIn())
        server.login { _ in
            server.accept("abc")
            return HTTPServerResponse(status: 302, headers: ["Location": other.url + "/?token=abc"])
        }
        #expect(try await text(server.client(), policies) == "{}")
        #expect(other.asked.isEmpty && other.logins == 0)
    }

    @Test("while a login failed, nobody tries another; later one does, and all is well")
    func pauses() async throws {
        let server = try ScaleOpsStandIn()
        let now = Mutex(Timestamp(seconds: 1_000_000))
        let client = server.client { $0.now = { now.withLock { $0 } } }
        server.login { _ in .json(401, [:]) }
        for _ in 0..<5 { #expect(await code { _ = try await text(client, policies) } == .loginFailed) }
        #expect(server.logins == 1)
        now.withLock { $0 = $0.adding(seconds: 2) }
        for _ in 0..<5 { #expect(await code { _ = try await text(client, policies) } == .loginFailed) }
        #expect(server.logins == 2)
        server.login { _ in nil }
        now.withLock { $0 = $0.adding(seconds: 60) }
        #expect(try await text(client, policies) == "{}")
        #expect(server.logins == 3)
    }

    @Test("many who come at once wait for one login")
    func singleFlight() async throws {
        let server = try ScaleOpsStandIn()
        let gate = Gate()
        server.login { _ in
            _ = await gate.wait()
            return nil
        }
        let client = server.client { $0.concurrency = 64 }
        try await withThrowingTaskGroup { group in
            for _ in 0..<30 { group.addTask { try await text(client, policies) } }
            #expect(await eventually { server.logins == 1 })
            gate.open()
            for try await answer in group { #expect(answer == "{}") }
        }
        #expect(server.logins == 1 && server.asked.count == 30)
    }

    @Test("who gives up waiting for the login leaves it to the others")
    func cancellation() async throws {
        let server = try ScaleOpsStandIn()
        let gate = Gate()
        server.login { _ in
            _ = await gate.wait()
            return nil
        }
        let client = server.client()
        let first = Task { await code { _ = try await text(client, policies) } }
        #expect(await eventually { server.logins == 1 })
        let second = Task { try await text(client, policies) }
        first.cancel()
        #expect(await first.value == .cancelled)
        gate.open()
        #expect(try await second.value == "{}")
        #expect(client.health?.error == nil)
    }
}

@Suite("Lifetimes of tokens")
struct BearerTokenTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func seconds(_ token: BearerToken) -> Double { token.until.secondsSince(now) }

    @Test("a JWT is used until shortly before its end, others for an hour")
    func lifetimes() {
        for (exp, used) in [(600, 570), (7_200, 7_170), (100, 90), (10, 9), (-5, 3_600)] as [(Int64, Double)] {
            let token = BearerToken(Secret(jwt(exp: 1_800_000_000 + exp)), now: now)
            #expect(seconds(token) == used, "\(exp)")
        }
        for text in ["opaque", "a.b.c", "a.eyJ9.c", "..", "a.\(Base64.encode(Array("[]".utf8))).c"] {
            #expect(seconds(BearerToken(Secret(text), now: now)) == 3_600, "\(text)")
        }
        #expect(seconds(BearerToken(Secret(jwt(exp: 1_800_000_600)), lives: 60, now: now)) == 54)
    }

    @Test("a token is asked for anew when its time is over, and not before")
    func expiry() async throws {
        let server = try ScaleOpsStandIn()
        let now = Mutex(Timestamp(seconds: 1_800_000_000))
        server.give { jwt(exp: 1_800_000_000 + Int64($0) * 600) }
        let client = server.client { $0.now = { now.withLock { $0 } } }
        let request = ScaleOpsRequest("GET", "/api/v1/policies")
        _ = try await text(client, request)
        now.withLock { $0 = $0.adding(seconds: 569) }
        _ = try await text(client, request)
        #expect(server.logins == 1)
        now.withLock { $0 = $0.adding(seconds: 2) }
        _ = try await text(client, request)
        #expect(server.logins == 2)
    }
}
