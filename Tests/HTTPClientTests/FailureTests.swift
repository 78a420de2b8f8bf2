import Base
import HTTPClient
import HTTPServer
import Synchronization
import Testing

/// Every way a request can fail gets its code.
@Suite struct FailureTests {
    private let client = HTTPClient(name: "test")

    @Test("a port that nobody listens on cannot be connected to")
    func refused() async {
        let url = "http://127.0.0.1:\(unusedPort())/path?token=secret"
        let error = await clientError { _ = try await client.send(HTTPRequest(url: url)) }
        #expect(error?.code == .cannotConnect)
        #expect(error?.label == "cannotConnect")
        #expect(await errorCode { _ = try await client.open(HTTPRequest(url: url)) } == .cannotConnect)
    }

    @Test("an error tells method and URL, and neither query, user nor headers")
    func noSecrets() async {
        let port = unusedPort()
        let error = await clientError {
            _ = try await client.send(
                HTTPRequest(
                    method: "POST", url: "http://me:pass@127.0.0.1:\(port)/path?token=query",
                    headers: ["Authorization": "Bearer secret"]))
        }
        let text = "\(error.map { "\($0)" } ?? "")"
        #expect(text.hasPrefix("POST http://…@127.0.0.1:\(port)/path: "))
        for secret in ["me:", "pass", "query", "Bearer", "secret"] { #expect(!text.contains(secret)) }
    }

    @Test("a name that does not exist cannot be resolved")
    func unresolved() async {
        #expect(
            await errorCode { _ = try await client.send(HTTPRequest(url: "http://callboard.invalid/", proxy: "")) }
                == .cannotResolve)
    }

    @Test(
        "what is not an absolute http or https URL is refused",
        arguments: [
            "", "/path", "file:///etc/passwd", "ftp://127.0.0.1/", "http://", "http://a b/", "http://a/\r\nX: y",
            "http://a:99999/",
        ])
    func invalidURL(_ url: String) async {
        #expect(await errorCode { _ = try await client.send(HTTPRequest(url: url)) } == .invalidRequest)
    }

