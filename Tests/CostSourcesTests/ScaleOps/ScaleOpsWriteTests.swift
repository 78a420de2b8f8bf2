import Base
import HTTPServer
import Synchronization
import Testing

@testable import CostSources

@Suite("Writes to ScaleOps")
struct ScaleOpsWriteTests {
    private let write = ScaleOpsRequest("POST", "/api/v1/policies", body: Array("{}".utf8), isRead: false)

    @Test(
        "a write that is answered with a redirect may have been done and is sent once, wherever that leads",
        arguments: ["http://scaleops.example/policies/a", "//elsewhere.example/x", "/login", "/x?next=https://y"])
    func redirects(location: String) async throws {
        let server = try ScaleOpsStandIn()
        server.answer { _ in HTTPServerResponse(status: 303, headers: ["Location": location]) }
        let client = server.client()
        #expect(await code { _ = try await text(client, write) } == .redirected)
        #expect(server.asked.count == 1)
        #expect(client.health?.error?.contains("whether the write was done") == true)
    }

    @Test("a write that met a redirect to a login is followed by one with a new token")
    func endedToken() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { request in
            request.headers["Authorization"] == "Bearer token-number-1"
                ? HTTPServerResponse(status: 302, headers: ["Location": "/login"]) : nil
        }
        let client = server.client()
        #expect(await code { _ = try await text(client, write) } == .redirected)
        #expect(try await text(client, write) == "{}")
        #expect(server.logins == 2)
    }

    @Test("a write whose token is refused with 401 is sent again with a new one")
    func unauthorized() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        _ = try await text(client, write)
        server.revoke()
        #expect(try await text(client, write) == "{}")
        #expect(server.logins == 2 && server.asked.count == 3)
    }

    @Test("the time of logins, before a request and in its midst, comes on top of the deadline")
    func loginsOnTop() async throws {
        let server = try ScaleOpsStandIn()
        let clock = Mutex(ContinuousClock.now)
        server.login { _ in
            clock.withLock { $0 += .seconds(60) }
            return nil
        }
        let client = server.client { $0.clock = { clock.withLock { $0 } } }
        #expect(try await text(client, write) == "{}")
        server.revoke()
        #expect(try await text(client, write) == "{}")
        #expect(server.logins == 2)
    }

    @Test("a token that is refused at the end of the time is replaced for the next request, not for this one")
    func tooLate() async throws {
        let server = try ScaleOpsStandIn()
        let clock = Mutex(ContinuousClock.now)
        server.answer { request in
            guard request.headers["Authorization"] == "Bearer token-number-1" else { return nil }
            clock.withLock { $0 += .seconds(19) }
            return .json(401, [:])
        }
        let client = server.client { $0.clock = { clock.withLock { $0 } } }
        #expect(await code { _ = try await text(client, write) } == .timeout)
        #expect(server.asked.count == 1)
        #expect(try await text(client, write) == "{}")
    }

    @Test(
        "a redirect leads to a login by where it leads, not by what it brings along",
        arguments: [
            ("/x?next=https://y", false), ("https://scale.example/x", false), ("https://other.example/x", true),
            ("//scale.example/x", true), ("/SSO/x", true),
        ])
    func leadsToLogin(location: String, leads: Bool) {
        let found = RequestRepeats.leadsToLogin(status: 303, location: location, baseURL: "https://scale.example")
        #expect(found == leads)
    }
}
