import Base
import HTTPServer
import TestSupport
import Testing

@testable import MCP

@Suite("Ids of sessions")
struct SessionIssuerTests {
    private func issuer(_ keys: KeyRing, server: String = "callboard", at now: Int64 = 1_000_000) -> SessionIssuer {
        SessionIssuer(keys: keys, server: server) { now }
    }

    private let keys = KeyRing(secrets: [String(repeating: "a", count: 32)])

    @Test("an id gives back what was agreed on, at any replica with the same secret")
    func roundTrip() {
        for version in ProtocolVersion.allCases where !version.isModern {
            let session = issuer(keys).open(version, [.sampling, .elicitation], for: "external:ci")
            let other = issuer(KeyRing(secrets: [String(repeating: "a", count: 32)]))
            #expect(other.read(session.id, of: "external:ci") == session)
            #expect(session.id.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        }
    }

    @Test("an id is worth nothing to another principal, at another server, under another secret, or after its time")
    func foreign() {
        let id = issuer(keys).open(.v2025_11_25, [], for: "ann").id
        #expect(issuer(keys).read(id, of: "ann") != nil)
        #expect(issuer(keys).read(id, of: "bob") == nil)
        #expect(issuer(keys, server: "other").read(id, of: "ann") == nil)
        #expect(issuer(.ephemeral()).read(id, of: "ann") == nil)
        #expect(issuer(keys, at: 1_000_000 + SessionIssuer.lifetime - 1).read(id, of: "ann") != nil)
        #expect(issuer(keys, at: 1_000_000 + SessionIssuer.lifetime).read(id, of: "ann") == nil)
    }

    @Test("a secret that was replaced is still good for what it signed")
    func rotation() {
        let id = issuer(keys).open(.v2025_11_25, [], for: "ann").id
        let next = KeyRing(secrets: [String(repeating: "b", count: 32), String(repeating: "a", count: 32)])
        #expect(issuer(next).read(id, of: "ann") != nil)
    }

    @Test("an id of which anything was changed is unknown", arguments: 0..<20)
    func damaged(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let id = Array(issuer(keys).open(.v2025_06_18, [.roots], for: "ann").id.utf8)
        for _ in 0..<100 {
            var bytes = id
            let position = try #require(bytes.indices.randomElement(using: &random))
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0x21...0x7E, using: &random)
            case 1: bytes.remove(at: position)
            default: bytes.insert(UInt8.random(in: 0x21...0x7E, using: &random), at: position)
            }
            guard bytes != id else { continue }
            #expect(issuer(keys).read(String(decoding: bytes, as: UTF8.self), of: "ann") == nil)
        }
        #expect(issuer(keys).read("", of: "ann") == nil)
        #expect(issuer(keys).read(String(repeating: "a.", count: 10_000), of: "ann") == nil)
    }

    @Test("the order of capabilities and modes that a client declares is read as the protocol has it")
    func capabilities() {
        #expect(ClientCapabilities(["sampling": [:], "roots": ["listChanged": true]]) == [.sampling, .roots])
        #expect(ClientCapabilities(["elicitation": [:]]) == .elicitation)
        #expect(ClientCapabilities(["elicitation": ["form": [:], "url": [:]]]) == .elicitation)
        #expect(ClientCapabilities(["elicitation": ["url": [:]]]) == [])
        #expect(ClientCapabilities(nil) == [])
        #expect(ClientCapabilities([]) == [])
    }
}

@Suite("Routing: sessions, streams and their ends")
struct MCPRouterSessionTests {
    private static func session(_ id: String) -> MCPSession? {
        id == "known" ? MCPSession(id: id, version: .v2025_06_18, client: [], expiry: .max) : nil
    }

    /// Method of HTTP, version header, session header, `Accept`, and what comes of it.
    struct Row: Sendable {
        let method: String
        let version: String?
        let session: String?
        var accept: String? = "text/event-stream"
        let route: String
    }

