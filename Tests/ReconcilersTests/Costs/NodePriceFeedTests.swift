import Base
import CostSources
import Costs
import KubeClient
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

@Suite("Prices of nodes that OpenCost exports")
struct ExportedPricingTests {
    private static let node = Node(
        meta: ObjectMeta(name: "n"), capacity: ComputeResources(cpuMillicores: 2_000, memoryBytes: 4 << 30))

    @Test("an exported price counts, stays while nothing is told of the node, and ends with the node")
    func taking() {
        var pricing = NodePricing(NodePriceBook())
        #expect(pricing.observe(Self.node).price.quality == .priceList)
        let price = ExportedNodePrice(perHour: 0.5)
        #expect(pricing.take(["n": price]) == ["n"])
        let exported = pricing.observe(Self.node).price
        #expect(exported.quality == .exported && exported.hourly.total == Money(nanoDollars: 500_000_000))
        #expect(pricing.take(["n": price]).isEmpty && pricing.take(["other": price]).isEmpty)
        #expect(pricing.observe(Self.node).price == exported)
        pricing.end("n")
        #expect(pricing.observe(Self.node).price.quality == .priceList)
    }

    @Test("what is known before the first node is seen waits for it")
    func early() {
        var pricing = NodePricing(NodePriceBook())
        #expect(pricing.take(["n": ExportedNodePrice(perHour: 0.5)]).isEmpty)
        _ = pricing.take(["other": ExportedNodePrice(perHour: 1)])
        #expect(pricing.observe(Self.node).price.quality == .exported)
    }
}

@Suite("Asking for prices of nodes", .serialized, .enabled(if: TestDatabase.isAvailable))
struct NodePriceFeedTests {
    private final class Script: NodePriceSource, NodePriceSink {
        private let answers: Mutex<[Result<NodePriceReading, UsageError>]>
        private let taken = Mutex<[[String: ExportedNodePrice]]>([])

        init(_ answers: [Result<NodePriceReading, UsageError>]) { self.answers = Mutex(answers) }

        var used: [[String: ExportedNodePrice]] { taken.withLock { $0 } }

        func nodePrices() async throws(UsageError) -> NodePriceReading {
            let next = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let next else { throw UsageError(.cancelled, "cancelled") }
            return try next.get()
        }

        func use(prices: [String: ExportedNodePrice]) async { taken.withLock { $0.append(prices) } }
    }

    private static let moment = Timestamp(seconds: 1_772_366_400)

    /// Runs a feed through its answers.
    private static func run(
        _ store: Store, at moment: Timestamp, _ answers: [Result<NodePriceReading, UsageError>]
    ) async -> [[String: ExportedNodePrice]] {
        let script = Script(answers)
        let left = Mutex(answers.count)
        var feed = NodePriceFeed(
            cluster: "test", source: script, store: store.costs, interval: .seconds(60), sink: script,
            metrics: NodePriceMetrics(MetricsRegistry()), logger: Logger("test") { _ in })
        feed.now = { moment }
        feed.sleep = { _ in
            let isLast = left.withLock {
                $0 -= 1
                return $0 == 0
            }
            if isLast { withUnsafeCurrentTask { $0?.cancel() } }
        }
        await Task { [feed] in await feed.run() }.value
        return script.used
    }

    @Test("the last good prices outlive answers without any, failures and a restart, and their age can be seen")
    func feed() async throws {
        try await TestDatabase.withStore { store async throws in
            let price = ExportedNodePrice(perCoreHour: 0.03, perGiBHour: 0.004, isSpot: false)
            let good = NodePriceReading(prices: ["a": price])
            let first = await Self.run(
                store, at: Self.moment,
                [.success(good), .success(NodePriceReading()), .failure(UsageError(.unreachable, "nobody there"))])
            #expect(first == [[:], ["a": price]])
            let later = Self.moment.adding(seconds: 3 * 3_600)
            #expect(await Self.run(store, at: later, [.success(NodePriceReading())]) == [["a": price]])
            try await store.costs.write(
                prices: [
                    StoredNodePrice(
                        node: "a", price: NodePrice(hourly: .zero, quality: .exported, isSpot: false), capacity: .zero,
                        instanceType: nil, region: nil)
                ], cluster: "test")
            #expect(
                try await store.costs.nodePriceStates(now: later) == [
                    NodePriceState(
                        cluster: "test", toldAt: Self.moment, nodes: 0, outdated: 1,
                        error: "there are no series of node prices for this cluster")
                ])
        }
    }
}
