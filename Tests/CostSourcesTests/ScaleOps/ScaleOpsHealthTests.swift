import Base
import HTTPServer
import Synchronization
import Testing

@testable import CostSources

@Suite("Health of ScaleOps")
struct ScaleOpsHealthTests {
    private let policies = ScaleOpsRequest("GET", "/api/v1/policies")

    @Test("statuses from 500 on are failures of ScaleOps, others are answers", arguments: [200, 404, 500, 503])
    func statuses(status: Int) async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        server.answer { _ in .json(status, [:]) }
        _ = try await text(client, policies)
        let error = try #require(client.health).error
        #expect((error?.contains("GET /api/v1/policies: answered \(status)") == true) == (status >= 500))
    }

    @Test("a body that breaks off is a failure, until one comes whole")
    func bodies() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        server.answer { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x7B])
                    throw CancellationError()
                })
        }
        #expect(await code { _ = try await text(client, policies) } == .incomplete)
        #expect(client.health?.error != nil)
        server.answer { _ in nil }
        _ = try await text(client, policies)
        #expect(client.health?.error == nil && client.health != nil)
    }

    @Test("what takes too long is a failure of ScaleOps, but not when its reader was slow", arguments: [0, 2])
    func slowReader(seconds: Int) async throws {
        let server = try ScaleOpsStandIn()
        let gate = Gate()
        server.answer { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x7B])
                    _ = await gate.wait()
                })
        }
        let clock = Mutex(ContinuousClock.now)
        let client = server.client(.none) { manner in
            manner.deadline = .milliseconds(300)
            manner.clock = { clock.withLock { $0 } }
        }
        var answer = try await client.open(policies)
        #expect(try await answer.body.next() == [0x7B])
        clock.withLock { $0 += .seconds(seconds) }
        #expect(await code { _ = try await answer.body.next() } == .timeout)
        #expect((client.health?.error == nil) == (seconds > 0))
        gate.open()
    }

    @Test("what is let go unread says nothing")
    func unread() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        _ = try await client.open(policies)
        #expect(client.health == nil)
    }
}
