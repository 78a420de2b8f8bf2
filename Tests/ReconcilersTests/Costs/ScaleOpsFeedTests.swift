import Base
import CostSources
import Costs
import HTTPClient
import Matching
import Store
import TestSupport
import Testing

@testable import Reconcilers

@Suite("ScaleOps joined to the workloads", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ScaleOpsFeedTests {
    private struct Scene: Sendable {
        let store: Store
        let server: FigureServer
        let time: ManualTime
        let loop: CostFeedLoop
        let metrics: MetricsRegistry
        let pool: PostgresPool

        func round() async -> Bool { await loop.round() }

        /// `name source-hour cost covered` of the stored hours.
        func hours() async throws -> [String] {
            try await values(
                """
                SELECT w.name || ' ' || extract(hour FROM c.hour AT TIME ZONE 'UTC') || ' '
                    || (c.cpu_cost + c.memory_cost) || ' ' || c.covered_seconds
                FROM cost_hourly c JOIN workload w ON w.id = c.workload_id WHERE c.source = 2 ORDER BY w.name, c.hour
                """)
        }

        func values(_ statement: String) async throws -> [String] {
            try await pool.run { session in try session.run(statement).map { $0.text(0) ?? "NULL" } }
        }

        func state(_ cluster: String = "main") async throws -> IngestState? {
            try await store.costs.ingestStates(of: .scaleops).first { $0.cluster == cluster }
        }
    }

    /// Stored: shop, cart and db of main, api of us; none of them has a price of its own.
    private static func with(
        _ rows: [JSONValue], names: [String: String] = [:], endpoints: Int = 1, adviceChunk: Int = 250,
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await TestDatabase.with { database in
            let store = Store(PostgresPool.Configuration(uri: database.uri))
            let pool = PostgresPool(PostgresPool.Configuration(uri: database.uri))
            _ = try await store.migrate()
            _ = try await store.workloads.write(
                present: [record("shop"), record("cart"), record("db", kind: "StatefulSet"), record("api", in: "us")],
                gone: [])
            let server = try FigureServer(rows)
            let metrics = MetricsRegistry()
            let time = ManualTime(Timestamp(rfc3339: "2036-03-10T12:30:00Z") ?? .now())
            let feed = ScaleOpsFeed(
                ScaleOpsEndpoints((0..<endpoints).map { client("e\($0)", server.url, metrics) }),
                names: ScaleOpsClusterNames(names), prices: .openCostDefault, costInterval: .seconds(3_600),
                logger: Logger("test", sink: { _ in }))
            let loop = CostFeedLoop(
                feed, costs: store.costs, interval: .seconds(300), adviceChunk: adviceChunk, metrics: metrics,
                logger: Logger("test", sink: { _ in }), now: { time.now })
            try await body(
                Scene(store: store, server: server, time: time, loop: loop, metrics: metrics, pool: pool))
            await pool.close()
            await store.close()
        }
    }

    private static func client(_ name: String, _ url: String, _ metrics: MetricsRegistry) -> ScaleOpsClient {
        var manner = ScaleOpsClient.Manner()
        manner.pause = { _ in }
        return ScaleOpsClient(
            ScaleOpsEndpoint(name: name, baseURL: url), http: HTTPClient(name: "test"),
            metrics: ScaleOpsMetrics(metrics), version: "1", manner: manner, logger: Logger("test", sink: { _ in }))
    }

    private static func record(_ name: String, in cluster: String = "main", kind: String = "Deployment")
        -> WorkloadRecord
    {
        var workload = Workload(key: WorkloadKey(cluster: cluster, kind: kind, namespace: "prod", name: name))
        (workload.requestedCPUMillicores, workload.requestedMemoryBytes, workload.podCount) = (1_000, 1 << 30, 2)
        return WorkloadRecord(
            workload: workload, cpuHourlyCost: 300, memoryHourlyCost: 100, createdAt: nil, links: [])
    }

    private static func workload(_ name: String, _ more: JSONObject = [:], cost: JSONObject? = ["totalCost": 16.8])
        -> JSONValue
    { FigureServer.workload(name, cost: cost, more) }

    @Test("rows are joined by cluster, namespace, kind and name, whatever the letter case of kinds and ids")
    func joining() async throws {
        let rows = [
            Self.workload("shop", ["type": "deployment"]),
            Self.workload("db", ["type": "StatefulSet", "id": nil], cost: ["totalCost": 33.6, "hourlyCost": 0]),
            Self.workload("cart", cost: ["totalCost": 1, "hourlyCost": 0.5]),
            Self.workload("nobody"), Self.workload("shop", ["namespace": "staging"]), ["clusterName": "main"],
            Self.workload("api", ["clusterName": "us@theirs", "cpuRequests": [:]]),
            Self.workload("x", ["clusterName": "mars"]),
        ]
        try await Self.with(rows, names: ["us@theirs": "us"]) { scene async throws in
            #expect(await scene.round())
            #expect(
                try await scene.hours() == [
                    "api 12 50000000 1800", "cart 12 250000000 1800", "db 12 100000000 1800", "shop 12 50000000 1800",
                ])
            // Half an hour of 0.1, three parts of it CPU.
            let split = "SELECT cpu_cost || ' ' || memory_cost FROM cost_hourly JOIN workload w ON w.id = workload_id"
            #expect(try await scene.values(split + " WHERE w.name = 'shop'") == ["37500000 12500000"])
            let main = try #require(try await scene.state())
            #expect((main.unmatched, main.malformed, main.error) == (2, 1, nil) && main.through == scene.time.now)
            let us = try #require(try await scene.state("us"))
            #expect((us.unmatched, us.malformed, us.error) == (0, 2, nil))
            #expect(try await scene.state("mars") == nil)
            #expect(
                try await scene.values("SELECT DISTINCT class || ' ' || source FROM recommendation") == [
                    "over scaleops"
                ])
            #expect(
                scene.metrics.value(#"callboard_cost_source_unmatched_rows{source="scaleops",cluster="main"}"#) == 2)
            #expect(
                scene.metrics.value(#"callboard_cost_source_polls_total{source="scaleops",result="success"}"#) == 1)
        }
    }

    @Test("each group is asked about once an hour, and sooner only when it has a new workload")
    func requests() async throws {
        try await Self.with([Self.workload("shop"), Self.workload("db", ["type": "StatefulSet"])]) {
            scene async throws in
            _ = await scene.round()
            #expect(scene.server.asked.count == 3)
            scene.time.advance(seconds: 300)
            _ = await scene.round()
            #expect(scene.server.asked.count == 4)
            scene.server.change { $0.workloads.append(Self.workload("cart")) }
            _ = await scene.round()
            #expect(scene.server.asked.count == 6)
            scene.time.advance(seconds: 3_600)
            _ = await scene.round()
            #expect(scene.server.asked.count == 9)
            #expect(scene.server.asked[0].body == ["label": []])
        }
    }

    @Test("hours go on from round to round; hours without a round stay gaps; the same again writes nothing")
    func hours() async throws {
        try await Self.with([Self.workload("shop")]) { scene async throws in
            scene.time.advance(seconds: 1_500)
            _ = await scene.round()
            #expect(try await scene.hours() == ["shop 12 91666667 3300"])
            scene.time.advance(seconds: 600)
            _ = await scene.round()
            #expect(try await scene.hours() == ["shop 12 100000000 3600", "shop 13 8333333 300"])
            let version = "SELECT string_agg(xmin::text, ',' ORDER BY hour) FROM cost_hourly"
            let before = try await scene.values(version)
            let advice = try await scene.values("SELECT xmin FROM recommendation")
            _ = await scene.round()
            #expect(try await scene.values(version) == before)
            #expect(try await scene.values("SELECT xmin FROM recommendation") == advice)
            scene.time.advance(seconds: 2 * 3_600)
            _ = await scene.round()
            #expect(
                try await scene.hours()
                    == ["shop 12 100000000 3600", "shop 13 8333333 300", "shop 15 8333333 300"])
        }
    }

    @Test("a cluster whose costs fail leaves the others; its last rows stay, and it is told what is missing")
    func partialFailure() async throws {
        let us = Self.workload("api", ["clusterName": "us"])
        try await Self.with([Self.workload("shop"), us]) { scene async throws in
            _ = await scene.round()
            let through = scene.time.now
            scene.server.change { $0.down = ["us"] }
            scene.time.advance(seconds: 3_600)
            _ = await scene.round()
            #expect(
                try await scene.hours() == ["api 12 50000000 1800", "shop 12 50000000 1800", "shop 13 50000000 1800"])
            let state = try #require(try await scene.state("us"))
            #expect(state.through == through && state.askedAt == scene.time.now)
            #expect(state.error?.hasPrefix("no costs of 1 of 1 groups; ScaleOps e0: ") == true)
            #expect(state.error?.contains("the agent is gone") == true)
            #expect(try await scene.state()?.error == nil)
            #expect(
                try await scene.values("SELECT count(*) FROM recommendation WHERE details->'cost' IS NOT NULL") == ["2"]
            )
            #expect(
                scene.metrics.value(#"callboard_cost_source_polls_total{source="scaleops",result="partial"}"#) == 1)
            scene.server.change { $0.down = [] }
            scene.time.advance(seconds: 300)
            _ = await scene.round()
            #expect(try await scene.state("us")?.error == nil)
            #expect(try await scene.hours().contains("api 13 58333333 2100"))
        }
    }

    @Test("a ScaleOps that does not answer empties nothing and is told at every cluster")
    func outage() async throws {
        try await Self.with([Self.workload("shop")]) { scene async throws in
            scene.server.change { $0.isDown = true }
            #expect(await scene.round())
            let unknown = try #require(try await scene.state())
            #expect(unknown.through == nil && unknown.error?.contains("answered 500") == true)
            scene.server.change { $0.isDown = false }
            _ = await scene.round()
            #expect(try await scene.state()?.error == nil)
            #expect(try await scene.state("us") == nil)
            scene.server.change { $0.isDown = true }
            scene.time.advance(seconds: 300)
            _ = await scene.round()
            let state = try #require(try await scene.state())
            #expect(state.error != nil && state.through == scene.time.now.adding(seconds: -300))
            #expect(try await scene.hours() == ["shop 12 50000000 1800"])
            #expect(try await scene.values("SELECT count(*) FROM recommendation") == ["1"])
        }
    }

    @Test("what ScaleOps does not know any more goes, but not where it says nothing of the whole cluster")
    func forgetting() async throws {
        let us = Self.workload("api", ["clusterName": "us"])
        try await Self.with([Self.workload("shop"), Self.workload("cart"), us]) { scene async throws in
            _ = await scene.round()
            scene.server.change { $0.workloads = [Self.workload("shop")] }
            scene.time.advance(seconds: 300)
            _ = await scene.round()
            let names = "SELECT w.name FROM recommendation JOIN workload w ON w.id = workload_id ORDER BY 1"
            #expect(try await scene.values(names) == ["api", "shop"])
            #expect(try await scene.state("us")?.error == "scaleops says nothing of this cluster any more")
        }
    }

    @Test("every change of what ScaleOps says is stored, also of a workload that was away meanwhile")
    func changes() async throws {
        try await Self.with([Self.workload("shop"), Self.workload("cart")]) { scene async throws in
            let stored = """
                SELECT concat_ws(' ', w.name, r.monthly_saving / 1000000000, r.cpu_request_millicores,
                    r.cpu_recommended_millicores, r.class, r.details->'workload'->>'policyName',
                    r.details->'cost'->>'totalCost', r.confidence, r.computed_at AT TIME ZONE 'UTC')
                FROM recommendation r JOIN workload w ON w.id = workload_id WHERE w.name = 'shop'
                """
            _ = await scene.round()
            let first = try await scene.values(stored)
            func next(_ row: JSONValue?, seconds: Int64 = 300) async throws -> [String] {
                scene.server.change { $0.workloads = [row, Self.workload("cart")].compactMap { $0 } }
                scene.time.advance(seconds: seconds)
                #expect(await scene.round())
                return try await scene.values(stored)
            }
            #expect(try await next(Self.workload("shop")) == first)
            let other: JSONObject = ["policyName": "other", "savingsAvailable": 7, "cpuRecommended": 125]
            let changed = try await next(Self.workload("shop", other))
            #expect(changed == ["shop 7 1000 125 over other 16.8 1 2036-03-10 12:40:00"])
            #expect(try await next(nil) == [])
            let back = try await next(Self.workload("shop", other))
            #expect(back == ["shop 7 1000 125 over other 16.8 1 2036-03-10 12:50:00"])
            let dear = try await next(Self.workload("shop", other, cost: ["totalCost": 33.6]), seconds: 3_600)
            #expect(dear == ["shop 7 1000 125 over other 33.6 1 2036-03-10 13:50:00"])
        }
    }

    @Test("each part is stored by itself; where one is refused, what the others stored is not mistaken")
    func parts() async throws {
        let rows = [
            Self.workload("cart"), Self.workload("shop"), Self.workload("db", ["type": "StatefulSet"]),
            Self.workload("api", ["clusterName": "us"]),
        ]
        try await Self.with(rows, adviceChunk: 1) { scene async throws in
            let stored = """
                SELECT w.name || ' ' || r.monthly_saving / 1000000000
                FROM recommendation r JOIN workload w ON w.id = workload_id ORDER BY w.name
                """
            #expect(await scene.round())
            let first = try await scene.values(stored)
            #expect(first.count == 4)
            // At once, while the other one of the two is still on its way.
            let cart = try await scene.values("SELECT id FROM workload WHERE name = 'cart'")
            _ = try await scene.values(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.workload_id = \(cart[0]) THEN RAISE EXCEPTION 'refused'; END IF;
                    PERFORM pg_sleep(0.5);
                    RETURN NEW;
                END $$
                """)
            _ = try await scene.values(
                "CREATE TRIGGER refuse BEFORE INSERT ON recommendation FOR EACH ROW EXECUTE FUNCTION refuse()")
            let changed = ["cart", "shop"].map { Self.workload($0, ["savingsAvailable": 7]) }
            scene.server.change { $0.workloads = changed + rows.dropFirst(2) }
            scene.time.advance(seconds: 300)
            #expect(await !scene.round())
            #expect(try await scene.values(stored) == first.map { $0.hasPrefix("shop") ? "shop 7" : $0 })
            _ = try await scene.values("DROP TRIGGER refuse ON recommendation")
            scene.server.change { $0.workloads = rows }
            scene.time.advance(seconds: 300)
            #expect(await scene.round())
            #expect(try await scene.values(stored) == first)
        }
    }

    @Test("a leader that begins has the costs that the one before kept, also while they cannot be had")
    func restart() async throws {
        try await Self.with([Self.workload("shop")]) { scene async throws in
            _ = await scene.round()
            scene.server.change { $0.down = ["main"] }
            let metrics = MetricsRegistry()
            let feed = ScaleOpsFeed(
                ScaleOpsEndpoints([Self.client("e0", scene.server.url, metrics)]), names: ScaleOpsClusterNames(),
                prices: .openCostDefault, costInterval: .seconds(3_600), logger: Logger("test", sink: { _ in }))
            let next = CostFeedLoop(
                feed, costs: scene.store.costs, interval: .seconds(300), metrics: metrics,
                logger: Logger("test", sink: { _ in }), now: { scene.time.now })
            #expect(await next.round())
            #expect(try await scene.values("SELECT details->'cost'->>'totalCost' FROM recommendation") == ["16.8"])
            #expect(try await scene.hours() == ["shop 12 50000000 1800"])
        }
    }

    @Test("of two ScaleOps that tell of a cluster the first counts, and money is not added up; negative rates are none")
    func twoEndpoints() async throws {
        let rows = [Self.workload("shop"), Self.workload("cart", cost: ["totalCost": -5])]
        try await Self.with(rows, endpoints: 2) { scene async throws in
            _ = await scene.round()
            #expect(try await scene.hours() == ["shop 12 50000000 1800"])
            let state = try #require(try await scene.state())
            #expect((state.unmatched, state.malformed) == (0, 1))
            #expect(try await scene.values("SELECT DISTINCT details->>'endpoint' FROM recommendation") == ["e0"])
        }
    }
}
