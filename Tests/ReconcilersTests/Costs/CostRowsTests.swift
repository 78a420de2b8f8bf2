import Base
import Costs
import KubeClient
import Matching
import Store
import Testing

@testable import Reconcilers

@Suite("Rows of metered hours")
struct CostRowsTests {
    private static let items = [
        AttachedItem(.claim, namespace: "shop", name: "data"), AttachedItem(.volume, name: "pv-1"),
        AttachedItem(.loadBalancer, namespace: "shop", name: "data"),
    ]

    private static func hour(_ payer: CostPayer) -> MeteredHour {
        let noon = Timestamp(seconds: 490_000 * 3_600)
        return MeteredHour(
            payer: payer, usage: HourUsage(hour: noon, through: noon.adding(seconds: 60), coveredSeconds: 60),
            cost: ResourceCost(cpu: Money(nanoDollars: 5), memory: .zero), used: .zero, usedSeconds: 7,
            quality: .override)
    }

    @Test("what nobody pays for has rows of its own, whose keys say of what they are")
    func remainders() {
        let payers = Self.items.map { CostPayer.unmounted($0) } + [.idle(node: "n")]
        var rows = CostRows(cluster: "c")
        let missing = rows.missing(for: payers.map(Self.hour) + [Self.hour(.workload(1))])
        #expect(
            missing.map(\.description).sorted() == [
                "c//__idle__/n", "c//__unmounted__/pv-1", "c/shop/__unmounted__/data",
                "c/shop/__unmounted__/service/data",
            ])
        #expect(missing.allSatisfy(\.isRemainder) && Set(missing.compactMap(\.remainder)) == Set(payers))
        #expect(rows.rows(payers.map(Self.hour)).isEmpty)
        rows.add(Dictionary(uniqueKeysWithValues: missing.enumerated().map { ($1, $0 + 10) }))
        #expect(rows.missing(for: payers.map(Self.hour)).isEmpty)
        #expect(Set(rows.rows(payers.map(Self.hour)).map(\.hourly.workloadID)) == [10, 11, 12, 13])
        // A row may have been removed since: after a failed write all are asked for again.
        rows.forget()
        #expect(rows.missing(for: payers.map(Self.hour)) == missing)
    }

    @Test("a stored hour comes back as it was metered")
    func resumed() throws {
        var rows = CostRows(cluster: "c")
        let idle = WorkloadKey.idle(node: "n", cluster: "c")
        rows.add([idle: 2])
        let hours = [Self.hour(.workload(1)), Self.hour(.idle(node: "n"))]
        let stored = Dictionary(
            uniqueKeysWithValues: zip([key("Deployment", "web"), idle], rows.rows(hours).map(\.hourly)))
        var next = CostRows(cluster: "c")
        #expect(Set(next.resumed(stored)) == Set(hours))
        #expect(next.missing(for: hours).isEmpty)
    }

    @Test(
        "a node's annotation says what it costs an hour; what is no price is told and not used",
        arguments: [
            ("0.192", 192_000_000), ("0", 0), ("10000", 10_000_000_000_000), ("10000.01", nil), ("-1", nil),
            ("cheap", nil), ("", nil),
        ] as [(String, Int64?)])
    func annotation(text: String, price: Int64?) {
        let node = Node(meta: ObjectMeta(name: "n", annotations: [Node.priceAnnotation: text]))
        #expect(node.annotatedPrice?.nanoDollars == price)
        #expect((node.priceProblem == nil) == (price != nil))
    }

    @Test("the price book is due until it was written as it is")
    func due() {
        var pricing = NodePricing(NodePriceBook(overrides: ["n": Money(nanoDollars: 1_000)]))
        let node = Node(meta: ObjectMeta(name: "n", labels: ["beta.kubernetes.io/instance-type": "m5"]))
        #expect(pricing.observe(node).price.quality == .override)
        let rows = Array(pricing.prices.values)
        #expect(rows.map(\.instanceType) == ["m5"] && pricing.isDue)
        pricing.written(rows)
        #expect(!pricing.isDue)
        _ = pricing.observe(node)
        #expect(!pricing.isDue)
        pricing.end("n")
        pricing.written(rows)
        #expect(pricing.isDue && pricing.prices.isEmpty)
    }
}
