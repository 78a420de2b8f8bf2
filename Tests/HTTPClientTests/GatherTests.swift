import Base
import HTTPServer
import Synchronization
import Testing

@testable import HTTPClient

@Suite("Gathering what trickles in")
struct GatherTests {
    private let start = ContinuousClock.now

    @Test("after a look that brought something comes a wait, after any other none")
    func trickle() {
        var pace = GatherPace()
        let answers = [0, 8_000, 0, 8_000, 8_000].map { pace.looked($0, at: start) }
        #expect(answers == [false, true, false, true, true])
    }

    @Test("during a rush nothing waits; after a second it is looked whether it goes on")
    func rush() {
        var pace = GatherPace()
        let looks: [(bytes: Int, milliseconds: Int)] = [
            (GatherPace.rushBytes, 0), (1, 999), (1, 1000), (GatherPace.rushBytes, 1000),
            (GatherPace.rushBytes - 1, 2000),
        ]
        let answers = looks.map { pace.looked($0.bytes, at: start + .milliseconds($0.milliseconds)) }
        #expect(answers == [false, false, true, false, true])
    }

    @Test("small pieces of a stream come together, and every one of them comes")
    func together() async throws {
        let server = try HTTPServer(.init()) { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    for _ in 0..<60 {
                        try await writer.write([7])
                        try await Task.sleep(for: .milliseconds(5))
                    }
                })
        }
        let client = HTTPClient(name: "gather")
        var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)")
        request.gatherTime = .milliseconds(100)
        let stream = try await client.open(request)
        var (pieces, bytes) = (0, 0)
        while let piece = try await stream.next() { (pieces, bytes) = (pieces + 1, bytes + piece.count) }
        #expect(bytes == 60)
        // The first and the last need not wait.
        #expect(Double(pieces) <= (ContinuousClock.now - start) / .milliseconds(100) + 2)
        await server.stop(drain: .zero)
    }

    @Test("a stream that gathers for ever holds up no other request, and goes on while there is one")
    func others() async throws {
        let isOver = Gate()
        let server = try HTTPServer(.init()) { request in
            guard request.path == "/stream" else { return HTTPServerResponse(status: 204) }
            return HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([1])
                    _ = await isOver.wait()
                    try await writer.write([2])
                })
        }
        let client = HTTPClient(name: "gather")
        let url = "http://127.0.0.1:\(server.port)"
        var request = HTTPRequest(url: url + "/stream", totalTimeout: nil)
        request.gatherTime = .seconds(3600)
        let stream = try await client.open(request)
        #expect(try await stream.next() == [1])
        #expect(try await client.send(HTTPRequest(url: url)).status == 204)
        isOver.open()
        let rest = Task { try await stream.rest() }
        let isRead = Mutex(false)
        Task {
            _ = await rest.result
            isRead.withLock { $0 = true }
        }
        while !isRead.withLock({ $0 }) { _ = try await client.send(HTTPRequest(url: url)) }
        #expect(try await rest.value == [2])
        await server.stop(drain: .zero)
    }
}
