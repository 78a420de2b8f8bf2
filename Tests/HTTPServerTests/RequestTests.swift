import Base
import Synchronization
import Testing

@testable import HTTPServer

/// Requests and responses over raw sockets.
@Suite struct RequestTests {
    /// Answers with what it understood.
    private static func echo(_ request: HTTPServerRequest) -> HTTPServerResponse {
        .json(
            200,
            [
                "method": .string(request.method), "target": .string(request.target), "path": .string(request.path),
                "segments": .array(request.pathSegments.map { .string($0) }),
                "query": .array(request.query.map { .string("\($0.name)=\($0.value)") }),
                "accept": .array(request.headers.all("accept").map { .string($0) }),
                "body": .string(String(decoding: request.body, as: UTF8.self)),
                "remote": .string(request.remoteAddress), "id": .string(request.id),
            ])
    }

    private static func server(_ change: (inout HTTPServer.Configuration) -> Void = { _ in }) throws -> HTTPServer {
        var configuration = HTTPServer.Configuration()
        change(&configuration)
        return try HTTPServer(configuration) { Self.echo($0) }
    }

    private static func exchange(_ port: Int, _ parts: [String]) async -> (head: String, body: String)? {
        await offPool {
            let connection = RawConnection.to(port: port)
            for part in parts { connection.send(part) }
            return connection.readResponse()
        }
    }

    @Test("a request arrives with its method, target, duplicate headers, body and address")
    func whole() async throws {
        let server = try Self.server()
        let answer = await Self.exchange(
            server.port,
            [
                "POST /a%20b/c?x=1&x=2 HTTP/1.1\r\nHost: h\r\nAccept: a\r\nACCEPT: b\r\nX-Request-Id: my.id-1\r\n"
                    + "Content-Length: 5\r\n\r\nhello"
            ])
        let (head, body) = try #require(answer)
        let json = try JSONValue(parsing: body)
        #expect(head.hasPrefix("HTTP/1.1 200 "))
        #expect(head.contains("\r\nX-Request-Id: my.id-1\r\n"))
        #expect(head.contains("\r\nDate: "))
        #expect(json["method"] == "POST")
        #expect(json["target"] == "/a%20b/c?x=1&x=2")
        #expect(json["path"] == "/a%20b/c")
        #expect(json["segments"] == ["a b", "c"])
        #expect(json["query"] == ["x=1", "x=2"])
        #expect(json["accept"] == ["a", "b"])
        #expect(json["body"] == "hello")
        #expect(json["remote"] == "127.0.0.1")
        #expect(json["id"] == "my.id-1")
        await server.stop(drain: .zero)
    }

    @Test("a request that comes byte by byte is the same request")
    func byteByByte() async throws {
        let server = try Self.server()
        let text = "PUT /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world"
        let answer = await Self.exchange(server.port, text.map { String($0) })
        #expect(try JSONValue(parsing: #require(answer).body)["body"] == "hello world")
        await server.stop(drain: .zero)
    }

    @Test("a chunked body is put together")
    func chunked() async throws {
        let server = try Self.server()
        let answer = await Self.exchange(
            server.port,
            [
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhel", "lo\r\n6\r\n world\r",
                "\n0\r\n\r\n",
            ])
        #expect(try JSONValue(parsing: #require(answer).body)["body"] == "hello world")
        await server.stop(drain: .zero)
    }

