import Base
import HTTPServer
import Testing

@testable import MCP

@Suite("Routing: the ladder of 2026-07-28")
struct MCPRouterModernTests {
    private static let version = "io.modelcontextprotocol/protocolVersion"
    private static let capabilities = "io.modelcontextprotocol/clientCapabilities"

    private func expect(_ post: Post, _ summary: String, _ message: String = "") {
        let route = post.route()
        #expect(route.summary == summary)
        if let rejection = route.rejection {
            #expect(rejection.id == .integer(1), "every error echoes the id")
            #expect(rejection.error.message.contains(message))
        }
    }

    @Test(
        "rung 2: a routing header given twice is refused",
        arguments: ["MCP-Protocol-Version", "Mcp-Method", "mcp-name"])
    func duplicates(name: String) {
        var post = Post.modern("tools/call", ["name": "get_entity"])
        post.headers.add(name, post.headers[name] ?? "")
        expect(post, "400 -32020", "more than once")
    }

    @Test("rung 3: metadata that is missing or of the wrong type is named")
    func metadata() {
        let post = Post.modern("server/discover")
        var bare = post
        bare.body = ["jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": [:]]
        expect(bare, "400 -32602", "\(Self.version) and \(Self.capabilities)")
        bare.body = ["jsonrpc": "2.0", "id": 1, "method": "server/discover"]
        expect(bare, "400 -32602", Self.version)
        bare.body = ["jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": ["_meta": 5]]
        expect(bare, "400 -32602", "_meta must be an object")
        expect(post.meta(Self.version, nil), "400 -32602", Self.version)
        expect(post.meta(Self.capabilities, nil), "400 -32602", Self.capabilities)
        expect(post.meta(Self.capabilities, []), "400 -32602", "must be an object")
        expect(post.meta(Self.version, 20_260_728), "400 -32602", "must be a string")
        expect(post.meta("io.modelcontextprotocol/clientInfo", nil), "2026-07-28 server/discover")
        expect(post.meta("progressToken", "t").meta("traceparent", "x"), "2026-07-28 server/discover")
    }

    @Test("rung 3 comes before the comparison of versions")
    func metadataFirst() {
        expect(Post.modern("tools/list").meta(Self.capabilities, nil).header("v9"), "400 -32602")
        expect(Post.modern("tools/list").meta(Self.capabilities, nil).with("Mcp-Method", nil), "400 -32602")
    }

    @Test("rung 4: header and metadata must name the same version, before it matters whether it is served")
    func versionHeader() {
        expect(Post.modern("tools/list").header(nil), "400 -32020", "missing")
        expect(Post.modern("tools/list").meta(Self.version, "v999.0.0"), "400 -32020", "differs")
        expect(Post.modern("tools/list").header(" 2026-07-28 "), "2026-07-28 tools/list")
    }

    @Test(
        "rung 5: a version that is not served is answered with those that are", arguments: ["v999.0.0", "2025-11-25"])
    func unsupported(version: String) {
        let post = Post.modern("tools/list").header(version).meta(Self.version, .string(version))
        expect(post, "400 -32022")
        #expect(post.route().rejection?.error.data == ["supported": ["2026-07-28"], "requested": .string(version)])
    }

    @Test("rung 6: Mcp-Method repeats the method, case and all")
    func methodHeader() {
        let post = Post.modern("tools/list")
        expect(post.with("Mcp-Method", nil), "400 -32020", "missing")
        expect(post.with("Mcp-Method", "tools/call"), "400 -32020", "differs")
        expect(post.with("Mcp-Method", "TOOLS/LIST"), "400 -32020", "differs")
        expect(post.with("MCP-METHOD", "  tools/list\t"), "2026-07-28 tools/list")
        expect(Post.modern("no/such").with("Mcp-Method", "tools/list"), "400 -32020", "differs")
    }

    @Test("rung 6: Mcp-Name repeats the tool's name, plain or wrapped in canonical base64")
    func nameHeader() {
        let post = Post.modern("tools/call", ["name": "Hello"])
        expect(post, "2026-07-28 tools/call")
        expect(post.with("Mcp-Name", nil), "400 -32020", "missing")
        expect(post.with("Mcp-Name", "hello"), "400 -32020", "differs")
        expect(post.with("Mcp-Name", " Hello "), "2026-07-28 tools/call")
        expect(post.with("Mcp-Name", "=?base64?SGVsbG8=?="), "2026-07-28 tools/call")
        expect(post.with("Mcp-Name", "=?base64?SGVsbG8?="), "400 -32020", "canonical")
        expect(post.with("Mcp-Name", "=?base64?SGVs!!!bG8=?="), "400 -32020", "canonical")
        expect(post.with("Mcp-Name", "=?BASE64?SGVsbG8=?="), "400 -32020", "differs")
        expect(Post.modern("prompts/get", ["name": "p"]).with("Mcp-Name", nil), "400 -32020")
        expect(Post.modern("resources/read", ["uri": "x:y"]).with("Mcp-Name", nil), "400 -32020", "missing")
    }

