import Base
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Secrets of clusters")
struct ClusterSecretsTests {
    private func secret(_ name: String, _ server: String, called: String? = nil) -> JSONValue {
        var data = ["kubeconfig": SecretClusterTests.kubeconfig(cluster: "server: \(server)")]
        data["name"] = called
        return SecretClusterTests.secret(name, data)
    }

    @Test("what changes is told, in the order of the Secrets' names, and what does not is not")
    func changes() {
        var state = ClusterSecretsState()
        let first = state.read([secret("b", "https://b"), secret("a", "https://a")])
        #expect(first?.definitions.map(\.name) == ["a", "b"])
        #expect(state.read([secret("a", "https://a"), secret("b", "https://b")]) == nil)
        let second = state.read([secret("b", "https://b2")])
        #expect(second?.definitions.map(\.access.server) == ["https://b2"])
        #expect(state.read([])?.definitions.isEmpty == true)
        #expect(state.read([]) == nil)
        var empty = ClusterSecretsState()
        #expect(empty.read([]) == ClusterReading())
    }

    @Test("a Secret that turns bad keeps its last good cluster, with a problem, until it is gone")
    func turnsBad() {
        var state = ClusterSecretsState()
        _ = state.read([secret("a", "https://a"), secret("b", "https://b")])
        let bad = state.read([secret("a", "nonsense"), secret("b", "https://b"), secret("c", "nonsense")])
        #expect(bad?.definitions.map(\.access.server) == ["https://a", "https://b"])
        #expect(bad?.problems.map(\.cluster) == ["a", "c"])
        let gone = state.read([secret("b", "https://b")])
        #expect(gone?.definitions.map(\.name) == ["b"])
        #expect(gone?.problems.isEmpty == true)
    }

    @Test("of two Secrets with one name for their clusters the first counts")
    func sameName() {
        var state = ClusterSecretsState()
        let reading = state.read([secret("b", "https://b", called: "eu"), secret("a", "https://a", called: "eu")])
        #expect(reading?.definitions.map(\.access.server) == ["https://a"])
        #expect(
            reading?.problems == [
                ClusterProblem(
                    cluster: "eu", path: "Secret b", detail: "expected another name: an earlier cluster has it")
            ])
    }

    @Test("while the Secrets cannot be read the last good state stays, and the problem is told once")
    func failure() {
        var state = ClusterSecretsState()
        _ = state.read([secret("a", "https://a")])
        let problem = ClusterProblem(cluster: "", path: "Secrets", detail: "403")
        let failed = state.fail(problem)
        #expect(failed?.definitions.map(\.name) == ["a"])
        #expect(failed?.problems == [problem])
        #expect(state.fail(problem) == nil)
        #expect(state.read([secret("a", "https://a")])?.problems.isEmpty == true)
    }

    private func list(_ secrets: JSONValue...) -> ScriptedServer.Answer {
        .bytes((["kind": "SecretList", "items": .array(secrets)] as JSONValue).serialized(), .end)
    }

    @Test("the Secrets with the label are listed every 30 seconds")
    func polling() async throws {
        let server = try ScriptedServer(
            list(secret("a", "https://a")), list(secret("a", "https://a")), .status(403, reason: "Forbidden"),
            list(secret("a", "https://a"), secret("b", "https://b")))
        let clock = ManualClock()
        let updates = Mutex<[ClusterReading]>([])
        let secrets = ClusterSecrets(client: server.client(), namespace: "callboard", clock: clock)
        let task = Task { await secrets.run { reading in updates.withLock { $0.append(reading) } } }
        for round in 1...4 {
            #expect(await eventually { server.requests.count == round && clock.sleeperCount == 1 })
            clock.advance(by: .seconds(29))
            #expect(clock.sleeperCount == 1)
            if round < 4 { clock.advance(by: .seconds(1)) }
        }
        task.cancel()
        await task.value
        #expect(updates.withLock { $0.map { $0.definitions.map(\.name) } } == [["a"], ["a"], ["a", "b"]])
        #expect(updates.withLock { $0.map(\.problems.count) } == [0, 1, 0])
        let request = try #require(server.requests.first)
        #expect(request.path == "/api/v1/namespaces/callboard/secrets")
        #expect(request.query == ["labelSelector": "callboard.dev/cluster=true"])
        #expect(updates.withLock { $0[1].problems[0].description }.contains("403 Forbidden"))
    }
}
