import Access
import Base
import HTTPServer
import Store
import Synchronization
import TestSupport
import Testing

@testable import API

/// Knows everybody by the code that they bring.
private struct EasyProvider: SignInProvider {
    let id = "oidc"
    let title = "Acme <SSO>"

    func authorizationURL(for attempt: SignInAttempt, callback: String) async throws(SignInError) -> String {
        "https://idp.example/authorize?state=\(attempt.state)&redirect_uri=\(percentEncoded(callback))"
    }

    func identity(
        code: String, issuer: String?, attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> SignInIdentity {
        guard code != "down" else { throw SignInError(.unavailable, "it is down") }
        var identity = SignInIdentity(provider: id, id: code)
        identity.username = code
        return identity
    }
}

private struct EasyCluster: KubernetesIdentity {
    func identity(of token: String) async throws(SignInError) -> KubernetesPerson? {
        token == "good-cluster-token" ? KubernetesPerson(username: "system:ann", groups: [], expires: nil) : nil
    }
}

@Suite("Routes of the sign-in")
struct SignInRouteTests {
    /// A replica with a browser before it.
    private final class Browser: Sendable {
        let web: WebClient
        let jar = Mutex([String: String]())
        private let other: WebClient?

        init(_ service: Service, _ other: Service? = nil) {
            web = service.client(nil)
            self.other = other?.client(nil)
        }

        func send(
            _ method: String, _ target: String, form: [String: String]? = nil, atTheOther: Bool = false
        ) async throws -> WebClient.Answer {
            var headers = [("Cookie", jar.withLock { $0.map { "\($0)=\($1)" }.joined(separator: "; ") })]
            let body = form?.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
            if form != nil { headers.append(("Content-Type", "application/x-www-form-urlencoded")) }
            let answer = try await (atTheOther ? other ?? web : web).send(
                method, target, headers, bytes: body.map { Array($0.utf8) })
            for field in answer.headers.all("Set-Cookie") { keep(field) }
            return answer
        }

        private func keep(_ field: String) {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = field.contains("Max-Age=0") ? nil : String(pair[1])
            jar.withLock { $0[String(pair[0])] = value }
        }

        /// Presses a button of the sign-in page.
        func begin(_ provider: String, back path: String = "", _ more: [String: String] = [:]) async throws
            -> WebClient.Answer
        {
            let page = try await send("GET", "/api/auth/sign-in?return=\(percentEncoded(path))").text
            let token = try #require(page.split(separator: #"name="form" value=""#).dropFirst().first).prefix {
                $0 != "\""
            }
            let form = ["form": String(token), "return": path].merging(more) { $1 }
            return try await send("POST", "/api/auth/sign-in/\(provider)", form: form)
        }

        /// The state in a redirect to the provider.
        func state(_ answer: WebClient.Answer) throws -> String {
            try #require(RequestTarget(answer.headers["Location"] ?? "")?.query.first { $0.name == "state" }?.value)
        }
    }

    private static let keys = KeyRing(secrets: [String(repeating: "s", count: 32)])

    private static func signIn(_ store: Store, rules: [SignInRule]) throws -> SignIn {
        var settings = SignInSettings()
        settings.rules = rules
        settings.resolvers = [
            "oidc": [
                UserResolver(.usernameMatchingUserEntityName), UserResolver(.usernameMatchingUserEntityAnnotation),
            ]
        ]
        return SignIn(
            site: try #require(SignInSite(baseURL: "https://callboard.example")), keys: keys,
            providers: [EasyProvider()], kubernetes: EasyCluster(), settings: settings, directory: CatalogUsers(store))
    }

    private static let kubernetesRule = SignInRule(provider: "kubernetes", property: .user("*"))