    @Test(
        "GET and DELETE are operations of a session, in the older revisions",
        arguments: [
            Row(method: "GET", version: nil, session: nil, route: "405 -32000"),
            Row(method: "GET", version: nil, session: "known", route: "stream"),
            Row(method: "GET", version: "2025-06-18", session: " known ", route: "stream"),
            Row(method: "GET", version: "2025-06-18", session: "unknown", route: "404 -32600"),
            Row(method: "GET", version: "2025-06-18", session: "", route: "404 -32600"),
            Row(method: "GET", version: "2025-11-25", session: "known", route: "400 -32600"),
            Row(method: "GET", version: "v9", session: "known", route: "400 -32022"),
            Row(method: "GET", version: "2026-07-28", session: "known", route: "405 -32000"),
            Row(method: "GET", version: nil, session: "known", accept: "application/json", route: "406 -32600"),
            Row(method: "GET", version: nil, session: "known", accept: nil, route: "406 -32600"),
            Row(method: "GET", version: nil, session: "known", accept: "*/*", route: "stream"),
            Row(method: "DELETE", version: nil, session: nil, route: "405 -32000"),
            Row(method: "DELETE", version: nil, session: "known", accept: nil, route: "end"),
            Row(method: "DELETE", version: nil, session: "unknown", route: "404 -32600"),
            Row(method: "DELETE", version: "2026-07-28", session: "known", route: "405 -32000"),
            Row(method: "PUT", version: nil, session: "known", route: "405 -32000"),
            Row(method: "OPTIONS", version: nil, session: nil, route: "405 -32000"),
        ])
    func others(row: Row) {
        let post = Post(method: row.method, headers: [:], body: nil).header(row.version).session(row.session)
        #expect(post.with("Accept", row.accept).route(session: Self.session).summary == row.route)
    }

    @Test(
        "a message finds its revision in its session",
        arguments: [
            (Post.legacy("tools/list", version: nil), "2025-06-18 tools/list in a session"),
            (Post.legacy("tools/list", version: "2025-06-18"), "2025-06-18 tools/list in a session"),
            (Post.legacy("tools/list", version: "2025-11-25"), "400 -32600"),
            (Post.legacy("initialize", version: "2025-11-25"), "2025-11-25 initialize"),
            (Post(body: ["jsonrpc": "2.0", "method": "notifications/initialized"]), "accepted"),
            (Post(body: ["jsonrpc": "2.0", "id": "a", "result": [:]]), "response"),
            (Post(body: ["jsonrpc": "2.0", "id": 1, "error": ["code": 1, "message": ""]]), "response"),
            (Post(body: ["jsonrpc": "2.0", "id": 1, "result": [:]]).header("2026-07-28"), "400 -32600"),
            (Post(body: [["jsonrpc": "2.0", "id": 1, "method": "ping"]]), "400 -32600"),
            (Post.modern("tools/list"), "2026-07-28 tools/list"),
        ])
    func messages(post: Post, route: String) {
        #expect(post.session("known").route(session: Self.session).summary == route)
    }

    @Test(
        "an unknown session is 404 for every message of the older revisions, and nothing to 2026-07-28",
        arguments: [
            (Post.legacy("tools/list"), "404 -32600"), (Post.legacy("initialize"), "2025-11-25 initialize"),
            (Post(body: ["jsonrpc": "2.0", "method": "notifications/initialized"]), "404 -32600"),
            (Post(body: ["jsonrpc": "2.0", "id": 1, "result": [:]]), "404 -32600"),
            (Post(body: [["jsonrpc": "2.0", "id": 1, "method": "ping"]]), "404 -32600"),
            (Post.modern("tools/list"), "2026-07-28 tools/list"),
        ])
    func unknown(post: Post, route: String) {
        let routed = post.session("gone").route(session: Self.session)
        #expect(routed.summary == route)
        if case .request = post.route(), let rejection = routed.rejection { #expect(rejection.id == .integer(1)) }
    }

    @Test("two session headers are refused")
    func twice() {
        var post = Post.legacy("tools/list", version: nil).session("known")
        post.headers.add("mcp-session-id", "known")
        #expect(post.route(session: Self.session).summary == "400 -32600")
    }

    @Test("the last event that a client saw goes with its stream")
    func resumption() {
        #expect(Post.get("known").with("Last-Event-ID", "7").route(session: Self.session).summary == "stream after 7")
    }
}
