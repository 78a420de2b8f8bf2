import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import MCP

/// Servers over real connections. The principal is the bearer token.
struct Wire: Sendable {
    let server: MCPServer<SampleProvider>
    let port: Int
    let client: HTTPClient

    /// Runs the body against a server with the fixtures of the conformance suite.
    static func with(
        _ provider: SampleProvider = SampleProvider(), storage: (any SessionStorage)? = nil,
        clock: any Clock<Duration> = ContinuousClock(), configure: (inout MCPConfiguration) -> Void = { _ in },
        _ body: (Wire) async throws -> Void
    ) async throws {
        var configuration = MCPConfiguration(version: "1.2.3")
        configuration.offersConformanceFixtures = true
        configure(&configuration)
        let server = MCPServer(
            provider: provider, configuration: configuration, storage: storage, logger: Logger("mcp") { _ in },
            clock: clock)
        try await with(server, body)
    }

    static func with(_ server: MCPServer<SampleProvider>, _ body: (Wire) async throws -> Void) async throws {
        let http = try HTTPServer(HTTPServer.Configuration()) { request in
            let token = request.headers["Authorization"] ?? "admin"
            return await server.respond(to: request, principal: token)
        }
        let client = HTTPClient(name: "mcp-test")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(Wire(server: server, port: http.port, client: client)))
        } catch {
            result = .failure(error)
        }
        client.shutdown()
        server.endStreams()
        await http.stop(drain: .zero)
        try result.get()
    }

    func open(_ post: Post, path: String = "/api/mcp-actions/v1", as principal: String = "admin") async throws -> Events
    {
        var request = HTTPRequest(
            method: post.method, url: "http://127.0.0.1:\(port)\(path)", headers: post.headers,
            body: post.method == "POST" ? post.body.serialized() : nil)
        request.headers.set("Authorization", principal)
        return Events(try await client.open(request))
    }

    /// The whole answer.
    func send(
        _ post: Post, path: String = "/api/mcp-actions/v1", as principal: String = "admin"
    ) async throws -> (status: Int, headers: HTTPHeaders, json: JSONValue) {
        let events = try await open(post, path: path, as: principal)
        let bytes = try await events.rest()
        return (events.status, events.headers, (try? JSONValue(parsing: bytes)) ?? .null)
    }

    /// The id of a new session.
    func session(_ version: String = "2025-11-25", _ capabilities: JSONObject = [:]) async throws -> String {
        let params: JSONObject = ["protocolVersion": .string(version), "capabilities": .object(capabilities)]
        let answer = try await send(.legacy("initialize", params, version: nil))
        return try #require(answer.headers["Mcp-Session-Id"])
    }
}

/// A note that another replica may have written.
final class Notes: SessionStorage {
    let note = Mutex(SessionNote())

    func note(of session: SessionKey) async throws -> SessionNote { note.withLock { $0 } }
    func change(_ change: SessionChange, of session: SessionKey, subject: String, until expiry: Int64) async throws {
        note.withLock { $0.apply(change) }
    }
    func send(_ letter: SessionLetter, to session: SessionKey) async throws {}
}

extension Post {
    func session(_ id: String?) -> Post { with("Mcp-Session-Id", id) }

    /// The stream of a session.
    ///
    /// - Parameter lastEventID: the last one of a stream that was lost.
    static func get(_ session: String?, after lastEventID: String? = nil) -> Post {
        Post(method: "GET", headers: ["Accept": "text/event-stream"], body: nil).session(session).with(
            "Last-Event-ID", lastEventID)
    }

    /// `subscriptions/listen`.
    static func listen(_ notifications: JSONObject, id: JSONValue = 7) -> Post {
        modern("subscriptions/listen", ["notifications": .object(notifications)], id: id)
    }

    static func delete(_ session: String) -> Post { Post(method: "DELETE", headers: [:], body: nil).session(session) }
}

/// An answer that may be a stream of events. One reader.
final class Events: Sendable {
    let status: Int
    let headers: HTTPHeaders
    private let stream: HTTPStream
    private let unread = Mutex<[UInt8]>([])

    init(_ stream: HTTPStream) {
        self.stream = stream
        status = stream.status
        headers = stream.headers
    }

    var isStream: Bool { headers["Content-Type"] == "text/event-stream" }

    /// The next event or comment as it was written; nil at the clean end.
    func next() async throws -> String? {
        while true {
            let event = unread.withLock { bytes -> String? in
                guard let end = bytes.indices.dropLast().first(where: { bytes[$0] == 10 && bytes[$0 + 1] == 10 })
                else { return nil }
                defer { bytes.removeSubrange(...(end + 1)) }
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            if let event { return event }
            guard let more = try await stream.next() else { return nil }
            unread.withLock { $0 += more }
        }
    }

    /// The message of the next event that has one; nil at the clean end.
    func message() async throws -> JSONValue? {
        while let event = try await next() {
            let lines = event.split(separator: "\n").filter { !$0.hasPrefix("id: ") && !$0.hasPrefix("retry: ") }
            guard !event.hasPrefix(":"), lines != ["data:"] else { continue }
            #expect(lines.count == 2 && lines[0] == "event: message", "an event is one line of data: \(event)")
            return try JSONValue(parsing: String(lines[1].dropFirst("data: ".count)))
        }
        return nil
    }

    /// All messages to the end.
    func messages() async throws -> [JSONValue] {
        var all: [JSONValue] = []
        while let message = try await message() { all.append(message) }
        return all
    }

    func rest() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let more = try await stream.next() { all += more }
        return all
    }

    func close() { stream.cancel() }
}
