import Base
import CostSources
import Costs
import HTTPClient
import HTTPServer
import Matching
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers
@testable import Store

@Suite("Costs of the past", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CostBackfillTests {
    @Test("hours before the first metered one are filled, the latest first, with what is known and what is not")
    func fills() async throws {
        try await BackfillScene.with { scene async throws in
            #expect(await scene.run(days: 1) == [.filled, .filled, .filled, .filled, .done])
            // 24 hours of which the first 14 are known; 4 × 0.031611 + 16 × 0.004237 an hour, to the nano-dollar.
            #expect(
                try await scene.rows("count(DISTINCT hour), sum(cpu_cost), sum(memory_cost)") == [
                    "14 \(14 * 4 * 31_611_000) \(14 * 16 * 4_237_000)"
                ])
            #expect(try await scene.rows("DISTINCT price_quality || ' ' || covered_seconds") == ["backfilled 3600"])
            // Half a core is used more than requested by one of two pods; a pod of a ReplicaSet that is gone, and one of
            // which nobody knows the owner, are nobody's.
            #expect(
                try await scene.rows(
                    "w.kind, w.name, min(cpu_cost), max(pod_seconds), max(used_seconds)", "GROUP BY w.kind, w.name")
                    == [
                        "Deployment web \(2_500 * 31_611) 7200 1800", "__idle__ n1 \(750 * 31_611) 0 NULL",
                        "__unallocated__ * \(750 * 31_611) 7200 NULL",
                    ])
            #expect(await scene.run(days: 1) == [.done])
            #expect(scene.prometheus.asked.withLock { $0 }.allSatisfy { $0.seconds <= 6 * 3_600 || $0.isReach })
        }
    }

    @Test("who leads next goes on where the last one ended, and more days may be asked for later")
    func resumes() async throws {
        try await BackfillScene.with { scene async throws in
            var hours = 4
            #expect(await scene.backfill(days: 1).step(hours: &hours) == .filled)
            #expect(try await scene.rows("count(DISTINCT hour)") == ["4"])
            #expect(await scene.run(days: 1).count == 5)
            #expect(try await scene.store.costs.backfillState(cluster: "test")?.filledFrom == BackfillScene.noon(-24))
            #expect(await scene.run(days: 2).count == 5)
            #expect(try await scene.store.costs.backfillState(cluster: "test")?.filledFrom == BackfillScene.noon(-48))
        }
    }

    @Test(
        "answers that are too large are asked for in shorter stretches; what fails is tried again and nothing is lost")
    func failures() async throws {
        try await BackfillScene.with { scene async throws in
            scene.prometheus.longest.withLock { $0 = 2 * 3_600 }
            var hours = 6
            let backfill = scene.backfill(days: 1)
            #expect(await backfill.step(hours: &hours) == .filled && hours == 3)
            #expect(await backfill.step(hours: &hours) == .filled && hours == 1)
            #expect(await backfill.step(hours: &hours) == .filled)
            #expect(try await scene.rows("count(DISTINCT hour)") == ["1"])
            // The answer for an hour alone cannot become smaller.
            scene.prometheus.longest.withLock { $0 = 0 }
            #expect(await backfill.step(hours: &hours) == .filled)
            #expect(try await scene.rows("count(DISTINCT hour)") == ["1"])
            scene.prometheus.longest.withLock { $0 = .max }
            scene.prometheus.hidden.withLock { $0 = "kube_pod_status_phase" }
            #expect(await backfill.step(hours: &hours) == .failed)
            #expect(try await scene.store.costs.backfillState(cluster: "test")?.filledFrom == BackfillScene.noon(-2))
        }
    }

    @Test("an answer with a warning is not the truth, nor is one that knows no node of all days")
    func partial() async throws {
        try await BackfillScene.with { scene async throws in
            scene.prometheus.warning.withLock { $0 = "a store is missing" }
            #expect(await scene.run(days: 1) == [.failed])
            scene.prometheus.warning.withLock { $0 = nil }
            scene.prometheus.hidden.withLock { $0 = "kube_node_status_capacity" }
            #expect(await scene.run(days: 1) == [.failed])
            #expect(try await scene.store.costs.backfillState(cluster: "test")?.filledFrom == BackfillScene.noon(0))
        }
    }

    @Test("nothing is asked before something is metered, nor of hours that are not kept")
    func bounds() async throws {
        try await BackfillScene.with(isMetered: false) { scene async throws in
            #expect(await scene.run(days: 1) == [.waiting])
            try await scene.meter()
            try await scene.store.costs.pool.run {
                try $0.runScript("INSERT INTO cost_horizon (hourly_from) VALUES ('2026-03-01T07:00:00Z')")
            }
            #expect(await scene.run(days: 1) == [.filled, .done])
            #expect(try await scene.rows("count(DISTINCT hour)") == ["5"])
        }
    }

    @Test("series of pods without their phases are an error, not an idle cluster")
    func missingPhases() async throws {
        try await BackfillScene.with { scene async throws in
            scene.prometheus.hidden.withLock { $0 = "kube_pod_status_phase" }
            #expect(await scene.run(days: 1) == [.failed])
            #expect(try await scene.rows("count(*)") == ["0"])
        }
    }

    @Test("small namespaces are asked for together, large ones by themselves")
    func slices() {
        #expect(CostBackfill.slices([:]).isEmpty && CostBackfill.slices(["a": 0, "b": 0]) == [["a", "b"]])
        #expect(
            CostBackfill.slices(["a": 1, "b": 498, "c": 2, "d": 900, "e": 1])
                == [["a", "b"], ["c"], ["d"], ["e"]])
    }

    @Test("a pod belongs to the last controller of the chain that is known")
    func owners() {
        let keys = [("Deployment", "web"), ("ReplicaSet", "lone-1"), ("CronJob", "report"), ("Pod", "static")]
        let workloads = keys.enumerated().map { index, key in
            (WorkloadKey(cluster: "test", kind: key.0, namespace: "shop", name: key.1), index)
        }
        let attribution = PastAttribution(
            cluster: "test", workloads: Dictionary(uniqueKeysWithValues: workloads), prices: EstimatePrices(),
            present: { _ in nil })
        func owner(_ kind: String, _ name: String) -> PastRelations.Owner {
            PastRelations.Owner(kind: kind, name: name)
        }
        func pod(_ name: String) -> ContainerHours.Pod { ContainerHours.Pod(namespace: "shop", name: name) }
        var relations = PastRelations()
        relations.pods = [
            pod("a"): owner("ReplicaSet", "web-1"), pod("b"): owner("ReplicaSet", "lone-1"),
            pod("c"): owner("Job", "report-1"),
            pod("static"): owner("Node", "n1"), pod("free"): nil, pod("loop"): owner("Job", "loop"),
        ]
        relations.controllers["shop"] = [
            owner("ReplicaSet", "web-1"): owner("Deployment", "web"),
            owner("ReplicaSet", "lone-1"): owner("Rollout", "lone"),
            owner("Job", "report-1"): owner("CronJob", "report"), owner("Job", "loop"): owner("Job", "loop"),
        ]
        let payers = ["a", "b", "c", "static"].map { attribution.payer(of: pod($0), relations) }
        #expect(payers == (0...3).map { .workload($0) })
        for name in ["free", "loop", "unheard"] {
            #expect(attribution.payer(of: pod(name), relations) == .unallocated(namespace: "shop"))
        }
    }
}

