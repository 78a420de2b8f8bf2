import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Stored costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostStoreTests {
    private static let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "web")
    private static let noon = Timestamp(rfc3339: "2026-03-01T12:00:00Z") ?? Timestamp(seconds: 0)

    private static func workload(_ store: Store, _ key: WorkloadKey = key) async throws -> Int {
        let record = WorkloadRecord(
            workload: Workload(key: key), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
        return try #require(try await store.workloads.write(present: [record], gone: [])[key])
    }

    private static func hour(_ id: Int, _ hour: Timestamp, seconds: Int64 = 3_600, cpu: Int64 = 100, memory: Int64 = 10)
        -> HourlyCost
    {
        let usage = HourUsage(
            hour: hour, through: hour.adding(seconds: seconds), coveredSeconds: seconds,
            use: CapacityTime(millicoreSeconds: 250 * seconds, byteSeconds: 1_000 * seconds), podSeconds: 2 * seconds,
            maximumPods: 2)
        return HourlyCost(
            workloadID: id, usage: usage,
            cost: ResourceCost(cpu: Money(nanoDollars: cpu), memory: Money(nanoDollars: memory)))
    }

    private static func rows(_ store: Store, _ statement: String) async throws -> [JSONValue] {
        try await store.costs.pool.run { session in
            try session.run("SELECT row_to_json(r) FROM (\(statement)) r").map { $0.json(0) ?? .null }
        }
    }

    /// Says who owned the workload when, instead of waiting for it.
    private static func own(
        _ store: Store, _ id: Int, _ entity: String, from: String, to: String?, isOwner: Bool = true
    ) async throws {
        try await store.costs.pool.run { session in
            _ = try session.run(
                """
                INSERT INTO entity_workload (workload_id, entity_ref, rule, matched_on, is_owner, valid)
                VALUES ($1::int, $2, 'label-selector', 'both', $3::boolean, tstzrange($4::timestamptz, $5::timestamptz))
                """, [.int(Int64(id)), .text(entity), .bool(isOwner), .text(from), .text(to)])
        }
    }

    private static func costs(_ store: Store, _ entity: String, from: Timestamp = noon.startOfDay, hours: Int64 = 24)
        async throws -> [WorkloadCost]
    {
        try await store.costs.workloadCosts(of: entity, CostWindow(from: from, to: from.adding(seconds: hours * 3_600)))
    }

    @Test("hours are written once, into partitions of a day, and writing them again changes nothing")
    func idempotent() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            let day = Self.noon.startOfDay
            let hours = [
                Self.hour(id, day.adding(seconds: -3_600)), Self.hour(id, day),
                Self.hour(id, day.adding(seconds: 23 * 3_600)),
            ]
            try await store.costs.write(hours)
            let versions = "SELECT tableoid::regclass::text AS part, xmin::text, hour FROM cost_hourly ORDER BY hour"
            let before = try await Self.rows(store, versions)
            #expect(
                before.map { $0["part"] } == ["cost_hourly_20260228", "cost_hourly_20260301", "cost_hourly_20260301"])
            try await store.costs.write(hours.reversed())
            #expect(try await Self.rows(store, versions) == before)
            try await store.costs.write([Self.hour(id, day, cpu: 101)])
            let after = try await Self.rows(store, versions)
            #expect(after[0] == before[0] && after[1] != before[1] && after[2] == before[2])
            try await store.costs.write([])
        }
    }

    @Test("writers that make the same partition at once all succeed")
    func partitionsAtOnce() async throws {
        try await TestDatabase.withStore { store in
            let ids = try await (0..<4).asyncMap { number in
                try await Self.workload(
                    store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "w\(number)"))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ids {
                    group.addTask {
                        for day in 0..<5 {
                            try await store.costs.write(
                                [Self.hour(id, Self.noon.adding(seconds: Int64(day) * 86_400))])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.rows(store, "SELECT 1 FROM cost_hourly").count == 20)
        }
    }

    @Test("a failing row leaves nothing behind, the partition included")
    func atomic() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            await #expect(throws: StoreError.self) {
                try await store.costs.write(
                    [Self.hour(id, Self.noon), Self.hour(id + 99, Self.noon)])
            }
            #expect(try await Self.rows(store, "SELECT 1 FROM cost_hourly").isEmpty)
            #expect(
                try await Self.rows(store, "SELECT 1 FROM pg_inherits WHERE inhparent = 'cost_hourly'::regclass")
                    .isEmpty)
        }
    }

    @Test("the watermark never goes back, and data are through what all clusters have")
    func watermark() async throws {
        try await TestDatabase.withStore { store in
            #expect(try await store.costs.dataThrough() == nil)
            let later = Self.noon.adding(seconds: 60)
            try await store.costs.complete(cluster: "c", through: later)
            try await store.costs.complete(cluster: "c", through: Self.noon)
            #expect(try await store.costs.dataThrough() == later)
            try await store.costs.complete(cluster: "d", through: Self.noon)
            #expect(try await store.costs.dataThrough() == Self.noon)
            let fine = Timestamp(microseconds: later.microseconds + 1)
            try await store.costs.complete(cluster: "c", through: fine)
            try await store.costs.complete(cluster: "d", through: fine)
            #expect(try await store.costs.dataThrough() == fine)
        }
    }

    @Test("an hour in progress is given back as it was stored, so that it can go on")
    func resume() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            let other = try await Self.workload(
                store, WorkloadKey(cluster: "d", kind: "Deployment", namespace: "ns", name: "web"))
            let open = Self.hour(id, Self.noon, seconds: 1_234)
            try await store.costs.write(
                [open, Self.hour(other, Self.noon), Self.hour(id, Self.noon.adding(seconds: -3_600))])
            let usage = try await store.costs.usage(hour: Self.noon, cluster: "c")
            #expect(usage == [Self.key: open.usage])
            #expect(try await store.costs.usage(hour: Self.noon.adding(seconds: 3_600), cluster: "c").isEmpty)
        }
    }

    @Test("an hour's cost belongs to whoever owned the workload last in it, also when the entity is gone now")
    func attribution() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            let hours = (10...15).map {
                Self.hour(id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: $0, memory: 0)
            }
            try await store.costs.write(hours)
            // Nobody until 10:59, a until 12:30, b until 14:00 sharp, nobody after.
            try await Self.own(store, id, "a", from: "2026-03-01T10:59:00Z", to: "2026-03-01T12:30:00Z")
            try await Self.own(store, id, "b", from: "2026-03-01T12:30:00Z", to: "2026-03-01T14:00:00Z")
            try await Self.own(store, id, "watcher", from: "2026-03-01T00:00:00Z", to: nil, isOwner: false)
            let first = try #require(try await Self.costs(store, "a").first)
            #expect(first.cost.cpu.nanoDollars == 10 + 11 && first.hours == 2 && first.key == Self.key)
            #expect(first.use.millicoreSeconds == 2 * 250 * 3_600 && first.use.byteSeconds == 2 * 1_000 * 3_600)
            let second = try #require(try await Self.costs(store, "b").first)
            #expect(second.cost.cpu.nanoDollars == 12 + 13 && second.hours == 2)
            #expect(try await Self.costs(store, "watcher").isEmpty)
            #expect(try await Self.costs(store, "nobody").isEmpty)
        }
    }

    @Test("a workload that came back to its first owner pays both; each hour is counted once")
    func backAndForth() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            let start = Self.noon.startOfDay
            try await store.costs.write(
                (0..<6).map { Self.hour(id, start.adding(seconds: $0 * 3_600), cpu: 1, memory: 1) })
            try await Self.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: "2026-03-01T02:00:00Z")
            try await Self.own(store, id, "b", from: "2026-03-01T02:00:00Z", to: "2026-03-01T03:10:00Z")
            try await Self.own(store, id, "a", from: "2026-03-01T03:20:00Z", to: nil)
            #expect(try await Self.costs(store, "a").first?.hours == 5)
            #expect(try await Self.costs(store, "b").first?.hours == 1)
        }
    }

    @Test("the window's start is in it and its end is not; dearest first, and a gone workload says so")
    func window() async throws {
        try await TestDatabase.withStore { store in
            let ids = try await ["cheap", "dear", "gone"].asyncMap { name in
                try await Self.workload(
                    store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: name))
            }
            for (index, id) in ids.enumerated() {
                let hours = (10...12).map {
                    Self.hour(
                        id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: [1, 100, 10][index], memory: 0)
                }
                try await store.costs.write(hours)
                try await Self.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: nil)
            }
            _ = try await store.workloads.write(
                present: [], gone: [WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "gone")])
            let two = try await Self.costs(store, "a", from: Self.noon.adding(seconds: -7_200), hours: 2)
            #expect(two.map(\.key.name) == ["dear", "gone", "cheap"] && two.map(\.hours) == [2, 2, 2])
            #expect(two.map(\.cost.total.nanoDollars) == [200, 20, 2] && two.map(\.isPresent) == [true, false, true])
            #expect(try await Self.costs(store, "a", from: Self.noon.adding(seconds: -3_601), hours: 0).isEmpty)
            #expect(try await Self.costs(store, "a", from: Self.noon, hours: 1).first?.hours == 1)
            #expect(try await Self.costs(store, "a", from: Self.noon, hours: -5).isEmpty)
        }
    }

    @Test("costs beyond all bounds are summed to a bound, not refused")
    func enormous() async throws {
        try await TestDatabase.withStore { store in
            let id = try await Self.workload(store)
            let hours = (10...12).map {
                Self.hour(id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: .max, memory: .max)
            }
            try await store.costs.write(hours)
            try await Self.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: nil)
            let cost = try #require(try await Self.costs(store, "a").first?.cost)
            #expect(cost.cpu.nanoDollars >= 9_000_000_000_000_000_000 && cost.memory == cost.cpu)
        }
    }

    @Test("ownership as the workloads' writer keeps it decides who pays")
    func throughWorkloads() async throws {
        try await TestDatabase.withStore { store in
            func write(_ owner: String?) async throws -> Int {
                let links =
                    owner.map { [Link(entityRef: $0, rule: .labelSelector, matchedOn: .both, isOwner: true)] } ?? []
                let record = WorkloadRecord(
                    workload: Workload(key: Self.key), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil,
                    links: links)
                return try #require(try await store.workloads.write(present: [record], gone: [])[Self.key])
            }
            let hour = Timestamp.now().startOfHour
            let id = try await write("component:default/old")
            try await store.costs.write([Self.hour(id, hour)])
            #expect(try await Self.costs(store, "component:default/old", from: hour, hours: 1).count == 1)
            _ = try await write("component:default/new")
            #expect(try await Self.costs(store, "component:default/new", from: hour, hours: 1).count == 1)
            #expect(try await Self.costs(store, "component:default/old", from: hour, hours: 1).isEmpty)
            _ = try await write(nil)
            #expect(try await Self.costs(store, "component:default/new", from: hour, hours: 1).count == 1)
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
