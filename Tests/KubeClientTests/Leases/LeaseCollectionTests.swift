import Base
import HTTPClient
import TestSupport
import Testing

@testable import KubeClient

@Suite("Lease collection")
struct LeaseCollectionTests {
    private func leases(
        _ server: ScriptedServer, _ credentials: ClusterConfiguration.Credentials = .none
    ) -> LeaseCollection {
        LeaseCollection(client: server.client(credentials), namespace: "n")
    }

    @Test("a busy server and a broken connection are told at once, not waited for")
    func noRepeats() async throws {
        let wait: HTTPHeaders = ["Retry-After": "10"]
        let cases: [(ScriptedServer.Answer, KubernetesError.Code)] = [
            (.refusal(429, headers: wait), .tooManyRequests), (.refusal(503, headers: wait), .unavailable),
            (.bytes(Array("{".utf8), .cut), .connectionLost),
        ]
        for (answer, code) in cases {
            let server = try ScriptedServer(answer)
            let began = ContinuousClock.now
            let error = await #expect(throws: KubernetesError.self) {
                _ = try await leases(server).get("lease", within: .seconds(8))
            }
            #expect(error?.code == code)
            #expect(ContinuousClock.now - began < .seconds(8))
            #expect(server.requests.count == 1)
        }
    }

    @Test("the limit is that of the whole call, with the time that credentials take")
    func limit() async throws {
        var plugin = ExecPlugin(command: "sleep", apiVersion: ExecPlugin.versions[0])
        plugin.arguments = ["30"]
        let server = try ScriptedServer()
        for credentials in [ClusterConfiguration.Credentials.none, .exec(plugin)] {
            let began = ContinuousClock.now
            let error = await #expect(throws: KubernetesError.self) {
                _ = try await leases(server, credentials).list(labelSelector: "", within: .milliseconds(300))
            }
            #expect(error?.code == .timeout)
            #expect(ContinuousClock.now - began < .seconds(10))
        }
    }
}