/// A cluster whose metering began at noon, with a Deployment `web`, and a Prometheus that remembers 14 hours before.
struct BackfillScene {
    let store: Store
    let prometheus: PastPrometheus
    private let id: Int

    static func noon(_ hours: Int64) -> Timestamp { Timestamp(seconds: 1_772_366_400 + hours * 3_600) }

    static func with(isMetered: Bool = true, _ body: @Sendable (BackfillScene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store async throws in
            let key = WorkloadKey(cluster: "test", kind: "Deployment", namespace: "shop", name: "web")
            let record = WorkloadRecord(
                workload: Workload(key: key), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
            let ids = try await store.workloads.write(present: [record], gone: [])
            let scene = BackfillScene(store: store, prometheus: try PastPrometheus(), id: ids[key] ?? 0)
            if isMetered { try await scene.meter() }
            try await body(scene)
        }
    }

    func meter() async throws {
        let usage = HourUsage(hour: Self.noon(0), through: Self.noon(1), coveredSeconds: 3_600)
        let money = Money(nanoDollars: 1)
        try await store.costs.write([
            HourlyCost(workloadID: id, usage: usage, cost: ResourceCost(cpu: money, memory: money))
        ])
    }

    func backfill(days: Int64) -> CostBackfill {
        CostBackfill(
            cluster: "test", past: prometheus.source, store: store.costs, prices: EstimatePrices(), days: days,
            metrics: BackfillMetrics(MetricsRegistry()), logger: Logger("test") { _ in }, present: { _ in nil },
            isReady: { true }, sleep: { _ in })
    }

    /// Steps until there is nothing to be done, or nothing can be.
    func run(days: Int64) async -> [CostBackfill.Outcome] {
        var (hours, outcomes) = (6, [CostBackfill.Outcome]())
        repeat { outcomes.append(await backfill(days: days).step(hours: &hours)) } while outcomes.last == .filled
        return outcomes
    }

    func rows(_ columns: String, _ grouping: String = "") async throws -> [String] {
        try await store.costs.pool.run { session in
            try session.run(
                "SELECT \(columns) FROM cost_hourly c JOIN workload w ON w.id = c.workload_id "
                    + "WHERE hour < '2026-03-01T12:00:00Z' \(grouping) ORDER BY 1"
            ).map { row in
                (0..<Int32(columns.split(separator: ",").count)).map { row.text($0) ?? "NULL" }.joined(separator: " ")
            }
        }
    }
}

/// Answers as a Prometheus with kube-state-metrics: of a node of 4 cores and 16 GiB with two pods of `web`, one of a
/// ReplicaSet that nobody knows, and one of which no owner is told.
final class PastPrometheus: Sendable {
    struct Question: Sendable {
        let query: String
        let seconds: Int64
        /// Whether it only asks if there was any node at all.
        var isReach: Bool { query.hasPrefix("count(kube_node_status_capacity") }
    }

