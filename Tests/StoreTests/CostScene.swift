import Base
import Costs
import Matching
import TestSupport
import Testing

@testable import Store

/// What the tests of stored costs begin with.
enum CostScene {
    static let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "ns", name: "web")
    static let noon = Timestamp(rfc3339: "2026-03-01T12:00:00Z") ?? Timestamp(seconds: 0)

    static func workload(_ store: Store, _ key: WorkloadKey = key) async throws -> Int {
        let record = WorkloadRecord(
            workload: Workload(key: key), cpuHourlyCost: 0, memoryHourlyCost: 0, createdAt: nil, links: [])
        return try #require(try await store.workloads.write(present: [record], gone: [])[key])
    }

    static func hour(_ id: Int, _ hour: Timestamp, seconds: Int64 = 3_600, cpu: Int64 = 100, memory: Int64 = 10)
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

    static func rows(_ store: Store, _ statement: String) async throws -> [JSONValue] {
        try await store.costs.pool.run { session in
            try session.run("SELECT row_to_json(r) FROM (\(statement)) r").map { $0.json(0) ?? .null }
        }
    }

    /// Says who owned the workload when, instead of waiting for it.
    static func own(
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

    static func costs(_ store: Store, _ entity: String, from: Timestamp = noon.startOfDay, hours: Int64 = 24)
        async throws -> [WorkloadCost]
    {
        try await store.costs.workloadCosts(of: entity, CostWindow(from: from, to: from.adding(seconds: hours * 3_600)))
    }

    static func day(_ number: Int64) -> Timestamp { noon.startOfDay.adding(seconds: number * 86_400) }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
