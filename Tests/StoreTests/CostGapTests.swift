import Base
import Matching
import TestSupport
import Testing

@testable import Store

@Suite("Gaps of costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct CostGapTests {
    private static let hour: Int64 = 3_600

    @Test("an hour without any row is a gap when there are earlier and later ones; each gap is told once")
    func gaps() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let there: [Int64] = [5, 6, 9, 10, 12]
            try await store.costs.write(
                there.map { CostScene.hour(id, CostScene.day(0).adding(seconds: $0 * Self.hour)) })
            try await store.costs.complete(cluster: "c", through: CostScene.day(0).adding(seconds: 13 * Self.hour))
            let gaps = try await store.costs.gaps(CostWindow(from: CostScene.day(0), to: CostScene.day(7)))
            func at(_ hour: Int64) -> Timestamp { CostScene.day(0).adding(seconds: hour * Self.hour) }
            #expect(
                gaps == [
                    CostGap(source: .estimate, cluster: "c", from: at(7), to: at(9)),
                    CostGap(source: .estimate, cluster: "c", from: at(11), to: at(12)),
                ])
        }
    }

    @Test("a day of which a workload has all hours has no gap, each other is looked at hour by hour, for each cluster")
    func gapsOfDays() async throws {
        try await TestDatabase.withStore { store in
            let id = try await CostScene.workload(store)
            let other = try await CostScene.workload(
                store, WorkloadKey(cluster: "d", kind: "Deployment", namespace: "ns", name: "web"))
            let hours = (0..<72).map { CostScene.day(0).adding(seconds: $0 * Self.hour) }
            try await store.costs.write(hours.map { CostScene.hour(id, $0) })
            let missing: [Int64] = [30, 31, 47, 48]
            try await store.costs.write(
                hours.indices.filter { !missing.contains(Int64($0)) }.map { CostScene.hour(other, hours[$0]) })
            for cluster in ["c", "d"] { try await store.costs.complete(cluster: cluster, through: CostScene.day(3)) }
            let window = CostWindow(from: CostScene.day(0), to: CostScene.day(3))
            let expected = [
                CostGap(source: .estimate, cluster: "d", from: hours[30], to: hours[32]),
                CostGap(source: .estimate, cluster: "d", from: hours[47], to: hours[49]),
            ]
            #expect(try await store.costs.gaps(window) == expected)
            try await store.costs.rollUp(now: CostScene.day(4))
            #expect(try await store.costs.gaps(window) == expected)
            // Of whole days no hour is read.
            try await store.costs.pool.run {
                try $0.runScript("DELETE FROM cost_hourly WHERE hour = '2026-03-01T05:00:00Z'")
            }
            #expect(try await store.costs.gaps(window) == expected)
            let part = CostWindow(from: hours[31], to: hours[48])
            #expect(
                try await store.costs.gaps(part) == [
                    CostGap(source: .estimate, cluster: "d", from: hours[31], to: hours[32]),
                    CostGap(source: .estimate, cluster: "d", from: hours[47], to: hours[48]),
                ])
        }
    }
}
