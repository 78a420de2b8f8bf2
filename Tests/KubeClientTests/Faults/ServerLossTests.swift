import Base
import Glibc
import TestSupport
import Testing

@testable import KubeClient

/// What happens to the server itself: in the cluster of the folder `CALLBOARD_TEST_SPARE_CLUSTER`, which
/// scripts/cluster.sh started and which nobody else uses.
@Suite("Loss of the server", .serialized, .enabled(if: environmentVariable("CALLBOARD_TEST_SPARE_CLUSTER") != nil))
struct ServerLossTests {
    private let folder = environmentVariable("CALLBOARD_TEST_SPARE_CLUSTER") ?? ""

    private func play(
        silenceLimit: Duration = .seconds(90), _ body: (FaultScene) async throws -> Void
    ) async throws {
        let cluster = try await ClusterConfiguration.load(kubeconfig: folder + "/kubeconfig")
        try await FaultScene.play(in: cluster, silenceLimit: silenceLimit, body)
    }

    /// Runs a command of scripts/cluster.sh.
    private func cluster(_ command: String, _ program: String = "") async {
        let line = "\(repositoryPath)/scripts/cluster.sh \(command) \(folder) \(program) </dev/null"
        #expect(await onOwnThread("cluster.sh") { system(line) } == 0, "\(line)")
    }

    @Test("an API server that was killed is followed again when it is back")
    func killedServer() async throws {
        try await play { scene in
            await cluster("kill", "kube-apiserver")
            // The proxy takes the connection, then cannot make its own.
            #expect(await scene.showsError(.connectionLost))
            #expect(scene.followers.allSatisfy { $0.status.isSynced && $0.history.count > 0 })
            await cluster("revive", "kube-apiserver")
            await scene.write()
        }
    }

    @Test("an API server that has lost etcd for a while is followed on")
    func lostStore() async throws {
        try await play { scene in
            await cluster("kill", "etcd")
            try await scene.expire()
            await cluster("revive", "etcd")
            await scene.write()
        }
    }

    @Test("a cluster that was restored from a backup is followed from where it is, within the limit of silence")
    func restoredStore() async throws {
        try await play(silenceLimit: .seconds(1)) { scene in
            await cluster("save")
            await scene.write(60)
            #expect(await eventually { scene.followers.allSatisfy { $0.status.lastError == nil } })
            await scene.restore { await cluster("restore") }
            let ahead = scene.followers.map(\.status.lists)
            #expect(await eventually { zip(scene.followers, ahead).allSatisfy { $0.status.lists > $1 } })
        }
    }
}
