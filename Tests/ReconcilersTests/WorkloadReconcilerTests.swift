import Base
import Costs
import Matching
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite(
    "Workload reconciler against a real API server and a real database",
    .serialized, .enabled(if: TestDatabase.isAvailable && TestCluster.isAvailable))
struct WorkloadReconcilerTests {
    /// 1 a core-hour and 0.5 a GiB-hour.
    private static let prices = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 1_000_000_000), perGiBHour: Money(nanoDollars: 500_000_000))

    private static func reconciler(
        _ cluster: TestCluster, _ store: Store, _ time: ManualTime = ManualTime(.now()),
        costInterval: Duration = .milliseconds(50), metrics: MetricsRegistry = MetricsRegistry()
    ) -> WorkloadReconciler {
        WorkloadReconciler(
            following: ClusterFollower(cluster: "test", client: cluster.client, logger: Logger("test")), store: store,
            prices: prices, costInterval: costInterval, metrics: metrics, logger: Logger("test"), now: { time.now })
    }

    /// Runs a reconciler that knows these claims while the body runs.
    private static func following(
        _ reconciler: WorkloadReconciler, claims: [EntitySelector] = [],
        _ body: (WorkloadReconciler) async throws -> Void
    ) async throws {
        let run = Task { await reconciler.runWithCaches() }
        await reconciler.claimsChanged(Self.claims(claims))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(reconciler))
        } catch {
            result = .failure(error)
        }
        run.cancel()
        await run.value
        try result.get()
    }

    private static func claims(_ selectors: [EntitySelector]) -> [String: EntitySelector?] {
        Dictionary(uniqueKeysWithValues: selectors.map { ($0.entityRef, $0) })
    }

    /// A claim on the workloads of the test's namespace with this label selector.
    private static func selector(_ ref: String, _ text: String, in cluster: TestCluster) throws -> EntitySelector {
        try #require(
            EntitySelector(
                entityRef: ref, selector: LabelSelector(parsing: text), rule: .labelSelector,
                namespaces: [cluster.namespace]))
    }

    private static let shop = "component:default/shop"
    private static let team = "component:default/team"

    @Test("a Deployment and a bare Pod become rows with their pods' requests, links and rates")
    func rows() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let claim = try Self.selector(Self.shop, "app in (web,debug)", in: cluster)
                try await Self.following(Self.reconciler(cluster, store), claims: [claim]) {
                    reconciler async throws in
                    try await cluster.createDeployment("web", replicas: 2)
                    try await cluster.createPod("debug")
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.link(of: Self.shop, to: "web")?.workload.cpuRequestMillicores == 500
                        })
                    let web = try #require(try await store.link(of: Self.shop, to: "web"))
                    #expect(web.workload.key.kind == "Deployment")
                    #expect(web.workload.key.cluster == "test")
                    #expect(web.workload.pods == 2)
                    #expect(web.workload.memoryRequestBytes == 1 << 30)
                    #expect(web.workload.cpuHourlyCost == 500_000_000)
                    #expect(web.workload.memoryHourlyCost == 500_000_000)
                    #expect((web.rule, web.matchedOn, web.isOwner) == ("label-selector", "template", true))
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.link(of: Self.shop, to: "debug")?.workload.cpuRequestMillicores == 250
                        })
                    #expect(try await store.link(of: Self.shop, to: "debug")?.workload.key.kind == "Pod")
                    #expect(await eventually { await reconciler.isCaughtUp })
                    let synced = try await store.workloads.clusters().first
                    #expect(synced?.name == "test")
                }
            }
        }
    }

    @Test("what runs costs its price for its time, and what is gone costs no more")
    func costs() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                // Links are dated by the database's clock, so the hours of the test lie after its now.
                let time = ManualTime(Timestamp.now().startOfHour.adding(seconds: 2 * 3_600))
                let start = time.now
                let window = CostWindow(from: start, to: start.adding(seconds: 86_400))
                let claim = try Self.selector(Self.shop, "app=web", in: cluster)
                try await cluster.createDeployment("web", replicas: 2)
                try await Self.following(Self.reconciler(cluster, store, time), claims: [claim]) { _ async throws in
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.link(of: Self.shop, to: "web")?.workload.cpuRequestMillicores == 500
                        })
                    time.advance(seconds: 1_800)
                    let half = ResourceCost(
                        cpu: Money(nanoDollars: 250_000_000), memory: Money(nanoDollars: 250_000_000))
                    #expect(
                        await eventually { try await store.costs.workloadCosts(of: Self.shop, window).first?.cost == half })

                    try await cluster.deleteDeployment("web")
                    #expect(await eventually { try await store.link(of: Self.shop, to: "web") == nil })
                    time.advance(seconds: 3_600)
                    let written = time.now
                    #expect(await eventually { try await store.costs.dataThrough() == written })
                    let web = WorkloadKey(
                        cluster: "test", kind: "Deployment", namespace: cluster.namespace, name: "web")
                    let usage = try #require(try await store.costs.usage(hour: start, cluster: "test")[web])
                    #expect(usage.coveredSeconds == 1_800)
                    #expect(usage.use == CapacityTime(millicoreSeconds: 900_000, byteSeconds: 1_800 << 30))
                    let later = try await store.costs.usage(hour: start.adding(seconds: 3_600), cluster: "test")
                    #expect(later[web] == nil)
                }
            }
        }
    }

    @Test("stopping writes the costs up to the end")
    func finalCosts() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let time = ManualTime(Timestamp.now().startOfHour.adding(seconds: 2 * 3_600))
                let start = time.now
                try await cluster.createDeployment("web")
                let reconciler = Self.reconciler(cluster, store, time, costInterval: .seconds(3_600))
                try await Self.following(reconciler) { reconciler async throws in
                    #expect(await eventually { await reconciler.isCaughtUp })
                    time.advance(seconds: 60)
                }
                #expect(try await store.costs.dataThrough() == start.adding(seconds: 60))
                let usage = try await store.costs.usage(hour: start, cluster: "test")
                let web = WorkloadKey(
                    cluster: "test", kind: "Deployment", namespace: cluster.namespace, name: "web")
                #expect(usage[web]?.coveredSeconds == 60)
            }
        }
    }

    @Test("a restart notices what was deleted meanwhile and leaves the links of the rest as they were")
    func restart() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let claim = try Self.selector(Self.shop, "app in (stays,goes)", in: cluster)
                try await cluster.createDeployment("stays")
                try await cluster.createDeployment("goes")
                try await Self.following(Self.reconciler(cluster, store), claims: [claim]) { _ async throws in
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.workloads.workloads(of: Self.shop).count == 2
                        })
                }
                let before = try #require(try await store.link(of: Self.shop, to: "stays"))
                try await cluster.deleteDeployment("goes")
                try await Self.following(Self.reconciler(cluster, store), claims: [claim]) {
                    reconciler async throws in
                    #expect(await eventually { await reconciler.isCaughtUp })
                    #expect(
                        try await store.workloads.workloads(of: Self.shop).map(\.workload.key.name) == ["stays"])
                }
                #expect(try await store.link(of: Self.shop, to: "stays")?.since == before.since)
            }
        }
    }

    @Test("claims that come late after a restart find the stored links untouched")
    func lateClaims() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let claim = try Self.selector(Self.shop, "app=web", in: cluster)
                try await cluster.createDeployment("web")
                try await Self.following(Self.reconciler(cluster, store), claims: [claim]) { _ async throws in
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.link(of: Self.shop, to: "web") != nil
                        })
                }
                let before = try #require(try await store.link(of: Self.shop, to: "web"))
                let reconciler = Self.reconciler(cluster, store)
                let run = Task { await reconciler.runWithCaches() }
                // The caches say when they are complete; without claims nothing may be written then.
                #expect(await eventually { reconciler.follower.caches.isSynced })
                let synced = ContinuousClock.now + .milliseconds(500)
                #expect(await eventually { ContinuousClock.now > synced })
                #expect(await !reconciler.isCaughtUp)
                await reconciler.claimsChanged(Self.claims([claim]))
                #expect(await eventually { await reconciler.isCaughtUp })
                run.cancel()
                await run.value
                #expect(try await store.link(of: Self.shop, to: "web")?.since == before.since)
            }
        }
    }

    @Test("a claim that describes a workload more closely takes it over, and gives it back when it goes")
    func ownership() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                try await cluster.createDeployment("web", labels: ["app": "web", "tier": "front"])
                let wide = try Self.selector(Self.team, "tier=front", in: cluster)
                try await Self.following(Self.reconciler(cluster, store), claims: [wide]) {
                    reconciler async throws in
                    #expect(
                        await eventually(within: .seconds(60)) {
                            try await store.link(of: Self.team, to: "web")?.isOwner == true
                        })
                    let close = try Self.selector(Self.shop, "app=web,tier=front", in: cluster)
                    await reconciler.claimsChanged(Self.claims([close]))
                    #expect(await eventually { try await store.link(of: Self.shop, to: "web")?.isOwner == true })
                    let former = try #require(try await store.link(of: Self.team, to: "web"))
                    #expect((former.isOwner, former.ownerRef) == (false, Self.shop))

                    await reconciler.claimsChanged([Self.shop: nil])
                    #expect(await eventually { try await store.link(of: Self.team, to: "web")?.isOwner == true })
                    #expect(try await store.workloads.workloads(of: Self.shop).isEmpty)

                    await reconciler.claimsChanged([Self.team: nil])
                    #expect(
                        await eventually {
                            let page = try await store.workloads.orphans(
                                namespace: cluster.namespace, cluster: nil, limit: 10, offset: 0)
                            return page.items.map(\.key.name) == ["web"]
                        })
                }
            }
        }
    }

    @Test("what changes while the database is away is written when it is back")
    func databaseAway() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.with { database in
                let store = Store(PostgresPool.Configuration(uri: database.uri))
                _ = try await store.migrate()
                let metrics = MetricsRegistry()
                let time = ManualTime(Timestamp.now().startOfHour.adding(seconds: 2 * 3_600))
                let start = time.now
                let claim = try Self.selector(Self.shop, "app in (web,api)", in: cluster)
                try await cluster.createDeployment("web")
                let reconciler = Self.reconciler(cluster, store, time, metrics: metrics)
                try await Self.following(reconciler, claims: [claim]) { reconciler async throws in
                    #expect(await eventually(within: .seconds(60)) { await reconciler.isCaughtUp })
                    time.advance(seconds: 60)
                    try await database.shut()
                    try await cluster.deleteDeployment("web")
                    let errors = #"controller_runtime_reconcile_total{controller="workload",result="error"}"#
                    let web = WorkloadKey(
                        cluster: "test", kind: "Deployment", namespace: cluster.namespace, name: "web")
                    #expect(
                        await eventually {
                            if case .gone = reconciler.follower.caches.observe(web, at: time.now) {
                                true
                            } else {
                                false
                            }
                        })
                    // The second attempt from now on began after it was gone.
                    let before = metrics.value(errors) ?? 0
                    #expect(await eventually { (metrics.value(errors) ?? 0) >= before + 2 })
                    time.advance(seconds: 600)
                    try await cluster.createDeployment("api")
                    try await database.reopen()
                    #expect(
                        await eventually {
                            try await store.workloads.workloads(of: Self.shop).map(\.workload.key.name) == ["api"]
                        })
                }
                // What was gone during the outage is not charged for it.
                let usage = try await store.costs.usage(hour: start, cluster: "test")
                let web = WorkloadKey(
                    cluster: "test", kind: "Deployment", namespace: cluster.namespace, name: "web")
                #expect(usage[web]?.coveredSeconds == 60)
                await store.close()
            }
        }
    }

    @Test("what metrics tell of a cluster's state ends with the reconciler; its counts go on with the next one")
    func metricsEnd() async throws {
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let metrics = MetricsRegistry()
                let state = [
                    #"callboard_cache_objects{cluster="test",resource="nodes"}"#,
                    #"callboard_cache_last_event_timestamp_seconds{cluster="test",resource="nodes"}"#,
                    #"informer_store_resource_version{cluster="test",resource="nodes"}"#,
                    #"callboard_match_residual_selectors{cluster="test"}"#,
                ]
                let queue = #"callboard_db_lag_seconds{name="workload-test",controller="workload"}"#
                let counts = [
                    #"callboard_lists_total{cluster="test",resource="nodes"}"#,
                    #"workqueue_adds_total{name="workload-test",controller="workload"}"#,
                ]
                var before = [0.0, 0.0]
                try await cluster.createDeployment("web")
                for _ in 1...2 {
                    try await Self.following(Self.reconciler(cluster, store, metrics: metrics)) { reconciler in
                        #expect(await eventually(within: .seconds(60)) { await reconciler.isCaughtUp })
                        for series in state + [queue] {
                            #expect(await eventually { metrics.value(series) != nil }, "\(series)")
                        }
                    }
                    for series in state { #expect(metrics.value(series) == nil, "\(series)") }
                    #expect(await eventually { metrics.value(queue) == nil })
                    let now = counts.map { metrics.value($0) ?? 0 }
                    for (now, before) in zip(now, before) { #expect(now > before) }
                    before = now
                }
            }
        }
    }
}

extension Store {
    /// How an entity holds the workload of this name now.
    func link(of ref: String, to name: String) async throws -> LinkView? {
        try await workloads.workloads(of: ref).first { $0.workload.key.name == name }
    }
}
