import Base
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Reporting views", .enabled(if: TestDatabase.isAvailable), .serialized)
struct ReportingTests {
    private static let views = [
        "budgets", "cost_daily", "cost_entity_daily", "cost_hourly", "cost_sources_compared", "coverage_daily",
        "data_health", "ghosts", "orphans", "price_book", "recommendations", "workloads",
    ]

    /// Two days of a workload that an entity owns, by two sources, and of one that nobody owns; a ghost; and a row of each of the
    /// tables that others write.
    private static func with(_ body: @Sendable (Store) async throws -> Void) async throws {
        try await Scene.with { scene async throws in
            let store = scene.store
            let entity = { (name: String) in
                """
                apiVersion: backstage.io/v1alpha1
                kind: Component
                metadata:
                  name: \(name)
                  annotations: {backstage.io/kubernetes-id: \(name)}
                spec: {type: service, lifecycle: production, owner: team, system: sales}

                """
            }
            try await scene.apply([("a", entity("shop")), ("b", entity("ghost"))])
            let shop = try await CostScene.workload(store)
            _ = try await CostScene.workload(
                store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "stray"))
            let today = Timestamp.now().startOfDay
            try await CostScene.own(store, shop, "component:default/shop", from: "2026-01-01T00:00:00Z", to: nil)
            let stray = shop + 1
            for day in [today, today.adding(seconds: -86_400)] {
                for source in [CostSource.estimate, .scaleops] {
                    let cpu: Int64 = source == .estimate ? 3_000_000_000 : 5_000_000_000
                    try await store.costs.write(
                        [
                            CostScene.hour(shop, day, cpu: cpu, memory: 0),
                            CostScene.hour(stray, day, cpu: 1_000_000_000, memory: 0),
                        ], source: source)
                }
            }
            try await store.costs.complete(cluster: "c", through: today)
            try await store.costs.rollUp()
            try await store.costs.pool.run { session in
                try session.runScript(
                    """
                    INSERT INTO budget VALUES ('owner', 'group:default/team', 600000000000, 'USD', '{0.5,1}');
                    INSERT INTO price_book (cluster, node, cpu_hourly_cost, memory_hourly_cost, gpu_hourly_cost,
                        price_quality, is_spot, cpu_millicores, memory_bytes, gpus)
                    VALUES ('c', 'n', 31611000, 4237000, 0, 'price-list', false, 4000, 17179869184, 0);
                    INSERT INTO recommendation (workload_id, container, source, class, monthly_saving, confidence, reason,
                        samples, history_seconds, computed_at)
                    VALUES (\(shop), 'app', 'vpa', 'over', 12500000000, 0.9, 'little is used', 100, 86400, now());
                    """)
            }
            try await body(store)
        }
    }

    private static func rows(_ store: Store, _ statement: String) async throws -> [JSONValue] {
        try await CostScene.rows(store, statement)
    }

    @Test("the views are those that are documented, and each has something to show")
    func all() async throws {
        try await Self.with { store in
            let names = try await Self.rows(
                store, "SELECT viewname FROM pg_views WHERE schemaname = 'reporting' ORDER BY 1")
            #expect(names.map { $0["viewname"]?.stringValue } == Self.views)
            for view in Self.views {
                #expect(try await !Self.rows(store, "SELECT * FROM reporting.\(view)").isEmpty, "\(view)")
            }
        }
    }

    @Test("money is in units, of one source alone, but where sources are compared")
    func money() async throws {
        try await Self.with { store in
            func value(_ statement: String) async throws -> [JSONValue?] {
                try await Self.rows(store, statement).map { $0["v"] }
            }
            for view in ["cost_daily", "cost_entity_daily", "cost_hourly"] {
                #expect(try await value("SELECT sum(cost) AS v FROM reporting.\(view)") == [8])
                #expect(
                    try await value("SELECT sum(cost) AS v FROM reporting.\(view) WHERE entity_ref IS NULL") == [2])
            }
            let compared = "FROM reporting.cost_sources_compared GROUP BY source ORDER BY source"
            #expect(try await value("SELECT sum(cost) AS v \(compared)") == [8, 12])
            #expect(
                try await value("SELECT coverage AS v FROM reporting.coverage_daily") == [0.75, 0.75])
            try await store.costs.complete(cluster: "c", through: CostScene.noon, source: .scaleops)
            try await store.costs.setPrimary([:], otherwise: .scaleops)
            #expect(try await value("SELECT sum(cost) AS v FROM reporting.cost_daily") == [12])
        }
    }

    @Test("orphans and ghosts are what belongs to nobody and what has nothing; present ownership is shown")
    func remainders() async throws {
        try await Self.with { store in
            let team: JSONValue = "group:default/team"
            let expected: [(String, JSONValue)] = [
                ("name, cost_of_30_days FROM reporting.orphans", ["name": "stray", "cost_of_30_days": 1]),
                (
                    "entity_ref, owner_ref, last_matched_at FROM reporting.ghosts",
                    ["entity_ref": "component:default/ghost", "owner_ref": team, "last_matched_at": nil]
                ),
                (
                    "owner_ref, system_ref FROM reporting.workloads WHERE entity_ref IS NOT NULL",
                    ["owner_ref": team, "system_ref": "system:default/sales"]
                ),
                (
                    "owner_ref, monthly_saving FROM reporting.recommendations",
                    ["owner_ref": team, "monthly_saving": 12.5]
                ),
            ]
            for (statement, row) in expected {
                let found = try await Self.rows(store, "SELECT " + statement)
                #expect(found == [row])
            }
        }
    }

    @Test("a budget shows what the month has cost so far")
    func budget() async throws {
        try await Self.with { store in
            let rows = try await Self.rows(
                store,
                """
                SELECT amount, spent = (SELECT sum(cost) FROM reporting.cost_entity_daily
                    WHERE owner_ref = 'group:default/team' AND day >= date_trunc('month', now(), 'UTC')) AS is_spent,
                    share = spent / 600 AS is_share FROM reporting.budgets
                """)
            #expect(rows == [["amount": 600, "is_spent": true, "is_share": true]])
        }
    }

    @Test("a range of days or hours, as Grafana writes it, is looked for in its partitions alone")
    func pruning() async throws {
        try await TestDatabase.withStore { store in
            for month in 0..<4 {
                try await store.costs.makePartitions(now: CostScene.day(Int64(month) * 31))
            }
            for (view, column) in [("cost_daily", "day"), ("cost_hourly", "hour")] {
                let plan = try await store.costs.pool.run { session in
                    try session.run(
                        """
                        EXPLAIN SELECT \(column), cost FROM reporting.\(view)
                        WHERE \(column) BETWEEN '2026-03-01T00:00:00Z' AND '2026-03-01T23:00:00Z'
                        """
                    ).map { try $0.required(0) }
                }.joined(separator: "\n")
                #expect(plan.contains(view == "cost_daily" ? "cost_daily_202603" : "cost_hourly_20260301"))
                for other in ["202604", "202605", "20260302"] { #expect(!plan.contains(other), "\(plan)") }
            }
        }
    }

    @Test("the role for readers reads every view and nothing else, and writes nothing", .enabled { await hasReader() })
    func reader() async throws {
        try await Self.with { store in
            let pool = store.costs.pool
            try await pool.run { session in
                try session.runScript("GRANT callboard_reader TO CURRENT_USER; SET ROLE callboard_reader")
                defer { session.disconnect() }
                for view in Self.views {
                    let count = try session.run("SELECT * FROM reporting.\(view)").count
                    #expect(count > 0, "\(view)")
                }
                for statement in [
                    "SELECT * FROM callboard.cost_daily", "SELECT * FROM callboard.entity",
                    "DELETE FROM reporting.price_book", "UPDATE reporting.price_book SET node = 'x'",
                ] {
                    let error = try #require(throws: StoreError.self) { _ = try session.run(statement) }
                    #expect(error.sqlState == "42501")
                }
            }
            let settings = try await Self.rows(
                store,
                """
                SELECT unnest(setconfig) AS setting FROM pg_db_role_setting
                WHERE setrole = 'callboard_reader'::regrole ORDER BY 1
                """)
            #expect(settings.map { $0["setting"] } == ["default_transaction_read_only=on", "statement_timeout=15s"])
        }
    }

    /// Whether the tests' role may make roles, and take on this one.
    private static func hasReader() async -> Bool {
        let mayAssume = try? await TestDatabase.withStore { store in
            try await rows(
                store,
                """
                SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callboard_reader')
                    AND (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may
                """)
        }
        return mayAssume?.first?["may"] == true
    }
}
