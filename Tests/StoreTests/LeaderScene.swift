import Base
import Catalog
import Costs
import Matching
import TestSupport

@testable import Store

/// Every way in which a leader writes, by name, over data that each of them would change.
struct LeaderScene: Sendable {
    typealias Write = (name: String, run: @Sendable (Store) async throws -> Void)

    /// Without a fence.
    let store: Store
    let writes: [Write]

    /// Runs the body on a database of its own, which records every write (`Tests/EndToEnd/leader_writes.sql`).
    static func with(_ body: @Sendable (LeaderScene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store in
            let kept = try await store.catalog.register(type: "file", target: "kept")
            let idle = try await store.catalog.register(type: "file", target: "idle")
            let ids = try await store.workloads.write(present: [record("old", pods: 1)], gone: [])
            try await store.catalog.requestRefresh(of: ["kept"], by: "somebody")
            try await store.costs.makePartitions(now: noon)
            let script = String(decoding: try readFile(recording), as: UTF8.self)
            try await store.workloads.pool.run { try $0.runScript(script) }
            let writes = writes(kept: kept, idle: idle, workload: ids.values.first ?? 0)
            try await body(LeaderScene(store: store, writes: writes))
        }
    }

    private static let recording =
        #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/EndToEnd/leader_writes.sql"

    private static func writes(kept: Int, idle: Int, workload: Int) -> [Write] {
        [
            ("register", { _ = try await $0.catalog.register(type: "file", target: "new") }),
            ("note a source", { try await $0.catalog.note(source: kept, error: "no such file") }),
            (
                "apply",
                { store in
                    let documents = CatalogFile.documents(Array(component("shop").utf8), name: "a")
                    let content = LocationContent(location: "a", sourceID: kept, outcome: .documents(documents))
                    _ = try await store.catalog.apply([content]) { _ in [] }
                }
            ),
            (
                "apply a canonical file",
                { store in
                    let settings = CanonicalSettings(name: "main")
                    let text = Array("version: 1\nrepositories: {a: {}}".utf8)
                    let reading = CanonicalReading(text, settings: settings)
                    let content = LocationContent(
                        location: settings.location, sourceID: kept,
                        outcome: .documents(reading.entities.map(\.document)),
                        canonical: CanonicalContent(settings: settings, reading: reading))
                    _ = try await store.catalog.apply([content]) { _ in [] }
                }
            ),
            (
                "keep a copy",
                { try await $0.etags.keep(etag: "e", content: [1], of: "u", type: "file", target: "kept") }
            ),
            (
                "note runs",
                { store in
                    let run = SourceRun(sourceID: kept, beganAt: noon, endedAt: noon, tally: SourceTally())
                    try await store.catalog.note(runs: [run])
                }
            ),
            ("forget copies", { try await $0.etags.forget(allBut: [], type: "file", target: "kept") }),
            ("take requests", { _ = try await $0.catalog.takeRequests() }),
            ("remove", { try await $0.catalog.remove(source: idle) }),
            ("note a cluster", { try await $0.workloads.note(cluster: "c", error: "unreachable") }),
            ("write workloads", { _ = try await $0.workloads.write(present: [record("old", pods: 2)], gone: []) }),
            ("write costs", { try await $0.costs.write([hour(workload)]) }),
            (
                "write hours of the past",
                { store in
                    let state = CostBackfillState(
                        meteredFrom: noon.adding(seconds: 3_600), filledFrom: noon.adding(seconds: -3_600))
                    try await store.costs.write(backfilled: [], state, cluster: "c")
                }
            ),
            (
                "make remainders",
                { _ = try await $0.costs.remainders([.idle(node: "n", cluster: "c")]) }
            ),
            ("write prices", { try await $0.costs.write(prices: [price], cluster: "c") }),
            (
                "keep exported prices",
                { store in
                    let price = ExportedNodePrice(perHour: 1)
                    try await store.costs.write(exported: ["n": price], error: nil, at: noon, cluster: "c")
                }
            ),
            ("complete costs", { try await $0.costs.complete(cluster: "c", through: noon) }),
            (
                "keep budgets",
                { store in
                    let budget = try Budget(amount: Money(nanoDollars: 5))
                    let scoped = ScopedBudget(kind: .owner, ref: "group:default/a", budget: budget, currency: "EUR")
                    try await store.costs.keep(budgets: [scoped])
                }
            ),
            (
                "roll up costs",
                { store in
                    _ = try await store.costs.rollUp(touchedDay, now: noon)
                    try await store.costs.makeSheets()
                }
            ),
            ("say which source counts", { try await $0.costs.setPrimary(["c": .scaleops], otherwise: .estimate) }),
            (
                "drop costs",
                { store in
                    try await store.costs.rollUp()
                    _ = try await store.costs.dropExpired(CostRetention(), now: .now())
                }
            ),
            (
                "note a source of costs",
                {
                    try await $0.costs.note(
                        [IngestState(cluster: "c", askedAt: noon, error: "slow")], source: .scaleops)
                }
            ),
            (
                "write recommendations",
                { try await $0.costs.write([recommendation(workload)]) }
            ),
            (
                "forget recommendations",
                { try await $0.costs.forgetRecommendations(of: .scaleops, in: ["c"], except: []) }
            ),
            (
                "decide notifications",
                { try await $0.notifications.write(decision, for: "ops", from: sender, at: noon) }
            ),
            (
                "forget what was told",
                { store in
                    var decision = NotificationDecision()
                    decision.forgotten = ["budget a"]
                    try await store.notifications.write(decision, for: "ops", from: sender, at: noon)
                }
            ),
            (
                "note a delivery",
                { store in
                    let due = try await store.notifications.due("ops", now: noon, limit: 1)
                    let attempt = NotificationAttempt(
                        at: noon, state: .delivered, nextAt: noon, status: 200, error: nil)
                    try await store.notifications.note(attempt, of: due.first?.id ?? "none")
                }
            ),
            (
                "clear notifications",
                {
                    _ = try await $0.notifications.clear(
                        waitingSince: noon, endedBefore: noon.adding(seconds: 1))
                }
            ),
            ("note usage", { try await $0.workloads.note(usage: usage, cluster: "c") }),
            ("write recommendations", { try await $0.sizing.write(sizing(workload)) }),
            ("complete a round", { try await $0.sizing.complete(.krr, cluster: "c", at: noon) }),
            ("leave a cluster", { try await $0.workloads.leave(cluster: "c") }),
            ("retire clusters", { _ = try await $0.workloads.retireClusters(except: ["other"]) }),
            ("forget the recommendations for what is gone", { try await $0.sizing.removeGone(cluster: "c") }),
        ]
    }

