import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Stored costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostStoreTests {
    private static let noon = CostScene.noon
    private static let key = CostScene.key

    @Test("hours are written once, into partitions of a day, and writing them again changes nothing")
    func idempotent() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let day = Self.noon.startOfDay
            let hours = [
                CostScene.hour(id, day.adding(seconds: -3_600)), CostScene.hour(id, day),
                CostScene.hour(id, day.adding(seconds: 23 * 3_600)),
            ]
            try await store.costs.write(hours)
            let versions = "SELECT tableoid::regclass::text AS part, xmin::text, hour FROM cost_hourly ORDER BY hour"
            let before = try await CostScene.rows(store, versions)
            #expect(
                before.map { $0["part"] } == ["cost_hourly_20260228", "cost_hourly_20260301", "cost_hourly_20260301"])
            try await store.costs.write(hours.reversed())
            #expect(try await CostScene.rows(store, versions) == before)
            try await store.costs.write([CostScene.hour(id, day, cpu: 101)])
            let after = try await CostScene.rows(store, versions)
            #expect(after[0] == before[0] && after[1] != before[1] && after[2] == before[2])
            try await store.costs.write([])
        }
    }

    @Test("writers that make the same partition at once all succeed")
    func partitionsAtOnce() async throws {
        try await TestDatabase.withStore { store in
            let ids = try await (0..<4).asyncMap { number in
                try await CostScene.workload(
                    store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "w\(number)"))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ids {
                    group.addTask {
                        for day in 0..<5 {
                            try await store.costs.write(
                                [CostScene.hour(id, Self.noon.adding(seconds: Int64(day) * 86_400))])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await CostScene.rows(store, "SELECT 1 FROM cost_hourly").count == 20)
        }
    }

    @Test("a failing row leaves nothing behind, the partition included")
    func atomic() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            await #expect(throws: StoreError.self) {
                try await store.costs.write(
                    [CostScene.hour(id, Self.noon), CostScene.hour(id + 99, Self.noon)])
            }
            #expect(try await CostScene.rows(store, "SELECT 1 FROM cost_hourly").isEmpty)
            #expect(
                try await CostScene.rows(store, "SELECT 1 FROM pg_inherits WHERE inhparent = 'cost_hourly'::regclass")
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
            let id = try await CostScene.workload(store)
            let other = try await CostScene.workload(
                store, WorkloadKey(cluster: "d", kind: "Deployment", namespace: "ns", name: "web"))
            let open = CostScene.hour(id, Self.noon, seconds: 1_234)
            try await store.costs.write(
                [open, CostScene.hour(other, Self.noon), CostScene.hour(id, Self.noon.adding(seconds: -3_600))])
            let usage = try await store.costs.usage(hour: Self.noon, cluster: "c")
            #expect(usage == [Self.key: open.usage])
            #expect(try await store.costs.usage(hour: Self.noon.adding(seconds: 3_600), cluster: "c").isEmpty)
        }
    }

    @Test("an hour's cost belongs to whoever owned the workload last in it, also when the entity is gone now")
    func attribution() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let hours = (10...15).map {
                CostScene.hour(id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: $0, memory: 0)
            }
            try await store.costs.write(hours)
            // Nobody until 10:59, a until 12:30, b until 14:00 sharp, nobody after.
            try await CostScene.own(store, id, "a", from: "2026-03-01T10:59:00Z", to: "2026-03-01T12:30:00Z")
            try await CostScene.own(store, id, "b", from: "2026-03-01T12:30:00Z", to: "2026-03-01T14:00:00Z")
            try await CostScene.own(store, id, "watcher", from: "2026-03-01T00:00:00Z", to: nil, isOwner: false)
            let first = try #require(try await CostScene.costs(store, "a").first)
            #expect(first.cost.cpu.nanoDollars == 10 + 11 && first.hours == 2 && first.key == Self.key)
            #expect(first.use.millicoreSeconds == 2 * 250 * 3_600 && first.use.byteSeconds == 2 * 1_000 * 3_600)
            let second = try #require(try await CostScene.costs(store, "b").first)
            #expect(second.cost.cpu.nanoDollars == 12 + 13 && second.hours == 2)
            #expect(try await CostScene.costs(store, "watcher").isEmpty)
            #expect(try await CostScene.costs(store, "nobody").isEmpty)
        }
    }

    @Test("a workload that came back to its first owner pays both; each hour is counted once")
    func backAndForth() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let start = Self.noon.startOfDay
            try await store.costs.write(
                (0..<6).map { CostScene.hour(id, start.adding(seconds: $0 * 3_600), cpu: 1, memory: 1) })
            try await CostScene.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: "2026-03-01T02:00:00Z")
            try await CostScene.own(store, id, "b", from: "2026-03-01T02:00:00Z", to: "2026-03-01T03:10:00Z")
            try await CostScene.own(store, id, "a", from: "2026-03-01T03:20:00Z", to: nil)
            #expect(try await CostScene.costs(store, "a").first?.hours == 5)
            #expect(try await CostScene.costs(store, "b").first?.hours == 1)
        }
    }

    @Test("the window's start is in it and its end is not; dearest first, and a gone workload says so")
    func window() async throws {
        try await TestDatabase.withStore { store in
            let ids = try await ["cheap", "dear", "gone"].asyncMap { name in
                try await CostScene.workload(
                    store, WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: name))
            }
            for (index, id) in ids.enumerated() {
                let hours = (10...12).map {
                    CostScene.hour(
                        id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: [1, 100, 10][index], memory: 0)
                }
                try await store.costs.write(hours)
                try await CostScene.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: nil)
            }
            _ = try await store.workloads.write(
                present: [], gone: [WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "gone")])
            let two = try await CostScene.costs(store, "a", from: Self.noon.adding(seconds: -7_200), hours: 2)
            #expect(two.map(\.key.name) == ["dear", "gone", "cheap"] && two.map(\.hours) == [2, 2, 2])
            #expect(two.map(\.cost.total.nanoDollars) == [200, 20, 2] && two.map(\.isPresent) == [true, false, true])
            #expect(try await CostScene.costs(store, "a", from: Self.noon.adding(seconds: -3_601), hours: 0).isEmpty)
            #expect(try await CostScene.costs(store, "a", from: Self.noon, hours: 1).first?.hours == 1)
            #expect(try await CostScene.costs(store, "a", from: Self.noon, hours: -5).isEmpty)
        }
    }

    @Test("costs beyond all bounds are summed to a bound, not refused")
    func enormous() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let hours = (10...12).map {
                CostScene.hour(id, Self.noon.startOfDay.adding(seconds: $0 * 3_600), cpu: .max, memory: .max)
            }
            try await store.costs.write(hours)
            try await CostScene.own(store, id, "a", from: "2026-03-01T00:00:00Z", to: nil)
            let cost = try #require(try await CostScene.costs(store, "a").first?.cost)
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
            try await store.costs.write([CostScene.hour(id, hour)])
            #expect(try await CostScene.costs(store, "component:default/old", from: hour, hours: 1).count == 1)
            _ = try await write("component:default/new")
            #expect(try await CostScene.costs(store, "component:default/new", from: hour, hours: 1).count == 1)
            #expect(try await CostScene.costs(store, "component:default/old", from: hour, hours: 1).isEmpty)
            _ = try await write(nil)
            #expect(try await CostScene.costs(store, "component:default/new", from: hour, hours: 1).count == 1)
        }
    }
}
