import Base
import Costs
import TestSupport
import Testing

@testable import KubeClient
@testable import Reconcilers
@testable import Store

@Suite("Sizing of containers", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SizingTests {
    private static let amounts = "container, class, cpu_recommended_millicores, memory_recommended_bytes"

    @Test("V1 of the reference comes out of the samples, over restarts between, with its saving")
    func cpu() async throws {
        try await SizingScene.with { scene async throws in
            let start = scene.time.now
            // All at one instant as in the reference, and a round trip through the database after each third.
            for range in [0..<40, 40..<85, 85..<100] {
                let reconciler = scene.reconciler()
                for sample in range {
                    await reconciler.use([SizingScene.usage(sample < 85 ? 120 : 470, 700 << 20)], at: start)
                }
                #expect(await reconciler.size())
            }
            #expect(try await scene.rows(Self.amounts) == ["main insufficient-data"])
            // Later samples of the same give enough time; the distribution stays.
            let reconciler = scene.reconciler()
            scene.time.advance(seconds: 4 * 3_600)
            for sample in 0..<100 {
                await reconciler.use([SizingScene.usage(sample < 85 ? 120 : 470, 700 << 20)], at: scene.time.now)
            }
            #expect(await reconciler.size())
            let row = try await scene.rows("\(Self.amounts), samples, history_seconds, cpu_request_millicores")
            #expect(row == ["main over 548 850669569 200 14400 1000"] || row.first?.hasPrefix("main over 548 ") == true)
            let facts = try #require(row.first?.split(separator: " "))
            #expect(facts.suffix(3) == ["200", "14400", "1000"])
            let memory = try #require(Int64(facts[3]))
            let saved = RequestedCapacity(cpuMillicores: 2 * (1_000 - 548), memoryBytes: 2 * ((1_024 << 20) - memory))
            let expected = PriceList.openCostDefault.monthlyRunRate(of: saved).total.nanoDollars
            #expect(try await scene.rows("monthly_saving") == ["\(expected)"])
            #expect(
                try await scene.rows("memory_limit_bytes, memory_recommended_limit_bytes") == [
                    "\(2_048 << 20) \(memory * 2)"
                ])
            #expect(
                try await scene.rows("reason") == ["cpu: 548m are recommended, less than the 1000m requested"])
        }
    }

    @Test("V3 of the reference: eight days with a peak in the last")
    func memory() async throws {
        try await SizingScene.with { scene async throws in
            var reconciler = scene.reconciler()
            for hour in 0..<(8 * 24) {
                let bytes = (hour < 7 * 24 ? 500 : hour == 7 * 24 + 3 ? 800 : 300) * SizingScene.mebibyte
                for _ in 0..<30 {
                    await reconciler.use([SizingScene.usage(100, bytes)], at: scene.time.now)
                    scene.time.advance(seconds: 120)
                }
                if hour % 12 == 11 {
                    #expect(await reconciler.size())
                    reconciler = scene.reconciler()
                }
            }
            #expect(try await scene.rows("memory_recommended_bytes") == ["978270031"])
        }
    }

    @Test("V5 of the reference: the floor, which the containers of a pod share")
    func floor() async throws {
        try await SizingScene.with { scene async throws in
            let reconciler = scene.reconciler(SizingScene.cluster(SizingScene.containers(["main", "proxy"])))
            for minute in 0..<240 {
                let used = ContainerUsage(cpuMillicores: 1, memoryBytes: 20 << 20)
                let usage = PodUsage(
                    namespace: "shop", pod: "web-1-a", containers: ["main": used, "proxy": used, "x": used])
                await reconciler.use([usage], at: scene.time.now.adding(seconds: Int64(minute) * 60))
            }
            scene.time.advance(seconds: 4 * 3_600)
            #expect(await reconciler.size())
            #expect(try await scene.rows(Self.amounts) == ["main over 12 131072000", "proxy over 12 131072000"])
            #expect(try await scene.histograms() == 4)

            var settings = SizingSettings()
            settings.recommender.podFloor = RequestedCapacity(cpuMillicores: 10, memoryBytes: 32 << 20)
            let low = scene.reconciler(
                SizingScene.cluster(SizingScene.containers(["main", "proxy"])), settings: settings)
            #expect(await low.size())
            #expect(try await scene.rows("cpu_recommended_millicores") == ["11", "11"])
        }
    }

    @Test("a container that is gone has no row any more; a workload without pods keeps its own until it is gone itself")
    func gone() async throws {
        try await SizingScene.with { scene async throws in
            let both = SizingScene.containers(["main", "proxy"])
            let reconciler = scene.reconciler(SizingScene.cluster(both))
            await reconciler.use(
                [SizingScene.usage(1, 1), SizingScene.usage(1, 1, container: "proxy")], at: scene.time.now)
            #expect(await reconciler.size())
            #expect(try await scene.rows("container") == ["main", "proxy"])
            #expect(await scene.reconciler().size())
            #expect(try await scene.rows("container") == ["main"])
            #expect(try await scene.histograms() == 2)
            #expect(await scene.reconciler(SizingScene.cluster(pods: [])).size())
            #expect(try await scene.rows("container") == ["main"])
            _ = try await scene.store.workloads.write(present: [], gone: [SizingScene.web])
            #expect(await scene.reconciler(SizingScene.cluster(pods: [])).size())
            #expect(try await scene.rows("container") == [])
            // It may come back: what was learned waits.
            #expect(try await scene.histograms() == 2)
        }
    }

    @Test("what an autoscaler scales by is left alone")
    func autoscaled() async throws {
        try await SizingScene.with { scene async throws in
            var autoscaler = HorizontalPodAutoscaler(
                meta: ObjectMeta(namespace: "shop", name: "web"), targetName: "web", hasCPUTarget: true)
            autoscaler.meta.annotations[HorizontalPodAutoscaler.metricsAnnotation] =
                #"[{"type": "Resource", "resource": {"name": "memory"}}]"#
            let reconciler = scene.reconciler(SizingScene.cluster(autoscalers: [autoscaler]))
            await scene.feed(reconciler, cpu: { _ in 400 }, memory: 700 << 20)
            #expect(await reconciler.size())
            #expect(try await scene.rows(Self.amounts) == ["main hpa-skip"])
            #expect(try await scene.rows("monthly_saving, details->'autoscaledBy'") == [#"0 ["cpu", "memory"]"#])
        }
    }

    @Test("a kill for lack of memory is the first thing to say, for a day, also when the pod is gone")
    func outOfMemory() async throws {
        try await SizingScene.with { scene async throws in
            let killed = PodTroubles(containers: [
                ContainerTrouble(
                    name: "main",
                    termination: ContainerTermination(
                        reason: "OOMKilled", exitCode: 137, finishedAt: scene.time.now.adding(seconds: -60)))
            ])
            let reconciler = scene.reconciler(SizingScene.cluster(troubles: killed))
            await scene.feed(reconciler, cpu: { _ in 400 }, memory: 700 << 20)
            #expect(await reconciler.size())
            // Both pods were killed at that moment, which counts once; 1 GiB and 20 % more are needed, and 15 % above.
            #expect(try await scene.rows("class, reason") == ["oom killed for lack of memory 1 × in the last 24 hours"])
            let memory = try #require(Int64(try await scene.rows("memory_recommended_bytes")[0]))
            #expect(memory >= Int64(1.2 * 1.15 * Double(1 << 30)) && memory < Int64(1.5 * Double(1 << 30)))
            scene.time.advance(seconds: 10 * 3_600)
            #expect(await scene.reconciler().size())
            #expect(try await scene.rows("class") == ["oom"])
            scene.time.advance(seconds: 14 * 3_600)
            #expect(await scene.reconciler().size())
            #expect(try await scene.rows("class") == ["under"])
        }
    }

    @Test("without usage and without requests there is a row that says so")
    func nothingKnown() async throws {
        try await SizingScene.with { scene async throws in
            #expect(await scene.reconciler().size())
            #expect(try await scene.rows("class, samples") == ["insufficient-data 0"])
            let bare = SizingScene.cluster(SizingScene.containers(cpu: nil, memory: nil))
            #expect(await scene.reconciler(bare).size())
            #expect(try await scene.rows("class, reason") == ["no-request no request of cpu and memory"])
        }
    }

    @Test("what could not be written waits, and nothing is counted twice")
    func failedWrites() async throws {
        try await SizingScene.with { scene async throws in
            let reconciler = scene.reconciler()
            func run(_ script: String) async throws {
                try await scene.store.workloads.pool.run { try $0.runScript(script) }
            }
            await reconciler.use([SizingScene.usage(100, 1_000)], at: scene.time.now)
            try await run("ALTER TABLE recommendation RENAME TO away")
            #expect(await reconciler.size() == false)
            await reconciler.use([SizingScene.usage(100, 1_000)], at: scene.time.now.adding(seconds: 60))
            try await run("ALTER TABLE away RENAME TO recommendation")
            #expect(await reconciler.size())
            #expect(try await scene.rows("samples, history_seconds") == ["2 60"])
            #expect(await reconciler.size())
            #expect(try await scene.rows("samples, history_seconds") == ["2 60"])
        }
    }

    @Test("what was learned since the last round is kept when the leader ends")
    func ending() async throws {
        try await SizingScene.with { scene async throws in
            let reconciler = scene.reconciler()
            await reconciler.use([SizingScene.usage(100, 1_000)], at: scene.time.now)
            let task = Task { await reconciler.run() }
            task.cancel()
            await task.value
            #expect(try await scene.histograms() == 2)
            #expect(try await scene.rows("container") == [])
        }
    }

    @Test("a Job that runs six minutes of the hour saves a tenth")
    func jobs() throws {
        var batch = UsageBatch()
        let start = Timestamp(seconds: 1_772_366_400)
        for hour in 0..<240 {
            for minute in 0..<6 {
                batch.add(
                    ContainerUsage(cpuMillicores: 100, memoryBytes: 300 << 20),
                    at: start.adding(seconds: Int64(hour * 3_600 + minute * 60)))
            }
        }
        var history = ContainerHistory()
        history.add(batch)
        let now = start.adding(seconds: 240 * 3_600)
        let advice = SizingAdvice(
            recommender: HistogramRecommender(), prices: SizingPrices(prices: EstimatePrices(), nodes: nil), now: now)
        var container = SizedContainer()
        container.requests = PartialResources(cpuMillicores: 8_000, memoryBytes: 8 << 30)
        container.pods = 1
        func subject(isJob: Bool) -> SizingAdvice.Subject {
            SizingAdvice.Subject(
                id: StoredContainer(workloadID: 1, container: "main"), container: container, autoscaled: [],
                isJob: isJob, history: history, throttledShare: nil)
        }
        let (always, sometimes) = (advice.vpa(subject(isJob: false)), advice.vpa(subject(isJob: true)))
        #expect(sometimes.sizingClass == .over)
        let share = sometimes.monthlySaving.dollars / always.monthlySaving.dollars
        #expect(abs(share - 0.1) < 0.002, "\(share)")
    }
}
