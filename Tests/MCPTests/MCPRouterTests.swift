import Base
import HTTPServer
import Testing

@testable import MCP

@Suite("Routing: which era, which message")
struct MCPRouterTests {
    @Test("server/discover with full metadata is a modern request")
    func discover() {
        #expect(Post.modern("server/discover").route().summary == "2026-07-28 server/discover")
    }

    /// The table of reference §3: what the body claims, the method, the header, the route.
    struct Row: Sendable {
        let claims: Bool
        let method: String
        let header: String?
        let route: String
    }

    @Test(
        "claim, method and header decide the route",
        arguments: [
            Row(claims: true, method: "tools/list", header: "2026-07-28", route: "2026-07-28 tools/list"),
            Row(claims: true, method: "tools/list", header: nil, route: "400 -32020"),
            Row(claims: true, method: "tools/list", header: "2025-11-25", route: "400 -32020"),
            Row(claims: true, method: "tools/list", header: "v999.0.0", route: "400 -32020"),
            Row(claims: true, method: "initialize", header: "2026-07-28", route: "404 -32601"),
            Row(claims: false, method: "initialize", header: nil, route: "2025-03-26 initialize"),
            Row(claims: false, method: "initialize", header: "2025-11-25", route: "2025-11-25 initialize"),
            Row(claims: false, method: "initialize", header: "2026-07-28", route: "400 -32602"),
            Row(claims: false, method: "initialize", header: "1.0", route: "400 -32022"),
            Row(claims: false, method: "tools/list", header: "2026-07-28", route: "400 -32602"),
            Row(claims: false, method: "tools/list", header: "2025-11-25", route: "2025-11-25 tools/list"),
            Row(claims: false, method: "tools/list", header: "2025-06-18", route: "2025-06-18 tools/list"),
            Row(claims: false, method: "tools/list", header: "2025-03-26", route: "2025-03-26 tools/list"),
            Row(claims: false, method: "tools/list", header: "2024-11-05", route: "2024-11-05 tools/list"),
            Row(claims: false, method: "tools/list", header: " 2025-11-25\t", route: "2025-11-25 tools/list"),
            Row(claims: false, method: "tools/list", header: nil, route: "2025-03-26 tools/list"),
            Row(claims: false, method: "tools/list", header: "v999.0.0", route: "400 -32022"),
            Row(claims: false, method: "tools/list", header: "", route: "400 -32022"),
            Row(claims: false, method: "no/such", header: nil, route: "2025-03-26 no/such"),
        ])
    func route(row: Row) {
        let post = row.claims ? Post.modern(row.method) : Post.legacy(row.method)
        #expect(post.header(row.header).route().summary == row.route)
    }

    @Test("_meta alone makes no request modern")
    func metadataWithoutClaim() {
        let post = Post.legacy("tools/list", ["_meta": ["progressToken": 7]], version: nil)
        #expect(post.route().summary == "2025-03-26 tools/list")
    }

    @Test("an unknown legacy version is answered with those that are served and the one that was asked for")
    func unknownVersion() {
        let rejection = Post.legacy("tools/list", id: "a", version: "2031-01-01").route().rejection
        #expect(rejection?.id == .string("a"))
        #expect(rejection?.error.data == ["supported": ["2026-07-28"], "requested": "2031-01-01"])
    }

    @Test("two version headers are refused even if they agree")
    func duplicatedVersion() {
        var post = Post.legacy("tools/list")
        post.headers.add("mcp-protocol-version", "2025-11-25")
        #expect(post.route().summary == "400 -32020")
    }

    @Test(
        "a notification is accepted in both eras",
        arguments: [nil, "2025-11-25", "2026-07-28"], ["notifications/initialized", "notifications/cancelled"])
    func notification(header: String?, method: String) {
        let post = Post(body: ["jsonrpc": "2.0", "method": .string(method)]).header(header)
        #expect(post.route().summary == "accepted")
    }

    @Test("a notification at an unknown version is refused")
    func notificationAtUnknownVersion() {
        let post = Post(body: ["jsonrpc": "2.0", "method": "notifications/initialized"]).header("x")
        #expect(post.route().summary == "400 -32022")
    }

    @Test("without a session a response is refused: we asked nothing", arguments: [nil, "2025-11-25", "2026-07-28"])
    func response(header: String?) {
        #expect(Post(body: ["jsonrpc": "2.0", "id": 1, "result": [:]]).header(header).route().summary == "400 -32600")
        #expect(
            Post(body: ["jsonrpc": "2.0", "id": 1, "error": ["code": 1, "message": ""]]).header(header).route().summary
                == "400 -32600")
    }
}

