import Base
import Store
import TestSupport
import Testing

@testable import Access

@Suite("What the authorization server keeps", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SigningKeysTests: OAuthTests {
    @Test("no code and no token stands in the database")
    func hashes() async throws {
        try await Self.with { scene in
            let server = try scene.server()
            let code = try await Self.agreed(server)
            let answer = try await Self.tokens(server, code: code)
            let grant = try #require(
                try await scene.store.oauth.grant(
                    ofRefresh: AuthorizationServer.hash(answer["refresh_token"]?.stringValue ?? "")))
            #expect(!"\(grant)".contains(code) && !"\(grant)".contains(answer["refresh_token"]?.stringValue ?? ""))
            let keys = try await scene.store.oauth.signingKeys(now: scene.now)
            let key = try #require(keys.first)
            let der = try #require(Self.ring.open(key.sealed, for: "signing-key"))
            #expect(keys.count == 1 && SigningKey(der: der)?.id == key.id && !"\(key.jwk)".contains("\"d\""))
        }
    }

    @Test(
        "keys are rotated: the next one is published before it signs, and the old one checks until its tokens are over")
    func rotation() async throws {
        try await Self.with { scene in
            let (server, other) = (try scene.server(), try scene.server())
            let first = try await server.keySet()["keys"]?.arrayValue ?? []
            #expect(try await other.keySet()["keys"]?.arrayValue == first && first.count == 1)
            scene.pass(30 * 86_400 - 600)
            let both = try await server.keySet()["keys"]?.arrayValue ?? []
            #expect(both.count == 2 && both.contains(first[0]))
            let code = try await Self.agreed(server)
            let token = try JSONWebToken(
                parsing: try await Self.tokens(server, code: code)["access_token"]?.stringValue ?? "")
            #expect(token.keyID == first[0]["kid"]?.stringValue, "the new one only waits")
            scene.pass(700)
            let later = try JSONWebToken(
                parsing: try await Self.tokens(server, code: try await Self.agreed(server))["access_token"]?.stringValue
                    ?? "")
            #expect(later.keyID != token.keyID)
            scene.pass(3 * 3_600)
            #expect(try await other.keySet()["keys"]?.arrayValue?.contains(first[0]) == false)
        }
    }

    @Test("with another secret, a new key signs and old client ids and questions are worth nothing")
    func otherSecret() async throws {
        try await Self.with { scene in
            let first = try await scene.server().keySet()
            let other = try scene.server(KeyRing(secrets: ["another secret of thirty-two bytes or so"]))
            #expect(try await other.keySet() != first)
            let both = try scene.server(
                KeyRing(secrets: ["another secret of thirty-two bytes or so", "a secret of thirty-two bytes or more"]))
            #expect(try await both.keySet()["keys"]?.arrayValue?.count == 2)
        }
    }
}
