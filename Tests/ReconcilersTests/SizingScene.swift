import Base
import CostSources
import Costs
import Matching
import TestSupport

@testable import KubeClient
@testable import Reconcilers
@testable import Store

/// A cluster of one Deployment `web` with two pods of the containers `main` and `proxy`, and a database of its own.
struct SizingScene {
    static let web = key("Deployment", "web")
    static let mebibyte: Int64 = 1 << 20
    let store: Store
    let time: ManualTime
    let id: Int

    static func with(_ body: @Sendable (SizingScene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store async throws in
            let record = WorkloadRecord(
                workload: Workload(key: web), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
            let ids = try await store.workloads.write(present: [record], gone: [])
            let time = ManualTime(Timestamp(seconds: 1_772_366_400))
            try await body(SizingScene(store: store, time: time, id: ids[web] ?? 0))
        }
    }

    static func containers(_ names: [String] = ["main"], cpu: Int64? = 1_000, memory: Int64? = 1_024 << 20)
        -> PodContainers
    {
        PodContainers(
            resources: names.map {
                ContainerResources(
                    name: $0, requests: PartialResources(cpuMillicores: cpu, memoryBytes: memory),
                    limits: PartialResources(cpuMillicores: nil, memoryBytes: memory.map { $0 * 2 }))
            })
    }

    static func cluster(
        _ containers: PodContainers = containers(), pods: [String] = ["web-1-a", "web-1-b"],
        troubles: PodTroubles? = nil, autoscalers: [HorizontalPodAutoscaler] = []
    ) -> HandmadeCluster {
        let deployment = object(.deployment, "web", uid: ObjectUID("d"))
        let set = object(
            .replicaSet, "web-1", uid: ObjectUID("r"), of: controller("Deployment", "web", ObjectUID("d")))
        return HandmadeCluster(
            [deployment, set],
            pods: pods.map {
                pod(
                    $0, of: controller("ReplicaSet", "web-1", ObjectUID("r")), containers: containers,
                    troubles: troubles)
            },
            autoscalers: autoscalers)
    }

    func reconciler(
        _ cluster: HandmadeCluster = cluster(), past: PrometheusSource? = nil,
        settings: SizingSettings = SizingSettings()
    ) -> SizingReconciler {
        SizingReconciler(
            cluster.ownership, store: store, past: past, prices: SizingPrices(prices: EstimatePrices(), nodes: nil),
            settings: settings,
            logger: Logger("test") { _ in }, now: { [time] in time.now })
    }

    static func usage(_ cpu: Int64, _ memory: Int64, pod: String = "web-1-a", container: String = "main") -> PodUsage {
        PodUsage(
            namespace: "shop", pod: pod,
            containers: [container: ContainerUsage(cpuMillicores: cpu, memoryBytes: memory)])
    }

    func rows(_ columns: String, source: String = "vpa") async throws -> [String] {
        try await store.workloads.pool.run { session in
            try session.run(
                "SELECT concat_ws(' ', \(columns)) FROM recommendation WHERE source = $1 ORDER BY container",
                [.text(source)]
            ).map { $0.text(0) ?? "" }
        }
    }

    func histograms() async throws -> Int64 {
        try await store.workloads.pool.run { session in
            try session.run("SELECT count(*) FROM container_histogram").first { $0.int(0) } ?? 0
        } ?? 0
    }

    /// Four hours of samples, one a minute.
    func feed(_ reconciler: SizingReconciler, cpu: (Int) -> Int64, memory: Int64, minutes: Int = 240) async {
        for minute in 0..<minutes {
            await reconciler.use([Self.usage(cpu(minute), memory)], at: time.now)
            time.advance(seconds: 60)
        }
    }
}
