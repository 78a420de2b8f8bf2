import Base
import Synchronization
import Testing

@testable import HTTPServer

/// What is told of streams that do not come to their end.
@Suite struct BrokenStreamTests {
    private final class Log: Sendable {
        private let lines = Mutex<[JSONValue]>([])
        func add(_ line: [UInt8]) { lines.withLock { $0.append((try? JSONValue(parsing: line)) ?? .null) } }
        var entries: [JSONValue] { lines.withLock { $0 } }
    }

    private struct Failure: Error, CustomStringConvertible {
        let description = "the source dried up"
    }

    @Test("a stream that fails after its status was sent is logged, with the request's id and path")
    func failure() async throws {
        let log = Log()
        let server = try HTTPServer(.init(), logger: Logger("http-server") { log.add($0) }) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("[1".utf8))
                    throw Failure()
                })
        }
        let port = server.port
        let text = await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET /list?token=secret HTTP/1.1\r\nHost: h\r\nX-Request-Id: the-id\r\n\r\n")
            return connection.readToEnd()
        }
        #expect(text.hasPrefix("HTTP/1.1 200 ") && !text.hasSuffix("0\r\n\r\n"))
        #expect(await eventually { !log.entries.isEmpty })
        let entry = try #require(log.entries.first)
        #expect(entry["level"] == "error" && entry["requestId"] == "the-id" && entry["path"] == "/list")
        #expect(entry["method"] == "GET" && entry["error"] == "the source dried up" && log.entries.count == 1)
        await server.stop(drain: .zero)
    }

    @Test("a client that goes is no failure of the stream", arguments: [false, true])
    func disconnect(_ passesOn: Bool) async throws {
        let log = Log()
        let hasEnded = Mutex(false)
        let server = try HTTPServer(.init(), logger: Logger("http-server") { log.add($0) }) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    defer { hasEnded.withLock { $0 = true } }
                    do {
                        while true { try await writer.write([UInt8](repeating: 0x61, count: 100_000)) }
                    } catch {
                        // What waits for something else tells of its cancellation in an error of its own.
                        throw passesOn ? error : Failure()
                    }
                })
        }
        let port = server.port
        await offPool {
            let connection = RawConnection.to(port: port)
            connection.send("GET /list HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = connection.read(through: "\r\n\r\n")
        }
        #expect(await eventually { hasEnded.withLock { $0 } })
        await server.stop(drain: .zero)
        #expect(log.entries.isEmpty, "\(log.entries)")
    }
}
