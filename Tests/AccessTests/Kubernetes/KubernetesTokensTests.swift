import Actions
import Base
import KubeClient
import Synchronization
import TestSupport
import Testing

@testable import Access

/// An API server that answers reviews as a test sets it.
private final class ReviewServer: Sendable {
    struct State {
        var status: JSONValue = [
            "authenticated": true, "audiences": ["callboard"],
            "user": ["username": "system:serviceaccount:ci:bot", "uid": "7", "groups": ["system:serviceaccounts:ci"]],
        ]
        var allowed: Set<String> = ["namespaces", "pods", "deployments", "configmaps"]
        var isDown = false
        var asked: [JSONValue] = []
    }

    let gate = Gate()
    let clock = ManualClock()
    let state = Mutex(State())

    func reviews(waiting: Bool = false) -> TokenReviews {
        TokenReviews { [self] request in
            if waiting { _ = await gate.wait() }
            return try answer(request)
        }
    }

    private func answer(_ request: KubernetesRequest) throws -> [UInt8] {
        let body = try JSONValue(parsing: request.body ?? [])
        return try state.withLock { state in
            state.asked.append(body)
            guard !state.isDown else { throw CancellationError() }
            let resource = body["spec"]?["resourceAttributes"]?["resource"]?.stringValue
            let status =
                resource.map { JSONValue.object(["allowed": .bool(state.allowed.contains($0))]) } ?? state.status
            return JSONValue.object(["status": status]).serialized()
        }
    }

    var tokenReviews: Int { state.withLock { $0.asked.count { $0["kind"] == "TokenReview" } } }

    func tokens(
        _ grants: [KubernetesGrant], limits: KubernetesTokens.Limits = KubernetesTokens.Limits(), waiting: Bool = false
    ) -> KubernetesTokens {
        let start = clock.now
        let passed: @Sendable () -> Duration = { [clock] in start.duration(to: clock.now) }
        return KubernetesTokens(
            reviews(waiting: waiting), audiences: ["callboard"], grants: grants, limits: limits, passed: passed,
            now: { Timestamp(seconds: 1_000 + passed().components.seconds) })
    }
}

@Suite("Tokens of clusters")
struct KubernetesTokensTests {
    private let server = ReviewServer()
    private let bot = KubernetesGrant(.serviceAccount(namespace: "ci", name: "bot"))
    private static let key = SigningKey.generate()

    private func token(_ claims: JSONObject = ["exp": 5_000]) -> String { Self.key.sign(claims) }

    @Test("the server says whose a token is, and is asked for our audience")
    func good() async throws {
        let text = token()
        let caller = try await server.tokens([bot]).caller(of: text)
        #expect(caller?.subject == "kubernetes:system:serviceaccount:ci:bot" && caller?.restrictions == nil)
        let asked = server.state.withLock { $0.asked[0] }
        #expect(asked["spec"] == ["token": .string(text), "audiences": ["callboard"]])
    }

    private static let refused: [JSONValue] = [
        ["authenticated": false], [:], ["authenticated": true, "audiences": ["callboard"]],
        ["authenticated": true, "audiences": ["callboard"], "user": ["username": ""]],
        // A server that knows no audiences would take tokens that are meant for itself.
        ["authenticated": true, "user": ["username": "system:serviceaccount:ci:bot"]],
        ["authenticated": true, "audiences": ["https://kubernetes.default.svc"], "user": ["username": "ann"]],
    ]

    @Test("a token that the server does not take for us is refused", arguments: refused)
    func notTaken(_ status: JSONValue) async {
        server.state.withLock { $0.status = status }
        let reason = "The cluster does not take the token or it is meant for another audience"
        await #expect(throws: TokenError.invalid(reason)) { try await server.tokens([bot]).caller(of: token()) }
    }

    @Test("an account that nobody lets in is refused")
    func stranger() async {
        let grants = [
            KubernetesGrant(.serviceAccount(namespace: "ci", name: "other")), KubernetesGrant(.group("system:masters")),
        ]
        let reason = "The account of the token is not one of those that are let in"
        await #expect(throws: TokenError.invalid(reason)) { try await server.tokens(grants).caller(of: token()) }
    }

    @Test("who is let in by several has what they give together")
    func together() async throws {
        let catalog = AccessRestriction(plugin: "catalog", permissions: nil, attributes: [.read])
        let costs = AccessRestriction(plugin: "callboard", permissions: ["callboard.cost.read"], attributes: nil)
        let grants = [
            KubernetesGrant(.group("system:serviceaccounts:ci"), restrictions: [catalog]),
            KubernetesGrant(.user("system:serviceaccount:ci:bot"), restrictions: [costs]),
            KubernetesGrant(.user("ann")),
        ]
        #expect(try await server.tokens(grants).caller(of: token())?.restrictions == [catalog, costs])
        #expect(server.state.withLock { $0.asked.count } == 1)
    }