    let asked = Mutex<[Question]>([])
    /// In seconds; what asks for more gets a refusal.
    let longest = Mutex<Int64>(.max)
    /// What it has no series of.
    let hidden = Mutex("nothing")
    let warning = Mutex<String?>(nil)
    let source: PrometheusSource
    private let server: HTTPServer

    init() throws {
        let answer = Mutex<@Sendable ([String: String]) -> HTTPServerResponse>({ _ in HTTPServerResponse(status: 500) })
        server = try HTTPServer(HTTPServer.Configuration()) { request in
            var parameters: [String: String] = [:]
            for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { Array($0.utf8) }
                guard parts.count == 2 else { continue }
                parameters[String(decoding: parts[0], as: UTF8.self)] = String(
                    decoding: percentDecoded(parts[1]) ?? [], as: UTF8.self)
            }
            return answer.withLock { $0 }(parameters)
        }
        let endpoint = PrometheusEndpoint(baseURL: "http://127.0.0.1:\(server.port)")
        source = PrometheusSource(
            PrometheusClient(endpoint, http: HTTPClient(name: "test"), version: "1"), cluster: "test")
        answer.withLock { $0 = { [weak self] in self?.answer($0) ?? HTTPServerResponse(status: 500) } }
    }

    private func answer(_ parameters: [String: String]) -> HTTPServerResponse {
        guard let query = parameters["query"], let from = parameters["start"].flatMap({ Timestamp(rfc3339: $0) }),
            let to = parameters["end"].flatMap({ Timestamp(rfc3339: $0) })
        else { return HTTPServerResponse(status: 400) }
        let seconds = Int64(to.secondsSince(from)) + 3_600
        asked.withLock { $0.append(Question(query: query, seconds: seconds)) }
        guard seconds <= longest.withLock({ $0 }) else {
            let body = #"{"status": "error", "errorType": "execution", "error": "too many samples in memory"}"#
            return HTTPServerResponse(status: 422, body: .bytes(Array(body.utf8)))
        }
        var points: [JSONValue] = []
        var moment = max(from, BackfillScene.noon(-13))
        while moment <= to {
            points.append(.int(moment.microseconds / 1_000_000))
            moment = moment.adding(seconds: 3_600)
        }
        let result =
            points.isEmpty || query.contains(hidden.withLock { $0 })
            ? []
            : series(query).map { labels, value in
                ["metric": .object(JSONObject(labels)), "values": .array(points.map { .array([$0, .string(value)]) })]
                    as JSONValue
            }
        let warnings = warning.withLock { $0 }.map { [JSONValue.string($0)] } ?? []
        let body: JSONValue = [
            "status": "success", "warnings": .array(warnings),
            "data": ["resultType": "matrix", "result": .array(result)],
        ]
        return HTTPServerResponse(status: 200, body: .bytes(body.serialized()))
    }

