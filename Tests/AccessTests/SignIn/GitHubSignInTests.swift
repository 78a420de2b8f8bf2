import Base
import HTTPClient
import HTTPServer
import Testing

@testable import Access

@Suite("Sign-in at GitHub")
struct GitHubSignInTests {
    private let github: StandIn
    private let http = HTTPClient(name: "sign-in-test")
    private let attempt = SignInAttempt(provider: "github", returnPath: "/", now: Timestamp(seconds: 0))
    private static let callback = "https://callboard.example/api/auth/github/handler/frame"

    init() throws { github = try StandIn() }

    private func provider(
        organizations: [String]? = ["acme"], needsEmail: Bool = false
    ) -> GitHubSignIn {
        var settings = GitHubSignInSettings(clientID: "Iv1", clientSecret: "gh-s3cret")
        settings.enterpriseURL = github.url
        settings.allowedOrganizations = organizations
        settings.needsEmail = needsEmail
        return GitHubSignIn(settings, http: http)
    }

    private func serve(_ answers: [String: HTTPServerResponse]) {
        let usual: [String: HTTPServerResponse] = [
            "/login/oauth/access_token": .json(200, ["access_token": "gho_1", "token_type": "bearer"]),
            "/api/v3/user": .json(200, ["id": 42, "login": "ann", "name": "Ann"]),
            "/api/v3/user/memberships/orgs/acme": .json(200, ["state": "active"]),
        ]
        github.answer { answers[$0.path] ?? usual[$0.path] ?? .json(404, ["message": "Not Found"]) }
    }

    private func identity(_ provider: GitHubSignIn) async throws(SignInError) -> SignInIdentity {
        try await provider.identity(code: "c0de", issuer: nil, attempt: attempt, callback: Self.callback)
    }

    @Test("the person is sent with state and challenge, and asked for no more than is looked at")
    func authorization() async throws {
        for (provider, scope) in [
            (provider(), "read:user read:org"), (provider(organizations: nil), "read:user"),
            (provider(organizations: nil, needsEmail: true), "read:user user:email"),
        ] {
            let url = try await provider.authorizationURL(for: attempt, callback: Self.callback)
            let target = try #require(RequestTarget(url))
            #expect(url.hasPrefix(github.url) && target.path == "/login/oauth/authorize")
            let query = Dictionary(uniqueKeysWithValues: target.query.map { ($0.name, $0.value) })
            #expect(
                query == [
                    "client_id": "Iv1", "redirect_uri": Self.callback, "scope": scope, "state": attempt.state,
                    "code_challenge": attempt.challenge, "code_challenge_method": "S256",
                ])
        }
    }

    @Test("a member is known by the number that stays, and admitted")
    func member() async throws {
        serve([:])
        let found = try await identity(provider())
        #expect(found.subject == "github:42" && found.username == "ann" && found.displayName == "Ann")
        #expect(found.isAdmitted && found.email == nil)
        let exchange = try #require(github.asked.first)
        #expect(exchange.formField("code") == "c0de" && exchange.formField("code_verifier") == attempt.verifier)
        #expect(exchange.headers["Accept"] == "application/json" && exchange.headers["User-Agent"] != nil)
        #expect(github.asked.dropFirst().allSatisfy { $0.headers["Authorization"] == "Bearer gho_1" })
    }

    @Test("who is in none of the organizations is not admitted, nor who was only invited")
    func stranger() async {
        let path = "/api/v3/user/memberships/orgs/acme"
        for answer in [
            HTTPServerResponse.json(404, [:]), .json(403, [:]), .json(200, ["state": "pending"]), .json(200, [:]),
        ] {
            serve([path: answer])
            let error = await #expect(throws: SignInError.self) { try await identity(provider()) }
            #expect(error?.code == .notAdmitted)
        }
    }

    @Test("one of several organizations suffices; with any of them GitHub alone admits nobody")
    func organizations() async throws {
        serve([:])
        #expect(try await identity(provider(organizations: ["other", "acme"])).isAdmitted)
        #expect(try await !identity(provider(organizations: nil)).isAdmitted)
    }

    @Test("only a primary email that GitHub has verified counts")
    func email() async throws {
        for (primary, verified) in [(true, true), (true, false), (false, true)] {
            let address: JSONValue = [
                "email": "ann@acme.example", "primary": .bool(primary), "verified": .bool(verified),
            ]
            serve(["/api/v3/user/emails": .json(200, [address])])
            let found = try await identity(provider(needsEmail: true))
            #expect(found.email == (primary && verified ? "ann@acme.example" : nil))
        }
    }

    private static let faults: [(String, HTTPServerResponse, SignInError.Code)] = [
        ("/login/oauth/access_token", .json(200, ["error": "bad_verification_code"]), .refused),
        ("/login/oauth/access_token", .json(404, [:]), .refused),
        ("/login/oauth/access_token", .json(200, [:]), .invalidAnswer),
        ("/login/oauth/access_token", .json(200, ["access_token": "a\r\nb"]), .invalidAnswer),
        ("/login/oauth/access_token", .json(502, [:]), .unavailable), ("/api/v3/user", .json(401, [:]), .invalidAnswer),
        ("/api/v3/user", .json(200, ["login": "ann"]), .invalidAnswer), ("/api/v3/user", .json(503, [:]), .unavailable),
        ("/api/v3/user/memberships/orgs/acme", .json(500, [:]), .unavailable),
    ]

    @Test("each way in which GitHub fails has its name, and no secret is told", arguments: faults)
    func failure(path: String, answer: HTTPServerResponse, expected: SignInError.Code) async {
        serve([path: answer])
        let error = await #expect(throws: SignInError.self) { try await identity(provider()) }
        #expect(error?.code == expected)
        for secret in ["gh-s3cret", "c0de", "gho_1", attempt.verifier] {
            #expect(error?.detail.contains(secret) == false)
        }
    }
}
