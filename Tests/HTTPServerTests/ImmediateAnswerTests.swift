import Synchronization
import Testing

@testable import HTTPServer

@Suite("Answers that are at hand")
struct ImmediateAnswerTests {
    private static func text(_ text: String) -> HTTPServerResponse {
        HTTPServerResponse(status: 200, body: .bytes(Array(text.utf8)))
    }

    /// Has answers for `/now` and, which may not be given at once, `/stream`; asks its handler for others.
    private static func server(_ handled: @escaping @Sendable () -> Void = {}) throws -> HTTPServer {
        try HTTPServer(
            HTTPServer.Configuration(),
            immediate: { request in
                switch request.path {
                case "/now": text("at once \(request.method) \(request.body.count)")
                case "/stream": HTTPServerResponse(status: 200, body: .stream { try await $0.write([0x78]) })
                default: nil
                }
            },
            handler: { request in
                handled()
                return text("later \(request.path)")
            })
    }

    @Test("are given without the handler, others by it, in any order on one connection")
    func order() async throws {
        let count = Atomic(0)
        let server = try Self.server { count.add(1, ordering: .relaxed) }
        let bodies = await offPool {
            let connection = RawConnection.to(port: server.port)
            return ["/now", "/other", "/now", "/now", "/stream", "/now"].map { path in
                connection.send("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
                return connection.readResponse()?.body
            }
        }
        let now = "at once GET 0"
        #expect(bodies == [now, "later /other", now, now, "later /stream", now])
        #expect(count.load(ordering: .relaxed) == 2)
        await server.stop(drain: .zero)
    }

    @Test("come after the whole body has been read, with the request's id")
    func body() async throws {
        let server = try Self.server()
        let answer = await offPool {
            let connection = RawConnection.to(port: server.port)
            connection.send("POST /now HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine\r\nContent-Length: 5\r\n\r\nhe")
            connection.send("llo")
            return connection.readResponse()
        }
        #expect(answer?.body == "at once POST 5")
        #expect(answer?.head.contains("\r\nX-Request-Id: mine\r\n") == true)
        await server.stop(drain: .zero)
    }
}