    private static let sender = NotificationSender(instance: "main", currency: "EUR")
    private static let decision: NotificationDecision = {
        var decision = NotificationDecision()
        decision.notifications = [
            NewNotification(.budget, key: "a", title: "a", window: noon..<noon, data: [:], lines: [])
        ]
        decision.told = ["budget a"]
        return decision
    }()

    private static let usage = UsageState(source: "metrics.k8s.io", at: noon, pods: 1, error: nil)

    private static func sizing(_ workload: Int) -> SizingChanges {
        var batch = UsageBatch()
        batch.add(ContainerUsage(cpuMillicores: 10, memoryBytes: 1_000), at: noon)
        var history = ContainerHistory()
        history.add(batch)
        var changes = SizingChanges()
        changes.histories[StoredContainer(workloadID: workload, container: "main")] = history
        changes.recommendations = [
            Recommendation(workloadID: workload, container: "main", source: .vpa, sizingClass: .ok, computedAt: noon)
        ]
        changes.containers[workload] = ["main"]
        return changes
    }

    private static let noon = Timestamp(seconds: 1_772_366_400)
    private static let touchedDay = TouchedDay(day: noon.startOfDay, cluster: "c", source: .estimate, at: noon)

    private static func record(_ name: String, pods: Int) -> WorkloadRecord {
        let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: name)
        var workload = Workload(key: key)
        workload.podCount = pods
        let link = Link(entityRef: "component:default/shop", rule: .labelSelector, matchedOn: .both, isOwner: true)
        return WorkloadRecord(
            workload: workload, cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: pods > 1 ? [link] : [])
    }

    private static let price = StoredNodePrice(
        node: "n", price: NodePrice(hourly: .zero, quality: .override, isSpot: false), capacity: .zero,
        instanceType: nil, region: nil)

    private static func recommendation(_ workload: Int) -> Recommendation {
        Recommendation(
            workloadID: workload, container: "", source: .scaleops, sizingClass: .over, computedAt: noon)
    }

    private static func hour(_ workload: Int) -> HourlyCost {
        let usage = HourUsage(
            hour: noon, through: noon.adding(seconds: 60), coveredSeconds: 60,
            use: CapacityTime(millicoreSeconds: 1, byteSeconds: 1), podSeconds: 60, maximumPods: 1)
        let money = Money(nanoDollars: 5)
        return HourlyCost(workloadID: workload, usage: usage, cost: ResourceCost(cpu: money, memory: money))
    }

    /// Every row of every table that leaders write, with the transaction that wrote it.
    func everything() async throws -> [String] {
        try await store.workloads.pool.run { session in
            let tables = try session.run(
                """
                SELECT relname FROM pg_class WHERE relnamespace = 'callboard'::regnamespace AND relkind IN ('r', 'p')
                    AND relname NOT IN ('leader_epoch', 'schema_migration') ORDER BY 1
                """
            ).map { try $0.required(0) }
            return try tables.flatMap { table in
                try session.run("SELECT xmin || ' ' || row_to_json(t) FROM \(table) t").map {
                    table + " " + (try $0.required(0))
                }
            }
        }
    }

    /// One value of each row of a statement.
    func values(_ statement: String) async throws -> [String] {
        try await store.workloads.pool.run { session in
            try session.run(statement).map { $0.text(0) ?? "NULL" }
        }
    }
}