    @Test("a response can be read byte by byte")
    func slowReader() async throws {
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(status: 200, body: .bytes([UInt8](repeating: 65, count: 3000)))
        }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            while connection.receive(atMost: 1) {}
            return connection.readToEnd()
        }
        #expect(text.hasSuffix("\r\n\r\n" + String(repeating: "A", count: 3000)))
        await server.stop(drain: .zero)
    }

    @Test("an announced body above the limit is refused before it is sent, and the connection closed")
    func oversizeAnnounced() async throws {
        let server = try Self.server { $0.maximumBodyBytes = 1000 }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("POST /big?token=secret HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 413 "))
        #expect(text.contains("\r\nConnection: close\r\n"))
        let json = try JSONValue(parsing: String(try #require(text.split(separator: "\r\n\r\n").last)))
        #expect(json["error"]?["name"] == "PayloadTooLargeError")
        #expect(json["request"] == ["method": "POST", "url": "/big"])
        #expect(json["response"] == ["statusCode": 413])
        await server.stop(drain: .zero)
    }

    @Test("a chunked body above the limit is refused", arguments: [(1500, true), (5000, false)])
    func oversizeChunked(_ size: Int, _ isAnswered: Bool) async throws {
        let server = try Self.server { $0.maximumBodyBytes = 1000 }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<(size / 100) {
                connection.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n")
            }
            connection.send("0\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 413 ") == isAnswered)
        await server.stop(drain: .zero)
    }

    @Test("a body of exactly the limit is taken")
    func exactLimit() async throws {
        let server = try Self.server { $0.maximumBodyBytes = 10 }
        let answer = await Self.exchange(
            server.port, ["POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789"])
        #expect(try JSONValue(parsing: #require(answer).body)["body"] == "0123456789")
        await server.stop(drain: .zero)
    }

    @Test("a header above the limit is refused", arguments: [33 << 10, 200 << 10])
    func oversizeHeader(_ size: Int) async throws {
        let server = try Self.server()
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + String(repeating: "x", count: size) + "\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 431 "))
        await server.stop(drain: .zero)
    }

    @Test("a header just below the limit is taken, also when it has many fields", arguments: [1, 100])
    func largeHeader(_ fields: Int) async throws {
        let server = try Self.server()
        let value = String(repeating: "x", count: 30_000 / fields)
        let lines = (0..<fields).map { "Accept: \(value)\($0)\r\n" }.joined()
        let answer = await Self.exchange(server.port, ["GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n"])
        #expect(try JSONValue(parsing: #require(answer).body)["accept"]?.arrayValue?.count == fields)
        await server.stop(drain: .zero)
    }

    @Test(
        "a malformed percent-encoding in the path is answered with 400 in Backstage's shape, and the connection goes on"
    )
    func malformedPath() async throws {
        let server = try Self.server()
        let port = server.port
        let answers = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("POST /a%zz?q HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            let first = connection.readResponse()
            connection.send("GET /ok HTTP/1.1\r\nHost: h\r\n\r\n")
            return [first?.head, first?.body, connection.readResponse()?.head]
        }
        #expect(answers[0]?.hasPrefix("HTTP/1.1 400 ") == true)
        let json = try JSONValue(parsing: #require(answers[1]))
        #expect(json["error"]?["name"] == "InputError")
        #expect(json["request"] == ["method": "POST", "url": "/a%zz"])
        #expect(answers[2]?.hasPrefix("HTTP/1.1 200 ") == true)
        await server.stop(drain: .zero)
    }

    @Test("HEAD is answered like GET without the body", arguments: [false, true])
    func head(_ streams: Bool) async throws {
        let isStreamed = Mutex(false)
        let server = try HTTPServer(.init()) { _ in
            guard streams else { return HTTPServerResponse(status: 200, body: .bytes([1, 2, 3])) }
            return HTTPServerResponse(status: 200, body: .stream { _ in isStreamed.withLock { $0 = true } })
        }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 200 "))
        #expect(text.contains("Content-Length: 3") == !streams)
        #expect(text.hasSuffix("\r\n\r\n"))
        #expect(!isStreamed.withLock { $0 })
        await server.stop(drain: .zero)
    }

    @Test("pipelined requests are answered in order on one connection")
    func pipelined() async throws {
        let server = try Self.server()
        let port = server.port
        let targets = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send((0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
            return (0..<20).map { _ in connection.readResponse()?.body ?? "" }
        }
        for (index, body) in targets.enumerated() {
            #expect(try JSONValue(parsing: body)["target"] == .string("/\(index)"))
        }
        await server.stop(drain: .zero)
    }

    @Test("requests get an id of 32 hexadecimal digits, and an id that is not valid is replaced")
    func requestIDs() async throws {
        let server = try Self.server()
        for field in ["", "X-Request-Id: a b\r\n", "X-Request-Id: \(String(repeating: "x", count: 65))\r\n"] {
            let answer = await Self.exchange(server.port, ["GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n"])
            let (head, body) = try #require(answer)
            let id = try #require(JSONValue(parsing: body)["id"]?.stringValue)
            #expect(id.utf8.count == 32)
            #expect(id.allSatisfy { $0.isHexDigit })
            #expect(head.contains("X-Request-Id: \(id)\r\n"))
        }
        await server.stop(drain: .zero)
    }

    @Test("a handler that takes too long is cancelled and answered for with 503")
    func requestTimeout() async throws {
        var configuration = HTTPServer.Configuration()
        configuration.requestTimeout = .milliseconds(100)
        let wasCancelled = Mutex(false)
        let server = try HTTPServer(configuration) { _ in
            do { try await Task.sleep(for: .seconds(60)) } catch { wasCancelled.withLock { $0 = true } }
            return HTTPServerResponse(status: 200)
        }
        let answer = await Self.exchange(server.port, ["GET /long HTTP/1.1\r\nHost: h\r\n\r\n"])
        let (head, body) = try #require(answer)
        #expect(head.hasPrefix("HTTP/1.1 503 "))
        #expect(try JSONValue(parsing: body)["error"]?["name"] == "ServiceUnavailableError")
        #expect(await eventually { wasCancelled.withLock { $0 } })
        await server.stop(drain: .zero)
    }

    @Test("header fields that could split the response are left out, and so are the server's own")
    func responseHeaders() async throws {
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200, headers: ["X-Bad": "a\r\nX-Injected: b", "Content-Length": "99", "X-Good": "c"],
                body: .bytes([65]))
        }
        let answer = await Self.exchange(server.port, ["GET / HTTP/1.1\r\nHost: h\r\n\r\n"])
        let (head, body) = try #require(answer)
        #expect(body == "A")
        #expect(head.contains("X-Good: c\r\n"))
        #expect(!head.contains("X-Injected"))
        await server.stop(drain: .zero)
    }

    @Test("a status that is none is answered with 500", arguments: [0, 99, 100, 600, -1])
    func invalidStatus(_ status: Int) async throws {
        let server = try HTTPServer(.init()) { _ in HTTPServerResponse(status: status) }
        let answer = await Self.exchange(server.port, ["GET / HTTP/1.1\r\nHost: h\r\n\r\n"])
        #expect(try #require(answer).head.hasPrefix("HTTP/1.1 500 "))
        await server.stop(drain: .zero)
    }

    @Test("an address that cannot be listened on is an error")
    func cannotListen() throws {
        let server = try Self.server()
        #expect(throws: HTTPServerError.self) { try Self.server { $0.port = server.port } }
        #expect(throws: HTTPServerError.self) { try Self.server { $0.host = "not.numeric" } }
        #expect(throws: HTTPServerError.self) { try Self.server { $0.port = 70_000 } }
    }
}
