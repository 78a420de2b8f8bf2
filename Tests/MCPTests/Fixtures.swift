import Base
import HTTPServer
import Synchronization
import Testing

@testable import MCP

/// Requests as clients send them: a complete one by default, from which a test takes away or changes what it is about.
struct Post {
    var method = "POST"
    var headers: HTTPHeaders = ["Content-Type": "application/json", "Accept": "application/json, text/event-stream"]
    var body: JSONValue

    /// A correct request of 2026-07-28.
    static func modern(_ method: String, _ params: JSONObject = [:], id: JSONValue = 1) -> Post {
        var params = params
        params["_meta"] = [
            "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": [:],
            "io.modelcontextprotocol/clientInfo": ["name": "test", "version": "1"],
        ]
        var post = Post(body: ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)])
        post.headers.set("MCP-Protocol-Version", "2026-07-28")
        post.headers.set("Mcp-Method", method)
        let named = RoutingHeader.namedParameter[method] ?? "name"
        if let name = params[named]?.stringValue { post.headers.set("Mcp-Name", name) }
        return post
    }

    /// A correct request of an older revision; nil leaves the header out.
    static func legacy(
        _ method: String, _ params: JSONObject = [:], id: JSONValue = 1, version: String? = "2025-11-25"
    ) -> Post {
        Post(body: ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(params)]).header(version)
    }

    /// The same with this `MCP-Protocol-Version`, or none.
    func header(_ version: String?) -> Post { with("MCP-Protocol-Version", version) }

    func with(_ name: String, _ value: String?) -> Post {
        var copy = self
        var headers = HTTPHeaders()
        for header in copy.headers where header.name.lowercased() != name.lowercased() {
            headers.add(header.name, header.value)
        }
        if let value { headers.add(name, value) }
        copy.headers = headers
        return copy
    }

    /// The same with the metadata changed; nil removes a key.
    func meta(_ key: String, _ value: JSONValue?) -> Post {
        var copy = self
        var params = body["params"]?.objectValue ?? [:]
        var meta = params["_meta"]?.objectValue ?? [:]
        meta[key] = value
        params["_meta"] = .object(meta)
        var object = body.objectValue ?? [:]
        object["params"] = .object(params)
        copy.body = .object(object)
        return copy
    }

    func route(
        _ origins: OriginPolicy = OriginPolicy(), session: MCPRouter.SessionReader = { _ in nil }
    ) -> MCPRouter.Route {
        MCPRouter.plain(origins).route(method: method, headers: headers, body: body.serialized(), session: session)
    }

    func request(_ path: String = "/api/mcp-actions/v1") throws -> HTTPServerRequest {
        HTTPServerRequest(
            method: method, target: try #require(RequestTarget(path)), headers: headers,
            body: body.serialized(), remoteAddress: "127.0.0.1", id: "request-1")
    }
}

extension MCPRouter {
    /// Of a server that has tools alone.
    static func plain(_ origins: OriginPolicy = OriginPolicy()) -> MCPRouter {
        MCPRouter(origins: origins, modernMethods: MCPOffer().modernMethods)
    }
}

extension MCPRouter.Route {
    /// A short form for tables: `2026-07-28 tools/list`, `accepted`, `batch of 2`, `400 -32602`.
    var summary: String {
        switch self {
        case .request(let request, let version, let session):
            "\(version.rawValue) \(request.method)" + (session == nil ? "" : " in a session")
        case .batch(let elements, _): "batch of \(elements.count)"
        case .notification, .accepted: "accepted"
        case .response: "response"
        case .stream(_, let last): last.map { "stream after \($0)" } ?? "stream"
        case .end: "end"
        case .rejected(let rejection): "\(rejection.status) \(rejection.error.code.rawValue)"
        }
    }

    var rejection: Rejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }
}

/// A provider with a few small tools. The principal is the caller's name; `viewer` may not see `delete_entity`.
struct SampleProvider: ToolProvider {
    struct Secret: Error, CustomStringConvertible {
        let description = "password=hunter2"
    }

