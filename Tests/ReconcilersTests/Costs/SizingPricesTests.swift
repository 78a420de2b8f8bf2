import Costs
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Prices that savings are told at")
struct SizingPricesTests {
    /// 1 a core-hour and nothing else.
    private static let prices: EstimatePrices = {
        func list(_ nanoDollars: Int64) -> PriceList {
            PriceList(currency: "USD", perCoreHour: Money(nanoDollars: nanoDollars), perGiBHour: .zero)
        }
        return EstimatePrices(nodes: NodePriceBook(onDemand: list(1_000), spot: list(100)))
    }()

    private static func node(_ name: String, _ labels: [String: String] = [:]) -> Node {
        Node(
            meta: ObjectMeta(name: name, labels: LabelSet(labels.map { ($0.key, $0.value) })),
            capacity: ComputeResources(cpuMillicores: 4_000, memoryBytes: 1 << 30))
    }

    @Test("a workload's prices are those of the nodes that its pods are on, pod by pod")
    func nodes() {
        let nodes = ObjectCache<Node>()
        for node in [Self.node("dear"), Self.node("cheap", ["karpenter.sh/capacity-type": "spot"])] {
            _ = nodes.put(node, replacesNewer: true)
        }
        let prices = SizingPrices(prices: Self.prices, nodes: nodes)
        #expect(prices.list(["dear": 2]).perCoreHour == Money(nanoDollars: 1_000))
        #expect(prices.list(["cheap": 2]).perCoreHour == Money(nanoDollars: 100))
        #expect(prices.list(["dear": 1, "cheap": 3]).perCoreHour == Money(nanoDollars: 325))
        // Pods wait, or their nodes are not known: as the list says.
        #expect(prices.list([:]).perCoreHour == Money(nanoDollars: 1_000))
        #expect(prices.list(["gone": 1]).perCoreHour == Money(nanoDollars: 1_000))
    }
}
