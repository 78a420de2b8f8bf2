import Base
import Costs
import TestSupport
import Testing

@testable import Store

@Suite("Stored prices that OpenCost exports", .enabled(if: TestDatabase.isAvailable), .serialized)
struct ExportedPriceTests {
    private static let noon = CostScene.noon
    private static let price = ExportedNodePrice(
        perCoreHour: 0.031611, perGiBHour: 0.004237, perGPUHour: 0, perHour: 1e-7, isSpot: true)

    private static func write(_ store: Store, _ prices: [String: ExportedNodePrice], hours: Int64) async throws {
        try await store.costs.write(exported: prices, error: nil, at: noon.adding(seconds: hours * 3_600), cluster: "c")
    }

    @Test("prices are read as they were written, and what says the same is not written again within the hour")
    func changeOnly() async throws {
        try await TestDatabase.withStore { store async throws in
            let versions = "SELECT node || ' ' || xmin AS v FROM exported_node_price ORDER BY node"
            try await Self.write(store, ["a": Self.price, "b": ExportedNodePrice(perHour: 2)], hours: 0)
            #expect(
                try await store.costs.exportedPrices(cluster: "c")
                    == ["a": Self.price, "b": ExportedNodePrice(perHour: 2)])
            #expect(try await store.costs.exportedPrices(cluster: "d").isEmpty)
            let before = try await CostScene.rows(store, versions)
            try await store.costs.write(
                exported: ["a": Self.price, "b": ExportedNodePrice(perHour: 3)], error: "odd",
                at: Self.noon.adding(seconds: 3_599), cluster: "c")
            let after = try await CostScene.rows(store, versions)
            #expect(after[0] == before[0] && after[1] != before[1])
            #expect(try await store.costs.nodePriceStates(now: Self.noon).map(\.error) == ["odd"])
        }
    }

    @Test("a node of which nothing is told keeps its price; one that is gone loses it after a day")
    func forgetting() async throws {
        try await TestDatabase.withStore { store async throws in
            try await Self.write(store, ["here": Self.price, "gone": Self.price], hours: 0)
            try await store.costs.write(
                prices: [
                    StoredNodePrice(
                        node: "here", price: NodePrice(hourly: .zero, quality: .exported, isSpot: true),
                        capacity: .zero, instanceType: nil, region: nil)
                ], cluster: "c")
            try await Self.write(store, [:], hours: 24)
            #expect(try await store.costs.exportedPrices(cluster: "c").keys.sorted() == ["gone", "here"])
            try await Self.write(store, [:], hours: 25)
            #expect(try await store.costs.exportedPrices(cluster: "c").keys.sorted() == ["here"])
            #expect(try await store.costs.nodePriceStates(now: Self.noon).map(\.toldAt) == [Self.noon])
            try await store.costs.forgetExportedPrices(cluster: "c")
            #expect(try await store.costs.exportedPrices(cluster: "c").isEmpty)
            #expect(try await store.costs.nodePriceStates(now: Self.noon).isEmpty)
        }
    }
}
