import Base
import CatalogSources
import Costs
import HTTPClient
import KubeClient
import Matching
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

/// Reconcilers over one cluster called `test`, and what they were given.
private struct Setting {
    let store: Store
    let directory = ClusterDirectory()
    let feed: CatalogFeed
    let reconcilers: ReconcilerSet

    init(_ store: Store, home: KubernetesClient, sources: [ScriptedSource] = [], isWarmStandby: Bool = false) {
        self.store = store
        let logger = Logger("test", sink: { _ in })
        feed = store.catalogFeed(logger: logger)
        reconcilers = ReconcilerSet(
            directory: directory, feed: feed, requests: store.requestFeed(logger: logger), customWorkloads: [],
            retired: RetiredClusters(logger: logger) { nil }, isWarmStandby: isWarmStandby, prices: EstimatePrices(),
            costInterval: .seconds(1),
            metrics: MetricsRegistry(), logger: logger, home: home, makeRecorder: { _ in nil },
            processing: .forTests(), makeSources: { _ in sources })
    }

    func reach(by client: KubernetesClient) {
        let definition = ClusterDefinition(name: "test", access: client.configuration)
        directory.replace(with: [ClusterDirectory.Entry(definition: definition, client: client)])
    }

    /// Runs the body while the feed and this work run.
    func running(_ work: @escaping @Sendable () async -> Void, _ body: () async throws -> Void) async throws {
        let feeding = Task { await feed.run() }
        let working = Task { await work() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        working.cancel()
        await working.value
        feeding.cancel()
        await feeding.value
        try result.get()
    }

    var state: ReconcilerSet.State? { get async { await reconcilers.states.first } }
    /// Who fills caches while it stands by.
    var warm: ClusterFollower? { get async { await reconcilers.standby["test"]?.follower } }
}

/// A client for a server that nobody runs.
private func unreachableClient(_ http: HTTPClient) -> KubernetesClient {
    KubernetesClient(ClusterConfiguration(server: "http://127.0.0.1:1", name: "none"), http: http, version: "test")
}

@Suite(
    "The reconcilers of a process", .serialized, .enabled(if: TestDatabase.isAvailable && TestCluster.isAvailable))
struct ReconcilerSetTests {
    @Test("a cluster whose way changes is followed anew; while it cannot be reached its state says why")
    func wayChanges() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let http = HTTPClient(name: "unreachable")
                defer { http.shutdown() }
                let setting = Setting(store, home: cluster.client)
                setting.reach(by: unreachableClient(http))
                try await setting.running({ await setting.reconcilers.lead(.cluster("test"), store) }) {
                    #expect(await eventually { await setting.state?.error != nil })
                    #expect(await setting.state?.isSynced == false)
                    setting.reach(by: cluster.client)
                    #expect(
                        await eventually(within: .seconds(60)) {
                            let state = await setting.state
                            return state?.isCaughtUp == true && state?.error == nil
                        })
                    setting.directory.replace(with: [])
                    #expect(await eventually { await setting.state == nil })
                }
            }
        }
    }

    /// Runs the body while a replica stands by whose caches are full.
    private func standingBy(
        _ body: @Sendable (Setting, _ warm: ClusterFollower) async throws -> Void
    ) async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let setting = Setting(store, home: cluster.client, isWarmStandby: true)
                setting.reach(by: cluster.client)
                try await setting.running({ await setting.reconcilers.standBy(store) }) {
                    #expect(await eventually { await setting.warm?.caches.isSynced == true })
                    try await body(setting, try #require(await setting.warm))
                }
                #expect(await setting.reconcilers.standby.isEmpty)
            }
        }
    }

    @Test("a replica that stands by leads with the caches that it has filled")
    func warmStandby() async throws {
        try await standingBy { setting, warm in
            #expect(await setting.reconcilers.states.isEmpty)
            let leading = Task { await setting.reconcilers.lead(.cluster("test"), setting.store) }
            #expect(await eventually { await setting.state != nil })
            #expect(await setting.reconcilers.leads("test", with: warm) == true)
            #expect(await setting.state?.isSynced == true)
            #expect(await eventually { await setting.state?.isCaughtUp == true })
            leading.cancel()
            await leading.value
            #expect(await setting.warm?.caches.isSynced == true)
        }
    }

    @Test("a replica whose caches are behind what another one stored leads with new ones")
    func staleStandby() async throws {
        try await standingBy { setting, warm in
            #expect(warm.isUpToDate(with: [:]) && warm.isUpToDate(with: warm.caches.versions))
            #expect(!warm.isUpToDate(with: ["gadgets": "1"]))
            #expect(await eventually { warm.caches.versions["pods"] != nil })
            var ahead = warm.caches.versions
            ahead["pods"] = "9\(ahead["pods"] ?? "")"
            #expect(!warm.isUpToDate(with: ahead))
            let workload = Workload(
                key: WorkloadKey(cluster: "test", kind: "Pod", namespace: "none", name: "none"), uid: "u")
            _ = try await setting.store.workloads.write(
                present: [
                    WorkloadRecord(
                        workload: workload, cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
                ], gone: [], seen: CacheVersions(cluster: "test", versions: ahead))
            let leading = Task { await setting.reconcilers.lead(.cluster("test"), setting.store) }
            #expect(await eventually { await setting.reconcilers.leads("test", with: warm) == false })
            // The server cannot have that version; then what it has counts.
            #expect(await eventually { await setting.state?.isCaughtUp == true })
            leading.cancel()
            await leading.value
        }
    }
}

extension ReconcilerSet {
    /// Whether the cluster is led with these caches; nil when it is not led.
    fileprivate func leads(_ cluster: String, with follower: ClusterFollower) -> Bool? {
        workloads[cluster].map { $0.reconciler.follower === follower }
    }
}

@Suite("A process that leads alone", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SoleLeadershipTests {
    @Test("the process that was started last leads; what the older one writes is refused, and it is told so")
    func deposed() async throws {
        try await TestDatabase.withStore { store in
            let http = HTTPClient(name: "unreachable")
            defer { http.shutdown() }
            let deposed = Mutex<[String]>([])
            func process(_ name: String, _ source: ScriptedSource) -> (Setting, SoleLeadership) {
                let setting = Setting(store, home: unreachableClient(http), sources: [source])
                let leadership = SoleLeadership(
                    directory: setting.directory, store: store, reconcilers: setting.reconcilers, identity: name,
                    logger: Logger("test", sink: { _ in }), onDeposed: { deposed.withLock { $0.append(name) } })
                return (setting, leadership)
            }
            let sources = (ScriptedSource("files"), ScriptedSource("files"))
            let (first, older) = process("older", sources.0)
            let (second, newer) = process("newer", sources.1)
            try await first.running({ await older.run() }) { () async throws in
                sources.0.set("a.yaml", component("a"))
                #expect(await eventually { try await store.title("a") != nil })
                try await second.running({ await newer.run() }) { () async throws in
                    sources.1.set("a.yaml", component("a"))
                    #expect(await eventually { await second.state?.isCaughtUp == true })
                    sources.0.set("b.yaml", component("b"))
                    #expect(await eventually { deposed.withLock { $0.contains("older") } })
                    #expect(try await store.title("b") == nil)
                    sources.1.set("c.yaml", component("c"))
                    #expect(await eventually { try await store.title("c") != nil })
                    #expect(deposed.withLock { !$0.contains("newer") })
                }
            }
        }
    }
}