    @Test("rung 6: without a name in the body there is nothing to compare; the method says what is wrong")
    func nameMissingInBody() {
        expect(Post.modern("tools/call"), "2026-07-28 tools/call")
        expect(Post.modern("tools/call", ["name": 5]), "2026-07-28 tools/call")
    }

    @Test(
        "rung 7: removed methods, and those of capabilities that we have not, are unknown",
        arguments: [
            "initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", "unknown/method",
            "prompts/list", "resources/list", "subscriptions/listen", "completion/complete", "TOOLS/LIST",
        ])
    func unknownMethods(method: String) {
        expect(Post.modern(method), "404 -32601", method)
    }

    @Test("a name that merely looks the same is a difference")
    func canonicalEquivalence() {
        let post = Post.modern("tools/call", ["name": "e\u{301}"])
        expect(post.with("Mcp-Name", "=?base64?w6k=?="), "400 -32020", "differs")
        expect(post.with("Mcp-Name", "=?base64?ZcyB?="), "2026-07-28 tools/call")
    }
}

@Suite("Values of headers")
struct HeaderValueTests {
    @Test(
        "a value is literal unless it is wrapped exactly so",
        arguments: [
            ("abc", "abc"), ("  abc\t", "abc"), ("a b", "a b"), ("", ""), (" \t ", ""),
            ("=?base64?SGVsbG8=?=", "Hello"), (" =?base64?SGVsbG8=?= ", "Hello"), ("=?base64??=", ""),
            ("=?base64?w6k=?=", "é"), ("SGVsbG8=?=", "SGVsbG8=?="), ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
            ("=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="), ("=?base64?=", "=?base64?="),
        ])
    func decode(raw: String, text: String) {
        #expect(HeaderValue(raw)?.text == text)
    }

    @Test(
        "what is wrapped must be canonical base64 of UTF-8",
        arguments: [
            "=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "=?base64?SGVsbG9=?=", "=?base64?/w==?=", "=?base64? ?=",
        ])
    func malformed(raw: String) {
        #expect(HeaderValue(raw) == nil)
    }
}

@Suite("Which origins and hosts may come")
struct OriginPolicyTests {
    struct Row: Sendable {
        let origin: String?
        let host: String?
        let passes: Bool
    }

    private func passes(_ row: Row, _ policy: OriginPolicy) -> Bool {
        var headers = HTTPHeaders()
        if let origin = row.origin { headers.add("Origin", origin) }
        if let host = row.host { headers.add("Host", host) }
        return policy.objection(to: headers) == nil
    }

    @Test(
        "by default no page may come but one of this very endpoint on loopback",
        arguments: [
            Row(origin: nil, host: "callboard.example.com", passes: true),
            Row(origin: nil, host: nil, passes: true),
            Row(origin: "http://localhost:7007", host: "localhost:7007", passes: true),
            Row(origin: "http://127.0.0.1:7007", host: "127.0.0.1:7007", passes: true),
            Row(origin: "http://[::1]:7007", host: "[::1]:7007", passes: true),
            Row(origin: "HTTP://LOCALHOST:7007", host: "localhost:7007", passes: true),
            Row(origin: "http://localhost:3000", host: "localhost:7007", passes: false),
            Row(origin: "http://evil.example.com", host: "evil.example.com", passes: false),
            Row(origin: "http://evil.example.com", host: "localhost:7007", passes: false),
            Row(origin: "http://localhost.evil.com", host: "localhost.evil.com", passes: false),
            Row(origin: "null", host: "localhost:7007", passes: false),
            Row(origin: "", host: "localhost", passes: false),
        ])
    func byDefault(row: Row) {
        #expect(passes(row, OriginPolicy()) == row.passes)
    }

    @Test(
        "listed origins and hosts pass, loopback names always",
        arguments: [
            Row(origin: "https://portal.example.com", host: "callboard.example.com", passes: true),
            Row(origin: "https://portal.example.com", host: "callboard.example.com:8443", passes: true),
            Row(origin: "http://portal.example.com", host: "callboard.example.com", passes: false),
            Row(origin: nil, host: "api.example.com:443", passes: true),
            Row(origin: nil, host: "api.example.com:80", passes: false),
            Row(origin: nil, host: "localhost:7007", passes: true),
            Row(origin: nil, host: "evil.example.com", passes: false),
            Row(origin: nil, host: nil, passes: false),
        ])
    func listed(row: Row) {
        let policy = OriginPolicy(
            origins: ["https://Portal.example.com/"], hosts: ["callboard.example.com", "api.example.com:443"])
        #expect(passes(row, policy) == row.passes)
    }

    @Test("a header given twice is refused", arguments: ["Host", "Origin"])
    func twice(name: String) {
        var headers: HTTPHeaders = ["Host": "localhost", "Origin": "http://localhost"]
        headers.add(name, headers[name] ?? "")
        #expect(OriginPolicy().objection(to: headers) != nil)
    }
}