    /// Two replicas over one database in which Ann is a member of the team, and one user is called otherwise at GitHub.
    private static func with(_ body: @Sendable (Service, Service) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            try await Service.define(
                """
                apiVersion: backstage.io/v1alpha1
                kind: User
                metadata: {name: ann}
                spec: {memberOf: [team]}
                ---
                apiVersion: backstage.io/v1alpha1
                kind: User
                metadata: {name: bob, annotations: {github.com/user-login: bobby}}
                spec: {memberOf: []}
                ---
                apiVersion: backstage.io/v1alpha1
                kind: Group
                metadata: {name: team}
                spec: {type: team, children: []}
                """, in: store)
            let signIn = try signIn(store, rules: [kubernetesRule])
            try await Service.with(store, signIn: signIn) { first async throws in
                try await Service.with(store, signIn: signIn) { try await body(first, $0) }
            }
        }
    }

    @Test("somebody begins at one replica, comes back to another, and is known to both as a user of the catalog")
    func whole() async throws {
        try await Self.with { first, second in
            let browser = Browser(first, second)
            let begun = try await browser.begin("oidc", back: "/api/auth/v1/authorize?a=b")
            #expect(begun.status == 303 && begun.headers["Referrer-Policy"] == "no-referrer")
            #expect(
                begun.headers["Location"]?.contains("callboard.example%2Fapi%2Fauth%2Foidc%2Fhandler%2Fframe") == true)
            let state = try browser.state(begun)
            let callback = "/api/auth/oidc/handler/frame?code=ann&state=\(state)"
            let back = try await browser.send("GET", callback, atTheOther: true)
            #expect(back.status == 303 && back.headers["Location"] == "/api/auth/v1/authorize?a=b")
            for atTheOther in [false, true] {
                let session = try await browser.send("GET", "/api/auth/session", atTheOther: atTheOther)
                #expect(session.status == 200 && session.headers["Cache-Control"] == "no-store")
                #expect(session.json["subject"] == "oidc:ann" && session.json["userEntityRef"] == "user:default/ann")
                #expect(session.json["ownershipEntityRefs"] == ["user:default/ann", "group:default/team"])
            }
            #expect(try await browser.send("GET", "/api/auth/sign-in").text.contains("group:default/team"))

            // The same callback once more finds no attempt, though its session stays.
            let again = try await browser.send("GET", callback)
            #expect(again.status == 400 && again.text.contains("The sign-in is over"))
            #expect(
                first.metrics.exposition().contains(#"callboard_sign_ins_total{provider="oidc",outcome="expired"} 1"#))
            #expect(second.metrics.exposition().contains(#"callboard_sign_ins_total{provider="oidc",outcome="ok"} 1"#))
        }
    }

    @Test("a client may ask for access at length; what is longer than can be kept is refused")
    func long() async throws {
        try await Self.with { first, second in
            let path = "/api/auth/v1/authorize?state="
            let longest = path + String(repeating: "s", count: SignInSite.maximumReturnBytes - path.count)
            let browser = Browser(first, second)
            let state = try browser.state(try await browser.begin("oidc", back: longest))
            #expect(browser.jar.withLock { $0.values.allSatisfy { $0.utf8.count < 3_700 } })
            let callback = "/api/auth/oidc/handler/frame?code=ann&state=\(state)"
            let back = try await browser.send("GET", callback, atTheOther: true)
            #expect(back.status == 303 && back.headers["Location"] == longest)
            #expect(browser.jar.withLock { !$0.keys.contains { $0.contains("sign-in-attempt") } })
            #expect(try await browser.send("GET", "/api/auth/sign-in?return=\(longest)s").status == 400)
        }
    }

    @Test("a user is found by an annotation too; whom nothing lets in is told so and has no session")
    func admission() async throws {
        try await Self.with { service, _ in
            for (code, status, user) in [
                ("bobby", 303, "user:default/bob"), ("eve", 403, nil),
            ] as [(String, Int, JSONValue?)] {
                let browser = Browser(service)
                let state = try browser.state(try await browser.begin("oidc"))
                let back = try await browser.send("GET", "/api/auth/oidc/handler/frame?code=\(code)&state=\(state)")
                #expect(back.status == status)
                let session = try await browser.send("GET", "/api/auth/session")
                #expect(session.status == (user == nil ? 401 : 200) && session.json["userEntityRef"] == user)
            }
            #expect(service.log.text.contains("notAdmitted"))
        }
    }

    @Test("a foreign callback does not end the sign-in that is under way; a declined or failed one does")
    func endings() async throws {
        try await Self.with { service, _ in
            let browser = Browser(service)
            let state = try browser.state(try await browser.begin("oidc", back: "/x"))
            let frame = "/api/auth/oidc/handler/frame"
            let foreign = try await browser.send("GET", frame + "?code=ann&state=foreign")
            #expect(foreign.status == 400 && foreign.headers.all("Set-Cookie").isEmpty)
            let declined = try await browser.send("GET", frame + "?error=access_denied&state=\(state)")
            #expect(declined.status == 403 && declined.text.contains("/api/auth/sign-in?return=%2Fx"))
            #expect(try await browser.send("GET", frame + "?code=ann&state=\(state)").status == 400)
            let next = try browser.state(try await browser.begin("oidc"))
            let down = try await browser.send("GET", frame + "?code=down&state=\(next)")
            #expect(down.status == 503 && down.text.contains("Nothing is lost"))
            #expect(try await browser.send("GET", "/api/auth/session").status == 401)
        }
    }

    @Test("a sign-in is begun by our own page alone")
    func forgery() async throws {
        try await Self.with { service, _ in
            let (browser, other) = (Browser(service), Browser(service))
            for form in [[:], ["form": "x"]] {
                #expect(try await browser.send("POST", "/api/auth/sign-in/oidc", form: form).status == 403)
            }
            // The token of another browser's page.
            let page = try await other.send("GET", "/api/auth/sign-in").text
            let token = try #require(page.split(separator: #"name="form" value=""#).dropFirst().first).prefix {
                $0 != "\""
            }
            let answer = try await browser.send("POST", "/api/auth/sign-in/oidc", form: ["form": String(token)])
            #expect(answer.status == 403 && answer.headers["Location"] == nil && answer.text.contains("Sign in with"))
            #expect(try await browser.send("GET", "/api/auth/sign-in/oidc").status == 405)
        }
    }

    @Test(
        "nobody is sent to another site afterwards",
        arguments: ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0a", "/a b"])
    func openRedirect(path: String) async throws {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        try await Service.with(store, signIn: try Self.signIn(store, rules: [Self.kubernetesRule])) {
            service async throws in
            let browser = Browser(service)
            let page = try await browser.send("GET", "/api/auth/sign-in?return=" + percentEncoded(path))
            if path != "/%0d%0a" { #expect(page.status == 400 && !page.text.contains("evil")) }
            // The form says it in the page's place.
            let plain = try await browser.send("GET", "/api/auth/sign-in").text
            let token = try #require(plain.split(separator: #"name="form" value=""#).dropFirst().first).prefix {
                $0 != "\""
            }
            let form = ["form": String(token), "return": path, "token": "good-cluster-token"]
            let answer = try await browser.send("POST", "/api/auth/sign-in/kubernetes", form: form)
            #expect(answer.status == 303)
            #expect(["/api/auth/sign-in", "/%0d%0a"].contains(answer.headers["Location"] ?? ""))
        }
    }

    @Test("a token of the cluster signs in, is not shown again, and does not come into the log")
    func kubernetes() async throws {
        try await Self.with { service, _ in
            let browser = Browser(service)
            let wrong = try await browser.begin("kubernetes", ["token": "wrong-cluster-token"])
            #expect(wrong.status == 403 && !wrong.text.contains("wrong-cluster-token"))
            let good = try await browser.begin("kubernetes", back: "/y", ["token": " good-cluster-\n token"])
            #expect(good.status == 303 && good.headers["Location"] == "/y")
            let session = try await browser.send("GET", "/api/auth/session")
            #expect(session.json["subject"] == "kubernetes:system:ann" && session.json["userEntityRef"] == .null)
            #expect(!service.log.text.contains("cluster-token") && !service.log.text.contains("cluster- token"))
            #expect(service.log.text.contains("kubernetes:system:ann"))
        }
    }

    @Test("signing out needs our page, and ends the session")
    func signOut() async throws {
        try await Self.with { service, _ in
            let browser = Browser(service)
            _ = try await browser.begin("kubernetes", ["token": "good-cluster-token"])
            #expect(try await browser.send("POST", "/api/auth/sign-out", form: ["form": "x"]).status == 403)
            #expect(try await browser.send("GET", "/api/auth/session").status == 200)
            let page = try await browser.send("GET", "/api/auth/sign-in?return=%2Fz").text
            #expect(page.contains("Signed in as system:ann") && page.contains(#"<a href="/z">Continue</a>"#))
            let token = try #require(page.split(separator: #"name="form" value=""#).dropFirst().first).prefix {
                $0 != "\""
            }
            let out = try await browser.send("POST", "/api/auth/sign-out", form: ["form": String(token)])
            #expect(out.status == 303 && out.headers["Location"] == "/api/auth/sign-in")
            #expect(try await browser.send("GET", "/api/auth/session").status == 401)
        }
    }

    @Test("the page offers what is configured, escaped; a way that is not there is told so")
    func page() async throws {
        try await Self.with { service, _ in
            let browser = Browser(service)
            let page = try await browser.send("GET", "/api/auth/sign-in")
            #expect(page.status == 200 && page.text.contains("Sign in with Acme &lt;SSO&gt;"))
            #expect(page.text.contains("Sign in with Kubernetes"))
            #expect(page.headers["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
            #expect(try await browser.begin("github").status == 404)
            #expect(try await browser.send("GET", "/api/auth/github/handler/frame?code=a").status == 404)
        }
    }
}
