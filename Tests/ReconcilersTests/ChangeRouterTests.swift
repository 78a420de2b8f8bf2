import Matching
import Synchronization
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Which changes of objects are changes of workloads")
struct ChangeRouterTests {
    private static func keys(_ old: Pod?, _ new: Pod?) -> [WorkloadKey] {
        let told = Mutex<[WorkloadKey]>([])
        let router = ChangeRouter { key, _ in told.withLock { $0.append(key) } }
        router.connect(HandmadeCluster(pods: [old, new].compactMap { $0 }).ownership)
        guard let name = (new ?? old)?.key else { return [] }
        router.changed(CacheChange(old: old, new: new, cause: .watch, key: name))
        return told.withLock { $0 }
    }

    @Test("a pod that comes, goes or changes is told; a heartbeat, which changes its version alone, is not")
    func heartbeats() {
        var before = pod("web")
        before.meta.resourceVersion = "1"
        var beat = before
        beat.meta.resourceVersion = "2"
        var restarted = beat
        restarted.restartCount += 1
        #expect(Self.keys(nil, before) == [key("Pod", "web")])
        #expect(Self.keys(before, nil) == [key("Pod", "web")])
        #expect(Self.keys(before, beat).isEmpty)
        #expect(Set(Self.keys(before, restarted)) == [key("Pod", "web")])
    }
}
