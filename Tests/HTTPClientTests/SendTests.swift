import Base
import HTTPClient
import HTTPServer
import Synchronization
import Testing

/// Whole requests and answers, against our own server.
@Suite struct SendTests {
    private let client = HTTPClient(name: "test")

    private func serve(
        _ handler: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) throws -> (server: HTTPServer, url: String) {
        let server = try HTTPServer(.init(), handler: handler)
        return (server, "http://127.0.0.1:\(server.port)")
    }

    @Test(
        "a request arrives as it was described",
        arguments: [
            ("GET", nil), ("POST", "{\"a\":1}"), ("PUT", ""), ("PATCH", "x"), ("DELETE", nil), ("DELETE", "why"),
            ("POST", nil),
            ("OPTIONS", nil), ("PROPFIND", nil),
        ] as [(String, String?)])
    func arrives(_ method: String, _ body: String?) async throws {
        let (server, url) = try serve { request in
            .json(
                201,
                [
                    "method": .string(request.method), "target": .string(request.target),
                    "body": .string(String(decoding: request.body, as: UTF8.self)),
                    "headers": .array(request.headers.map { .string("\($0.name.lowercased()): \($0.value)") }),
                ])
        }
        let response = try await client.send(
            HTTPRequest(
                method: method, url: url + "/a/../b?q=%20", headers: ["X-One": "1", "X-Empty": ""],
                body: body.map { Array($0.utf8) }))
        let json = try JSONValue(parsing: response.body)
        #expect(response.status == 201)
        #expect(response.headers["content-type"] == "application/json; charset=utf-8")
        #expect(json["method"] == .string(method))
        #expect(json["target"] == "/a/../b?q=%20")
        #expect(json["body"] == .string(body ?? ""))
        let fields = json["headers"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(fields.contains("x-one: 1"))
        #expect(fields.contains("x-empty: "))
        #expect(fields.contains("user-agent: callboard"))
        #expect(!fields.contains { $0.hasPrefix("expect:") || $0.hasPrefix("content-type:") })
        await server.stop(drain: .zero)
    }

    @Test("HEAD gives the header alone")
    func head() async throws {
        let (server, url) = try serve { _ in HTTPServerResponse(status: 200, body: .bytes([1, 2, 3])) }
        let response = try await client.send(HTTPRequest(method: "HEAD", url: url))
        #expect(response.status == 200)
        #expect(response.headers["Content-Length"] == "3")
        #expect(response.body.isEmpty)
        await server.stop(drain: .zero)
    }

    @Test("error statuses and redirects are answers like others", arguments: [204, 301, 304, 404, 500])
    func statuses(_ status: Int) async throws {
        let (server, url) = try serve { _ in HTTPServerResponse(status: status, headers: ["Location": "/elsewhere"]) }
        #expect(try await client.send(HTTPRequest(url: url)).status == status)
        await server.stop(drain: .zero)
    }

    @Test("200 requests at once are all answered, each with its own answer")
    func concurrent() async throws {
        let (server, url) = try serve { request in
            await Task.yield()
            return HTTPServerResponse(status: 200, body: .bytes(Array(request.target.utf8)))
        }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: "\(url)/\(index)"))
                    return String(decoding: response.body, as: UTF8.self) == "/\(index)"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await server.stop(drain: .zero)
    }

    @Test("one request after another uses one connection")
    func reuse() async throws {
        let connections = Mutex(0)
        let server = ScriptedServer { connection in
            connections.withLock { $0 += 1 }
            while !connection.readHead().isEmpty { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        }
        for _ in 0..<5 { #expect(try await client.send(HTTPRequest(url: server.url)).status == 200) }
        #expect(connections.withLock { $0 } == 1)
        client.shutdown()
    }

    @Test("a body of 64 MiB comes unchanged")
    func large() async throws {
        var body: [UInt8] = []
        body.reserveCapacity(64 << 20)
        for _ in 0..<64 { body += randomBytes(1 << 20) }
        let (server, url) = try serve { [body] _ in HTTPServerResponse(status: 200, body: .bytes(body)) }
        let whole = try await client.send(HTTPRequest(url: url), maximumBodyBytes: 64 << 20)
        #expect(sha256Hex(whole.body) == sha256Hex(body))
        let stream = try await client.open(HTTPRequest(url: url))
        #expect(sha256Hex(try await stream.rest()) == sha256Hex(body))
        await server.stop(drain: .zero)
    }

    @Test("a body above the limit fails", arguments: [true, false])
    func tooLarge(_ isAnnounced: Bool) async throws {
        let (server, url) = try serve { _ in
            guard !isAnnounced else { return HTTPServerResponse(status: 200, body: .bytes([1, 2, 3, 4])) }
            return HTTPServerResponse(status: 200, body: .stream { try await $0.write([1, 2, 3, 4]) })
        }
        #expect(
            await errorCode { _ = try await client.send(HTTPRequest(url: url), maximumBodyBytes: 3) } == .bodyTooLarge)
        #expect(try await client.send(HTTPRequest(url: url), maximumBodyBytes: 4).body == [1, 2, 3, 4])
        await server.stop(drain: .zero)
    }

    @Test("a proxy that was asked for gets the request")
    func proxy() async throws {
        let server = ScriptedServer { connection in
            let line = connection.readHead().split(separator: "\r\n").first ?? ""
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(line.utf8.count)\r\n\r\n\(line)")
        }
        let response = try await client.send(HTTPRequest(url: "http://callboard.invalid/x", proxy: server.url))
        #expect(String(decoding: response.body, as: UTF8.self) == "GET http://callboard.invalid/x HTTP/1.1")
    }

    @Test("compression that was asked for is undone")
    func compression() async throws {
        // gzip of "hello hello hello\n"
        let hexadecimal = "1f8b0800000000000203cb48cdc9c957c840905c003b7c8adf12000000"
        let bytes = stride(from: 0, to: hexadecimal.utf8.count, by: 2).compactMap { offset in
            UInt8(hexadecimal.dropFirst(offset).prefix(2), radix: 16)
        }
        let (server, url) = try serve { request in
            HTTPServerResponse(
                status: 200, headers: ["Content-Encoding": request.headers["Accept-Encoding"] ?? "none"],
                body: .bytes(bytes))
        }
        let plain = try await client.send(HTTPRequest(url: url))
        #expect(plain.body == bytes)
        #expect(plain.headers["Content-Encoding"] == "none")
        let unpacked = try await client.send(HTTPRequest(url: url, headers: ["Accept-Encoding": "gzip"]))
        #expect(String(decoding: unpacked.body, as: UTF8.self) == "hello hello hello\n")
        await server.stop(drain: .zero)
    }
}
