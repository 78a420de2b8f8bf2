import Base
import CostSources
import Costs
import HTTPClient
import HTTPServer
import Matching
import Synchronization
import TestSupport
import Testing

@testable import KubeClient
@testable import Reconcilers
@testable import Store

/// A cluster of one Deployment `web` with two pods of the containers `main` and `proxy`, and a database of its own.
private struct SizingScene {
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
            cluster.ownership, store: store, past: past, prices: .openCostDefault, settings: settings,
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
        let advice = SizingAdvice(recommender: HistogramRecommender(), prices: .openCostDefault, now: now)
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

@Suite("Sizing with Prometheus", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SizingPastTests {
    /// Answers questions by the beginning of their expression; what has no answer gets an empty one.
    private static func prometheus(
        _ answers: @escaping @Sendable (_ query: String, _ parameters: [String: String]) -> [JSONValue]?
    ) throws -> (HTTPServer, PrometheusSource) {
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            var parameters: [String: String] = [:]
            for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { Array($0.utf8) }
                guard parts.count == 2 else { continue }
                parameters[String(decoding: parts[0], as: UTF8.self)] = String(
                    decoding: percentDecoded(parts[1]) ?? [], as: UTF8.self)
            }
            guard let rows = answers(parameters["query"] ?? "", parameters) else {
                return HTTPServerResponse(
                    status: 422, body: .bytes(Array(#"{"status": "error", "error": "too many samples"}"#.utf8)))
            }
            let type: JSONValue = request.path.hasSuffix("range") ? "matrix" : "vector"
            let body: JSONValue = ["status": "success", "data": ["resultType": type, "result": .array(rows)]]
            return HTTPServerResponse(status: 200, body: .bytes(body.serialized()))
        }
        let client = PrometheusClient(
            PrometheusEndpoint(baseURL: "http://127.0.0.1:\(server.port)"), http: HTTPClient(name: "test"), version: "1"
        )
        return (server, PrometheusSource(client, cluster: "test"))
    }

    private static func series(_ pod: String, _ value: JSONValue, _ key: String = "value") -> JSONValue {
        .object([
            "metric": ["namespace": "shop", "pod": .string(pod), "container": "main"], key: value,
        ])
    }

    private static func value(_ value: String) -> JSONValue { .array([1_772_366_400, .string(value)]) }

    @Test("K1 of the reference comes out, once a day, and what is throttled is told")
    func krr() async throws {
        try await SizingScene.with { scene async throws in
            let asked = Mutex(0)
            let (server, past) = try Self.prometheus { query, _ in
                func rows(_ values: [String]) -> [JSONValue] {
                    zip(["web-1-a", "web-1-b", "web-1-c"], values).map { Self.series($0, Self.value($1)) }
                }
                switch true {
                case query.hasPrefix("quantile_over_time"):
                    asked.withLock { $0 += 1 }
                    return rows(["0.120", "0.180", "0.1504"])
                case query.hasPrefix("max_over_time("): return rows(["209715200", "325477990", "1"])
                case query.hasPrefix("count_over_time("): return rows(["1200", "1200", "1200"])
                case query.contains("throttled"): return rows(["0.75"])
                default: return []
                }
            }
            let pods = ["web-1-a", "web-1-b", "web-1-c"]
            let reconciler = scene.reconciler(SizingScene.cluster(pods: pods), past: past)
            #expect(await reconciler.size())
            let columns = "class, cpu_recommended_millicores, memory_recommended_bytes, memory_recommended_limit_bytes"
            #expect(try await scene.rows(columns, source: "krr") == ["throttled 180 \(357 << 20) \(357 << 20)"])
            #expect(
                try await scene.rows("cpu_recommended_limit_millicores, details->'severity'->>'cpu'", source: "krr")
                    == [
                        "CRITICAL"
                    ])
            #expect(try await scene.rows("class, details->>'throttledShare'") == ["throttled 0.75"])
            scene.time.advance(seconds: 3_600)
            #expect(await reconciler.size())
            #expect(await scene.reconciler(SizingScene.cluster(pods: pods), past: past).size())
            #expect(asked.withLock { $0 } == 1)
            scene.time.advance(seconds: 86_400)
            #expect(await reconciler.size())
            #expect(asked.withLock { $0 } == 2)
            _ = server
        }
    }

    @Test("eight days before the start are learned from Prometheus once, also from pods that are gone, and gaps later")
    func backfill() async throws {
        try await SizingScene.with { scene async throws in
            let windows = Mutex<[String]>([])
            let (server, past) = try Self.prometheus { query, parameters in
                guard query.contains("[1h]"), !query.contains("throttled"), let start = parameters["start"],
                    let end = parameters["end"], let from = Timestamp(rfc3339: start), let to = Timestamp(rfc3339: end)
                else { return [] }
                let isCPU = query.contains("rate(")
                if isCPU { windows.withLock { $0.append(start) } }
                var points: [JSONValue] = []
                var moment = from
                while moment <= to {
                    points.append(.array([.int(moment.microseconds / 1_000_000), isCPU ? "0.47" : "524288000"]))
                    moment = moment.adding(seconds: 3_600)
                }
                // The one is there, the other is not any more; the last belongs to nobody.
                return ["web-1-a", "web-1-gone", "other"].map { Self.series($0, .array(points), "values") }
            }
            let reconciler = scene.reconciler(past: past)
            #expect(await reconciler.size())
            // Two pods for 8 days, an hour counting as 60 samples.
            #expect(
                try await scene.rows("cpu_recommended_millicores, samples, history_seconds") == [
                    "548 \(2 * 8 * 24 * 60) \((8 * 24 - 1) * 3_600)"
                ])
            #expect(windows.withLock { $0.count } == 8)
            #expect(await reconciler.size())
            #expect(windows.withLock { $0.count } == 8)
            // Another process after a gap of half a day asks for that alone.
            scene.time.advance(seconds: 12 * 3_600)
            #expect(await scene.reconciler(past: past).size())
            #expect(windows.withLock { $0.count } == 9)
            #expect(try await scene.rows("samples") == ["\(2 * (8 * 24 + 12) * 60)"])
            _ = server
        }
    }

    @Test("when Prometheus fails, what is known without it is said all the same, and it is asked again")
    func failure() async throws {
        try await SizingScene.with { scene async throws in
            let fails = Mutex(true)
            let asked = Mutex(0)
            let (server, past) = try Self.prometheus { query, _ in
                if query.contains("[1h]") { asked.withLock { $0 += 1 } }
                return fails.withLock { $0 } ? nil : []
            }
            let reconciler = scene.reconciler(past: past)
            await scene.feed(reconciler, cpu: { _ in 400 }, memory: 700 << 20)
            #expect(await reconciler.size())
            #expect(try await scene.rows("class").count == 1)
            #expect(try await scene.rows("class", source: "krr").isEmpty)
            let before = asked.withLock { $0 }
            fails.withLock { $0 = false }
            scene.time.advance(seconds: 4 * 3_600)
            #expect(await reconciler.size())
            #expect(asked.withLock { $0 } > before + 1)
            _ = server
        }
    }
}