@Suite("Routing: before the body")
struct MCPRouterEnvelopeTests {
    @Test(
        "only POST is served, in either era", arguments: ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"],
        [nil, "2026-07-28"])
    func method(name: String, header: String?) {
        var post = Post.legacy("tools/list", version: header)
        post.method = name
        let response = post.route().rejection?.response
        #expect(response?.status == 405)
        #expect(response?.headers["Allow"] == "POST")
        #expect(
            post.route().rejection?.body
                == ["jsonrpc": "2.0", "id": nil, "error": ["code": -32000, "message": "Method not allowed."]])
    }

    @Test(
        "a client that can read JSON is served, whatever else it accepts",
        arguments: [
            (nil, "2025-11-25 ping"), ("application/json", "2025-11-25 ping"), ("*/*", "2025-11-25 ping"),
            ("application/*", "2025-11-25 ping"), ("text/event-stream, application/json", "2025-11-25 ping"),
            ("Application/JSON;q=0.5", "2025-11-25 ping"), ("text/event-stream", "406 -32600"),
            ("text/html", "406 -32600"), ("application/json;q=0", "406 -32600"),
            ("application/json ; Q=0.0", "406 -32600"),
        ])
    func accept(value: String?, route: String) {
        #expect(Post.legacy("ping").with("Accept", value).route().summary == route)
    }

    @Test(
        "the body must be declared as JSON, so that no page can send it without a preflight",
        arguments: [
            ("application/json", "2025-11-25 ping"), ("application/json; charset=utf-8", "2025-11-25 ping"),
            ("APPLICATION/JSON", "2025-11-25 ping"), (nil, "415 -32600"), ("text/plain", "415 -32600"),
            ("application/x-www-form-urlencoded", "415 -32600"), ("application/jsonx", "415 -32600"),
        ])
    func contentType(value: String?, route: String) {
        #expect(Post.legacy("ping").with("Content-Type", value).route().summary == route)
    }

    @Test(
        "a body that is not JSON is a parse error without an id",
        arguments: ["", "{", "{\"jsonrpc\":\"2.0\"", "nul", "{} {}", String(repeating: "[", count: 500)])
    func notJSON(text: String) {
        let headers = Post.legacy("ping").headers
        let route = MCPRouter.plain().route(method: "POST", headers: headers, body: Array(text.utf8))
        #expect(route.summary == "400 -32700")
        #expect(route.rejection?.body["id"] == .null)
    }

    @Test("a body that is not UTF-8 is a parse error")
    func notUTF8() {
        let body = Array(#"{"jsonrpc":"2.0","id":1,"method":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        let route = MCPRouter.plain().route(
            method: "POST", headers: Post.legacy("ping").headers, body: body)
        #expect(route.summary == "400 -32700")
    }

    @Test("the origin is checked first of all")
    func origin() {
        var post = Post.modern("tools/list").with("Origin", "http://evil.example.com")
        #expect(post.route().summary == "403 -32600")
        post.method = "GET"
        #expect(post.route().summary == "403 -32600")
    }
}

@Suite("Routing: batches of 2025-03-26")
struct MCPRouterBatchTests {
    private func post(_ body: JSONValue, _ header: String?) -> Post { Post(body: body).header(header) }
    private let ping: JSONValue = ["jsonrpc": "2.0", "id": 1, "method": "ping"]
    private let note: JSONValue = ["jsonrpc": "2.0", "method": "notifications/initialized"]

    @Test("an array is a batch at 2025-03-26, which no header also means", arguments: [nil, "2025-03-26"])
    func batch(header: String?) {
        #expect(post([ping, note, ping], header).route().summary == "batch of 3")
    }

    @Test(
        "an array is refused at every other revision",
        arguments: ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28"])
    func noBatch(header: String) {
        #expect(post([ping], header).route().summary == "400 -32600")
    }

    @Test("an empty, an oversized and a modern batch are refused")
    func refused() {
        #expect(post([], nil).route().summary == "400 -32600")
        #expect(post(.array(Array(repeating: ping, count: 33)), nil).route().summary == "400 -32600")
        #expect(post([ping, Post.modern("tools/list").body], nil).route().summary == "400 -32600")
        #expect(post([ping], "v9").route().summary == "400 -32022")
    }

    @Test("an element that cannot be read is refused alone")
    func elements() throws {
        let initialize: JSONValue = ["jsonrpc": "2.0", "id": 2, "method": "initialize"]
        let route = post([ping, initialize, 5, ["jsonrpc": "2.0", "id": 3, "result": [:]]], nil).route()
        guard case .batch(let elements, _) = route else {
            Issue.record("not a batch: \(route)")
            return
        }
        let ids = elements.map { element -> JSONValue in
            if case .rejected(let rejection) = element { rejection.body["id"] ?? nil } else { "served" }
        }
        #expect(ids == ["served", 2, nil, nil])
    }
}