    private static let rules: [(Set<String>, Bool, Bool)] = [
        (["namespaces", "pods", "deployments", "configmaps"], true, true), (["namespaces"], true, false),
        (["pods", "deployments", "configmaps"], false, true), (["namespaces", "pods", "configmaps"], true, false),
        ([], false, false),
    ]

    @Test("objects of clusters are for those who may list them there, whatever else is given", arguments: rules)
    func decidedByCluster(_ allowed: Set<String>, _ clusters: Bool, _ objects: Bool) async throws {
        server.state.withLock { $0.allowed = allowed }
        let everything = try #require(try await server.tokens([bot]).caller(of: token()))
        let kubernetes = AccessRestriction(plugin: "kubernetes", permissions: nil, attributes: nil)
        let narrow = KubernetesGrant(.serviceAccount(namespace: "ci", name: "bot"), restrictions: [kubernetes])
        for caller in [everything, try #require(try await server.tokens([narrow]).caller(of: token()))] {
            #expect(caller.may(.readClusters) == clusters && caller.may(.readClusterObjects) == objects)
            #expect(caller.may(.readCosts) == (caller == everything))
        }
        #expect(throws: ActionError.self) { try everything.checkNamed(.writeScaleOps) }
    }

    @Test("an answer is kept for a minute, a refusal for ten seconds, and nothing beyond the token's own end")
    func kept() async throws {
        let tokens = server.tokens([bot])
        let (long, short) = (token(), token(["exp": 1_020]))
        _ = (try await tokens.caller(of: long), try await tokens.caller(of: short))
        server.clock.advance(by: .seconds(19))
        _ = (try await tokens.caller(of: long), try await tokens.caller(of: short))
        #expect(server.tokenReviews == 2)
        server.state.withLock { $0.status = ["authenticated": false] }
        server.clock.advance(by: .seconds(1))
        _ = try await tokens.caller(of: long)
        await #expect(throws: TokenError.self) { try await tokens.caller(of: short) }
        await #expect(throws: TokenError.self) { try await tokens.caller(of: short) }
        #expect(server.tokenReviews == 3)
        server.clock.advance(by: .seconds(10))
        await #expect(throws: TokenError.self) { try await tokens.caller(of: short) }
        #expect(server.tokenReviews == 4)
        server.clock.advance(by: .seconds(30))
        await #expect(throws: TokenError.self) { try await tokens.caller(of: long) }
        #expect(server.tokenReviews == 5)
    }

    @Test("a server that does not answer is no refusal, and is asked again at once")
    func down() async throws {
        let tokens = server.tokens([bot])
        server.state.withLock { $0.isDown = true }
        let text = token()
        for _ in 0..<2 {
            let result: TokenError?
            do throws(TokenError) {
                _ = try await tokens.caller(of: text)
                result = nil
            } catch { result = error }
            guard case .unavailable(let detail) = result else { Issue.record("\(String(describing: result))"); return }
            #expect(!detail.contains(text))
        }
        #expect(server.tokenReviews == 2)
        server.state.withLock { $0.isDown = false }
        #expect(try await tokens.caller(of: text) != nil)
    }

    @Test("who asks for the same token at the same time is answered by one question")
    func shared() async throws {
        let tokens = server.tokens([bot], waiting: true)
        let text = token()
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { try await tokens.caller(of: text) } }
            server.gate.open()
            for try await caller in group { #expect(caller != nil) }
        }
        #expect(server.tokenReviews == 1)
    }

    @Test("questions under way are bounded: who comes beyond is told to come again")
    func bounded() async throws {
        var limits = KubernetesTokens.Limits()
        limits.maximumQuestions = 4
        let tokens = server.tokens([bot], limits: limits, waiting: true)
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<10 {
                let text = token(["exp": 5_000, "n": .int(Int64(number))])
                group.addTask { (try? await tokens.caller(of: text)) != nil }
            }
            // Those who are turned away do not wait.
            for _ in 0..<6 { #expect(await group.next() == false) }
            server.gate.open()
            for await isIn in group { #expect(isIn) }
        }
    }

    @Test("what has not the form of a token is not shown to the server")
    func form() async throws {
        for text in ["my-password", "eyJhbGciOiJub25lIn0.e30.", "a.b.c"] {
            #expect(try await server.tokens([bot]).caller(of: text) == nil)
        }
        #expect(server.state.withLock { $0.asked.isEmpty })
    }
}