    private func series(_ query: String) -> [([String: String], String)] {
        func pods(_ names: [String], _ value: String, _ others: [String: String] = [:]) -> [([String: String], String)]
        {
            names.map { name in
                (["namespace": "shop", "pod": name].merging(others) { $1 }, value)
            }
        }
        func owned(_ labels: [String: String], _ kind: String, _ name: String) -> ([String: String], String) {
            let owner = [
                "owner_kind": kind, "owner_name": name, "owner_is_controller": "true", "namespace": "shop",
            ]
            return (labels.merging(owner) { $1 }, "1")
        }
        let all = ["web-1-a", "web-1-b", "gone-1-a", "unheard"]
        switch true {
        case query.contains("kube_pod_status_phase"): return pods(all, "60", ["node": "n1"])
        case query.contains("count_over_time((max by (node) (kube_node_status_capacity"):
            return [(["node": "n1"], "60")]
        case query.contains("kube_node_status_capacity"):
            return [(["node": "n1", "resource": "cpu"], "4"), (["node": "n1", "resource": "memory"], "\(16 << 30)")]
        case query.hasPrefix("count by (namespace) (max by (namespace, pod)"): return [(["namespace": "shop"], "4")]
        case query.contains("kube_pod_owner"):
            return [
                owned(["pod": "web-1-a"], "ReplicaSet", "web-1"), owned(["pod": "web-1-b"], "ReplicaSet", "web-1"),
                owned(["pod": "gone-1-a"], "ReplicaSet", "gone-1"),
            ]
        case query.contains("kube_replicaset_owner"): return [owned(["replicaset": "web-1"], "Deployment", "web")]
        case query.contains("kube_pod_container_resource_requests"):
            return pods(Array(all.prefix(2)), "1", ["container": "main", "resource": "cpu"])
                + pods(Array(all.prefix(2)), "\(2 << 30)", ["container": "main", "resource": "memory"])
                + pods(["gone-1-a"], "0.5", ["container": "main", "resource": "cpu"])
                + pods(["unheard"], "0.25", ["container": "main", "resource": "cpu"])
        case query.contains("container_cpu_usage"): return pods(["web-1-a"], "1.5", ["container": "main"])
        case query.contains("container_memory"): return pods(["web-1-a"], "\(1 << 30)", ["container": "main"])
        default: return []
        }
    }
}

extension JSONObject {
    fileprivate init(_ labels: [String: String]) {
        self = [:]
        for (name, value) in labels { self[name] = .string(value) }
    }
}
