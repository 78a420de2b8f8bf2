import Base
import Costs
import TestSupport
import Testing

@testable import Store

@Suite("Stored price book", .enabled(if: TestDatabase.isAvailable), .serialized)
struct PriceBookTests {
    private static func price(_ node: String, cpu: Int64, type: String? = nil) -> StoredNodePrice {
        let hourly = ResourceCost(
            cpu: Money(nanoDollars: cpu), memory: Money(nanoDollars: 2), gpu: Money(nanoDollars: 3))
        return StoredNodePrice(
            node: node, price: NodePrice(hourly: hourly, quality: .instanceType, isSpot: true),
            capacity: RequestedCapacity(cpuMillicores: 4_000, memoryBytes: 5, gpus: 6), instanceType: type,
            region: nil)
    }

    private static func rows(_ store: Store) async throws -> [JSONValue] {
        try await store.costs.pool.run { session in
            try session.run("SELECT row_to_json(p)::jsonb - 'since' FROM price_book p ORDER BY cluster, node").map {
                $0.json(0) ?? .null
            }
        }
    }

    private static func versions(_ store: Store) async throws -> [String: String] {
        let pairs = try await store.costs.pool.run { session in
            try session.run("SELECT node, xmin || ' ' || since FROM price_book WHERE cluster = 'c'").map {
                (try $0.required(0), try $0.required(1))
            }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    @Test("prices are stored with what they rest on, and what does not change stays as it is")
    func changeOnly() async throws {
        try await TestDatabase.withStore { store in
            let first = Self.price("a", cpu: 1, type: "m5")
            try await store.costs.write(prices: [first, Self.price("b", cpu: 1)], cluster: "c")
            try await store.costs.write(prices: [Self.price("a", cpu: 9)], cluster: "d")
            #expect(
                try await Self.rows(store).first == [
                    "cluster": "c", "node": "a", "cpu_hourly_cost": 1, "memory_hourly_cost": 2, "gpu_hourly_cost": 3,
                    "price_quality": "instance-type", "is_spot": true, "instance_type": "m5", "region": nil,
                    "cpu_millicores": 4_000, "memory_bytes": 5, "gpus": 6,
                ])
            let before = try await Self.versions(store)
            try await store.costs.write(prices: [first, Self.price("b", cpu: 2)], cluster: "c")
            let after = try await Self.versions(store)
            #expect(after["a"] == before["a"] && after["b"] != before["b"])
        }
    }

    @Test("a node that is gone has no price, and the other clusters' nodes stay")
    func gone() async throws {
        try await TestDatabase.withStore { store in
            try await store.costs.write(prices: [Self.price("a", cpu: 1), Self.price("b", cpu: 1)], cluster: "c")
            try await store.costs.write(prices: [Self.price("a", cpu: 1)], cluster: "d")
            try await store.costs.write(prices: [Self.price("b", cpu: 1)], cluster: "c")
            #expect(try await Self.rows(store).map { $0["node"] } == ["b", "a"])
            try await store.costs.write(prices: [], cluster: "c")
            #expect(try await Self.rows(store).map { $0["cluster"] } == ["d"])
        }
    }
}
