import Base
import Store
import Synchronization
import TestSupport

@testable import Access

/// A server over a database of its own, with a clock that stands.
final class OAuthScene: Sendable {
    static let ring = KeyRing(secrets: ["a secret of thirty-two bytes or more"])
    static let redirect = "https://portal.example/cb"

    let store: Store
    private let clock = Mutex(Timestamp(seconds: 1_800_000_000))
    init(_ store: Store) { self.store = store }

    func server(
        _ ring: KeyRing = ring, users: FewUsers = FewUsers(),
        _ change: (inout OAuthConfiguration) -> Void = { _ in }
    ) throws -> AuthorizationServer {
        var configuration = OAuthConfiguration(baseURL: "https://h.example")
        configuration.clients = [
            try .configured(id: "portal", name: "Portal", secret: nil, redirectURIs: [Self.redirect])
        ]
        configuration.refreshTokens = OAuthConfiguration.RefreshTokens()
        change(&configuration)
        return AuthorizationServer(
            configuration, store: store.oauth, ring: ring, directory: users, http: nil,
            logger: Logger("test") { _ in },
            now: { self.now })
    }

    var now: Timestamp { clock.withLock { $0 } }
    func pass(_ seconds: Int64) { clock.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// What tests of the authorization server do in common.
protocol OAuthTests {}

extension OAuthTests {
    static var ring: KeyRing { OAuthScene.ring }
    static var redirect: String { OAuthScene.redirect }
    static var verifier: String { String(repeating: "v", count: 43) }

    static func with(_ body: @Sendable (OAuthScene) async throws -> Void) async throws {
        try await TestDatabase.withStore { try await body(OAuthScene($0)) }
    }

    static var ann: Person {
        Person(
            subject: "oidc:ann", displayName: "Ann", userEntityRef: "user:default/ann",
            expires: Timestamp(seconds: 2_000_000_000))
    }

    static func request(_ change: [String: String?] = [:]) -> OAuthParameters {
        var values: [String: String?] = [
            "response_type": "code", "client_id": "portal", "redirect_uri": redirect, "state": "s t",
            "code_challenge": Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe),
            "code_challenge_method": "S256",
        ]
        for (name, value) in change { values[name] = .some(value) }
        return OAuthParameters(values.compactMap { name, value in value.map { (name, $0) } })
    }

    static func code(_ step: AuthorizationStep) throws -> String {
        guard case .redirect(let location) = step, let start = location.firstRange(of: "?code=") else {
            throw OAuthError(.invalidRequest, "no code")
        }
        return String(location[start.upperBound...].prefix { $0 != "&" })
    }

    /// Asks, has Ann agree, and gives the code.
    static func agreed(_ server: AuthorizationServer, _ change: [String: String?] = [:]) async throws -> String {
        let step = try await server.begin(request(change), for: ann)
        guard case .ask(let question) = step else { return try code(step) }
        return try code(try await server.decide(question.ticket, approves: true, by: ann))
    }

    static func tokens(
        _ server: AuthorizationServer, code: String, _ more: [(String, String)] = []
    ) async throws -> JSONValue {
        try await server.token(
            OAuthParameters(
                [
                    ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier),
                    ("client_id", "portal"),
                ]
                .map { (name: $0.0, value: $0.1) } + more.map { (name: $0.0, value: $0.1) }),
            authorization: nil)
    }

    static func refreshed(
        _ server: AuthorizationServer, _ token: String?, _ more: [(String, String)] = []
    ) async throws -> JSONValue {
        try await server.token(
            OAuthParameters(
                [("grant_type", "refresh_token"), ("refresh_token", token ?? ""), ("client_id", "portal")].map {
                    (name: $0.0, value: $0.1)
                } + more.map { (name: $0.0, value: $0.1) }),
            authorization: nil)
    }
}