    let tools: [Tool]
    /// When every principal expires.
    var expiry: Int64?
    /// Which resources may be heard of; nil stands for their list.
    var audible: @Sendable (String?) -> Bool = { _ in true }
    /// Is told who asks for tools.
    var onPrincipal: @Sendable (String) -> Void = { _ in }
    var onCall: @Sendable (String, JSONObject) async throws -> ToolResult

    init(
        _ definitions: [ToolDefinition] = SampleProvider.definitions,
        onCall: @escaping @Sendable (String, JSONObject) async throws -> ToolResult = SampleProvider.answer
    ) {
        tools = Tool.usable(definitions, logger: Logger("test") { _ in })
        self.onCall = onCall
    }

    func subject(of principal: String) -> String { principal }

    func expiry(of principal: String) -> Int64? { expiry }

    /// What is after a colon is another request of the same.
    func holder(of principal: String) -> String { String(principal.prefix { $0 != ":" }) }

    func mayHear(_ uri: String?, for principal: String) -> Bool { audible(uri) }

    func tools(for principal: String) async -> [Tool] {
        onPrincipal(principal)
        return principal == "viewer" ? tools.filter { $0.name != "delete_entity" } : tools.reversed()
    }

    func call(_ name: String, arguments: JSONObject, for principal: String) async throws -> ToolResult {
        try await onCall(name, arguments)
    }

    static let definitions = [
        ToolDefinition(
            name: "get_entity", aliases: ["catalog:get-entity", "shared"], title: "Get entity",
            description: "One entity by name.",
            inputSchema: [
                "type": "object",
                "properties": [
                    "name": ["type": "string"], "limit": ["type": "integer", "maximum": 500],
                    "namespace": ["type": "string", "x-mcp-header": "Namespace"],
                ],
                "required": ["name"], "additionalProperties": false,
            ],
            outputSchema: [
                "type": "object", "properties": ["name": ["type": "string"]], "required": ["name"],
                "additionalProperties": false,
            ],
            annotations: ToolAnnotations(readOnly: true, idempotent: true)),
        ToolDefinition(
            name: "delete_entity", aliases: ["shared"], title: "Delete entity", description: "Removes an entity.",
            inputSchema: ["type": "object", "additionalProperties": false]),
    ]

    static let answer: @Sendable (String, JSONObject) async throws -> ToolResult = { _, arguments in
        switch arguments["name"] {
        case "missing": throw ToolFailure(name: "NotFoundError", message: "No entity found with name \"missing\"")
        case "broken": throw Secret()
        case "malformed": ToolResult(structured: ["nome": 1])
        case "huge": ToolResult(structured: ["name": .string(String(repeating: "x", count: 200_000))])
        case "refused": ToolResult(structured: ["candidates": []], text: "which one?", isError: true)
        case let name: ToolResult(structured: ["name": name ?? .null])
        }
    }
}

/// A server over ``SampleProvider`` that keeps its log.
final class Endpoint: Sendable {
    private let lines: LogLines
    let server: MCPServer<SampleProvider>

    init(
        _ provider: SampleProvider = SampleProvider(), clock: any Clock<Duration> = ContinuousClock(),
        configure: (inout MCPConfiguration) -> Void = { _ in }
    ) {
        var configuration = MCPConfiguration(version: "1.2.3")
        configuration.description = "What is on stage"
        configuration.instructions = "Ask for entities."
        configure(&configuration)
        let lines = LogLines()
        self.lines = lines
        server = MCPServer(
            provider: provider, configuration: configuration, logger: Logger("mcp") { lines.add($0) }, clock: clock)
    }

    var log: String { lines.text }

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]
        let json: JSONValue
    }

    func send(_ post: Post, as principal: String = "admin") async throws -> Answer {
        let response = await server.respond(to: try post.request(), principal: principal)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("a streamed answer")
            return Answer(status: response.status, headers: response.headers, bytes: [], json: nil)
        }
        return Answer(
            status: response.status, headers: response.headers, bytes: bytes,
            json: bytes.isEmpty ? nil : try JSONValue(parsing: bytes))
    }
}

/// What was logged.
final class LogLines: Sendable {
    private let lines = Mutex("")

    func add(_ line: [UInt8]) { lines.withLock { $0 += String(decoding: line, as: UTF8.self) } }
    var text: String { lines.withLock { $0 } }
}