    @Test("a header or method that could split the request is refused")
    func invalidHeader() async {
        let url = "http://127.0.0.1:\(unusedPort())/"
        for headers: HTTPHeaders in [
            ["A": "b\r\nC: d"], ["A": "b\nC: d"], ["A b": "c"], ["": "x"], ["A:": "x"], ["A": "\0"],
        ] {
            #expect(
                await errorCode { _ = try await client.send(HTTPRequest(url: url, headers: headers)) }
                    == .invalidRequest)
        }
        for method in ["", "GET /x HTTP/1.1\r\n", "A B"] {
            #expect(
                await errorCode { _ = try await client.send(HTTPRequest(method: method, url: url)) } == .invalidRequest)
        }
    }

    @Test("an answer that does not come in the total time is a timeout")
    func totalTimeout() async {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.waitForClose()
        }
        let request = HTTPRequest(url: server.url, totalTimeout: .milliseconds(100))
        #expect(await errorCode { _ = try await client.send(request) } == .timeout)
        #expect(await errorCode { _ = try await client.open(request) } == .timeout)
    }

    /// Which time limit passes first.
    enum Limit: CaseIterable { case connecting, total, idle }

    private func request(_ url: String, _ limit: Limit) -> HTTPRequest {
        let short: Duration = .milliseconds(200)
        return switch limit {
        case .connecting: HTTPRequest(url: url, connectTimeout: short)
        case .total: HTTPRequest(url: url, totalTimeout: short)
        case .idle: HTTPRequest(url: url, totalTimeout: nil, idleTimeout: short)
        }
    }

    @Test("a server that takes no connection in time cannot be connected to", arguments: Limit.allCases)
    func blackHole(_ limit: Limit) async {
        let hole = BlackHole()
        #expect(await errorCode { _ = try await client.open(request(hole.url, limit)) } == .cannotConnect)
        withExtendedLifetime(hole) {}
    }

    @Test("a server that is silent in the TLS handshake cannot be connected to", arguments: Limit.allCases)
    func silentHandshake(_ limit: Limit) async {
        let server = ScriptedServer { $0.waitForClose() }
        let url = "https://127.0.0.1:\(server.port)/"
        #expect(await errorCode { _ = try await client.open(request(url, limit)) } == .cannotConnect)
        withExtendedLifetime(server) {}
    }

    @Test("a request that was sent on a connection that stood already, and is not answered, is a timeout")
    func silenceOnOldConnection() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            _ = connection.readHead()
            connection.waitForClose()
        }
        _ = try await client.send(HTTPRequest(url: server.url))
        for limit in [Limit.total, .idle] {
            #expect(await errorCode { _ = try await client.open(request(server.url, limit)) } == .timeout)
            _ = try? await client.send(HTTPRequest(url: server.url))
        }
    }

    @Test("a stream that falls silent is a timeout, and what came before is given first")
    func idleTimeout() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            connection.waitForClose()
        }
        let stream = try await client.open(
            HTTPRequest(url: server.url, totalTimeout: nil, idleTimeout: .milliseconds(200)))
        var bytes: [UInt8] = []
        let code = await errorCode { while let more = try await stream.next() { bytes += more } }
        #expect(bytes == Array("abc".utf8))
        #expect(code == .timeout)
    }

    @Test("a stream in which bytes keep coming is not idle")
    func notIdle() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
            for _ in 0..<20 {
                connection.pause(milliseconds: 30)
                connection.send("x")
            }
        }
        let stream = try await client.open(
            HTTPRequest(url: server.url, totalTimeout: nil, idleTimeout: .milliseconds(400)))
        #expect(try await stream.rest().count == 20)
    }

    @Test(
        "a connection cut within the answer is lost",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        ])
    func cut(_ answer: String) async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send(answer)
        }
        #expect(await errorCode { _ = try await client.send(HTTPRequest(url: server.url)) } == .connectionLost)
        let code = await errorCode { _ = try await client.open(HTTPRequest(url: server.url)).rest() }
        #expect(code == .connectionLost)
    }

    @Test("an interim answer and trailers are passed over")
    func interim() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send(
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\nok\r\n0\r\nX-Trailer: 2\r\n\r\n")
        }
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == 200)
        #expect(response.headers["X-A"] == "1")
        #expect(response.headers["Link"] == nil)
        #expect(response.headers["X-Trailer"] == nil)
        #expect(response.body == Array("ok".utf8))
    }

    @Test("cancelling the task ends the request at once and closes the connection")
    func cancellation() async throws {
        let (closed, close) = AsyncStream<Void>.makeStream()
        let (arrived, arrive) = AsyncStream<Void>.makeStream()
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            arrive.finish()
            connection.waitForClose()
            close.finish()
        }
        let task = Task { [client] in
            await errorCode { _ = try await client.send(HTTPRequest(url: server.url, totalTimeout: nil)) }
        }
        for await _ in arrived {}
        let begin = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .cancelled)
        for await _ in closed {}
        #expect(ContinuousClock.now - begin < .seconds(5))
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async {
        let requests = Mutex(0)
        let server = ScriptedServer { connection in
            if !connection.readHead().isEmpty { requests.withLock { $0 += 1 } }
        }
        let task = Task { [client] in
            withUnsafeCurrentTask { $0?.cancel() }
            return await errorCode { _ = try await client.send(HTTPRequest(url: server.url)) }
        }
        #expect(await task.value == .cancelled)
        #expect(requests.withLock { $0 } == 0)
    }

    @Test("a stream that is cancelled or dropped closes its connection", arguments: [true, false])
    func streamClosed(_ explicitly: Bool) async throws {
        let (closed, close) = AsyncStream<Void>.makeStream()
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForClose()
            close.finish()
        }
        var stream: HTTPStream? = try await client.open(HTTPRequest(url: server.url, totalTimeout: nil))
        #expect(stream?.status == 200)
        if explicitly {
            stream?.cancel()
            let code = await errorCode { _ = try await stream?.next() }
            #expect(code == .cancelled)
        } else {
            stream = nil
        }
        for await _ in closed {}
        withExtendedLifetime(stream) {}
    }

    @Test("a shutdown fails what is under way and what comes later")
    func shutdown() async throws {
        let server = ScriptedServer { connection in
            _ = connection.readHead()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForClose()
        }
        let stream = try await client.open(HTTPRequest(url: server.url, totalTimeout: nil))
        client.shutdown()
        #expect(await errorCode { _ = try await stream.next() } == .cancelled)
        #expect(await errorCode { _ = try await client.send(HTTPRequest(url: server.url)) } == .cancelled)
    }

    @Test("a reader that does not read stops the sender, and gets all when it does")
    func backpressure() async throws {
        let written = Mutex(0)
        let piece = [UInt8](repeating: 7, count: 64 << 10)
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<1000 {
                        try await writer.write(piece)
                        written.withLock { $0 += 1 }
                    }
                })
        }
        let stream = try await client.open(HTTPRequest(url: "http://127.0.0.1:\(server.port)", totalTimeout: nil))
        var before = -1
        while written.withLock({ $0 }) != before {
            before = written.withLock { $0 }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(before < 500)
        let first = try #require(await stream.next())
        #expect(first.count < 2 << 20)
        let rest = try await stream.rest()
        #expect(first.count + rest.count == 1000 * piece.count)
        await server.stop(drain: .zero)
    }
}
