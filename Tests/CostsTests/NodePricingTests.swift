import Costs
import TestSupport
import Testing

/// Amounts as the reference writes them.
func dollars(_ text: String) -> Money {
    guard let money = Money(decimal: text) else { preconditionFailure("no amount: \(text)") }
    return money
}

func capacity(cores: Double, gibibytes: Double, gpus: Int64 = 0) -> RequestedCapacity {
    RequestedCapacity(
        cpuMillicores: Int64(cores * 1_000), memoryBytes: Int64(gibibytes * 1_073_741_824), gpus: gpus)
}

struct NodePricingTests {
    private let list = PriceList.openCostDefault

    struct Split: Sendable {
        var id: String
        var price: String
        var cores: Double
        var gibibytes: Double
        var gpus: Int64
        var list = PriceList.openCostDefault
        var perCore: String
        var perGiB: String
        var perGPU: String
    }

    @Test(
        "oracles C1 to C3: a node's price is divided in the ratio of the list and adds up to it",
        arguments: [
            Split(
                id: "C1", price: "0.20", cores: 4, gibibytes: 16, gpus: 0, perCore: "0.032549064",
                perGiB: "0.004362734", perGPU: "0"),
            Split(
                id: "C2", price: "35", cores: 1, gibibytes: 1, gpus: 1,
                list: PriceList(
                    currency: "USD", perCoreHour: dollars("30"), perGiBHour: dollars("10"), perGPUHour: dollars("30")),
                perCore: "15", perGiB: "5", perGPU: "15"),
            Split(
                id: "C3", price: "3.06", cores: 8, gibibytes: 61, gpus: 1, perCore: "0.066192213",
                perGiB: "0.008872114", perGPU: "1.989263316"),
        ])
    func split(_ oracle: Split) throws {
        let capacity = capacity(cores: oracle.cores, gibibytes: oracle.gibibytes, gpus: oracle.gpus)
        let cost = try #require(oracle.list.split(dollars(oracle.price), over: capacity))
        #expect(cost.total == dollars(oracle.price))
        let unit = NodePrice(hourly: cost, quality: .override, isSpot: false).unitPrices(of: capacity, currency: "USD")
        let expected = [oracle.perCore, oracle.perGiB, oracle.perGPU].map { dollars($0) }
        for (found, expected) in zip([unit.perCoreHour, unit.perGiBHour, unit.perGPUHour], expected) {
            // The part that gives way to an exact sum is a nano-dollar below its own rounding.
            #expect(abs((found - expected).nanoDollars) <= 1, "\(oracle.id): \(found), not \(expected)")
        }
    }

    @Test("a list without prices divides 10 : 1 : 100, and a node without capacity is not divided")
    func withoutPrices() {
        let free = PriceList(currency: "USD", perCoreHour: .zero, perGiBHour: .zero, perGPUHour: .zero)
        let cost = free.split(dollars("1.12"), over: capacity(cores: 1, gibibytes: 2, gpus: 1))
        #expect(cost == ResourceCost(cpu: dollars("0.1"), memory: dollars("0.02"), gpu: dollars("1")))
        #expect(free.split(dollars("1"), over: .zero) == nil)
        let book = NodePriceBook(overrides: ["n": dollars("1")])
        #expect(book.price(of: NodeFacts(name: "n", capacity: .zero)).hourly.total == dollars("1"))
    }

    @Test("the divided price adds up for every node, also beyond every real one")
    func randomSplits() throws {
        for seed in 0..<2_000 {
            var random = SeededRandom(seed: UInt64(seed))
            let price = Money(nanoDollars: .random(in: 0...(1 << 45), using: &random))
            let capacity = RequestedCapacity(
                cpuMillicores: .random(in: 1...1_000_000, using: &random),
                memoryBytes: .random(in: 0...(1 << 46), using: &random), gpus: .random(in: 0...16, using: &random))
            #expect(list.split(price, over: capacity)?.total == price, "seed \(seed)")
        }
        let most = RequestedCapacity(cpuMillicores: .max, memoryBytes: .max, gpus: .max)
        #expect(list.split(Money(nanoDollars: .max), over: most)?.total.nanoDollars == .max)
    }

    @Test("oracle C14: a spot node's share for ten hours at the spot prices, and on demand")
    func spotShare() {
        let share = capacity(cores: 2, gibibytes: 8).held(forSeconds: 36_000)
        #expect(PriceList.openCostSpot.cost(of: share).total == dollars("0.204460"))
        #expect(list.cost(of: share).total == dollars("0.971180"))
    }

    @Test("oracle C15: 30 % off CPU and memory, and nothing off GPUs")
    func discount() throws {
        let discount = try #require(Discount(percent: 30))
        let unit = list.hourlyRate(of: capacity(cores: 1, gibibytes: 1, gpus: 1))
        #expect(
            discount.applied(to: unit)
                == ResourceCost(cpu: dollars("0.0221277"), memory: dollars("0.0029659"), gpu: dollars("0.95")))
        #expect(Discount(percent: -1) == nil && Discount(percent: 100.1) == nil && Discount(percent: .nan) == nil)
    }

    @Test("what every source says: the most specific one wins, and the price tells which it was")
    func precedence() throws {
        var node = NodeFacts(
            name: "n", labels: ["node.kubernetes.io/instance-type": "m5", "topology.kubernetes.io/region": "r1"],
            capacity: capacity(cores: 4, gibibytes: 16), annotatedPrice: dollars("0.5"),
            exported: ExportedNodePrice(perCoreHour: 0.03, perGiBHour: 0.004, perHour: 9))
        var book = NodePriceBook(
            overrides: ["n": dollars("0.4")],
            instanceTypes: [
                InstanceTypePrice(instanceType: "m5", region: "r1", isSpot: true, perHour: dollars("0.1")),
                InstanceTypePrice(instanceType: "m5", perHour: dollars("0.2")),
                InstanceTypePrice(instanceType: "m5", region: "r1", perHour: dollars("0.3")),
                InstanceTypePrice(instanceType: "m5", region: "r2", perHour: dollars("7")),
            ])
        func expect(_ total: String, _ quality: PriceQuality, _ line: Int = #line) {
            let price = book.price(of: node)
            #expect(price.hourly.total == dollars(total) && price.quality == quality, "line \(line)")
        }
        expect("0.5", .override)
        node.annotatedPrice = nil
        expect("0.4", .override)
        book.overrides = [:]
        expect("0.184", .exported)
        node.exported = ExportedNodePrice(perHour: 9)
        expect("9", .exported)
        node.exported = ExportedNodePrice(perCoreHour: 0, perGiBHour: .nan, perHour: 0)
        expect("0.3", .instanceType)
        node.exported = ExportedNodePrice(perCoreHour: 1e300, perGiBHour: -1, perGPUHour: 1e9, perHour: 10_001)
        expect("0.3", .instanceType)
        node.labels["karpenter.sh/capacity-type"] = "spot"
        expect("0.1", .instanceType)
        node.labels["karpenter.sh/capacity-type"] = nil
        node.labels["topology.kubernetes.io/region"] = "r3"
        expect("0.2", .instanceType)
        book.instanceTypes.remove(at: 1)
        expect("0.194236", .priceList)  // 4 × 0.031611 + 16 × 0.004237
        book.discount = try #require(Discount(percent: 50))
        expect("0.097118", .priceList)
    }

    @Test("a price that is missing, zero or NaN for CPU or memory is the list's; a GPU may be free, but not NaN")
    func exportedInPart() {
        let node = { (exported: ExportedNodePrice) in
            NodePriceBook().price(
                of: NodeFacts(name: "n", capacity: capacity(cores: 1, gibibytes: 1, gpus: 1), exported: exported))
        }
        let whole = node(ExportedNodePrice(perCoreHour: 1, perGiBHour: 2, perGPUHour: 0))
        #expect(whole.quality == .exported && whole.hourly.total == dollars("3"))
        for gpu in [nil, Double.nan, -1] {
            let part = node(ExportedNodePrice(perCoreHour: 1, perGiBHour: 0, perGPUHour: gpu))
            #expect(part.quality == .exportedInPart)
            #expect(
                part.hourly == ResourceCost(cpu: dollars("1"), memory: dollars("0.004237"), gpu: dollars("0.95")))
        }
        let withoutGPU = ExportedNodePrice(perCoreHour: 1, perGiBHour: 2)
        #expect(node(withoutGPU).quality == .exportedInPart && node(withoutGPU).hourly.total == dollars("3.95"))
        #expect(node(ExportedNodePrice(perCoreHour: -1, perGPUHour: 1)).quality == .priceList)
    }

    @Test("a discount does not touch the price of the very node, nor its GPUs elsewhere")
    func discountedNodes() throws {
        let node = NodeFacts(name: "n", capacity: capacity(cores: 8, gibibytes: 61, gpus: 1))
        let discount = try #require(Discount(percent: 30))
        let paid = NodePriceBook(overrides: ["n": dollars("3.06")], discount: discount).price(of: node)
        #expect(paid.hourly.total == dollars("3.06"))
        var typed = node
        typed.labels = ["node.kubernetes.io/instance-type": "p3"]
        let prices = [InstanceTypePrice(instanceType: "p3", perHour: dollars("3.06"))]
        let listed = NodePriceBook(instanceTypes: prices, discount: discount).price(of: typed)
        #expect(listed.quality == .instanceType && listed.hourly.gpu == paid.hourly.gpu)
        #expect(listed.hourly.cpu == discount.applied(to: paid.hourly.cpu))
        #expect(listed.hourly.memory == discount.applied(to: paid.hourly.memory))
    }

    @Test(
        "a spot node is known by its label and costs the spot prices",
        arguments: [
            ("karpenter.sh/capacity-type", "spot", true), ("eks.amazonaws.com/capacityType", "SPOT", true),
            ("cloud.google.com/gke-spot", "true", true), ("kubernetes.azure.com/scalesetpriority", "spot", true),
            ("karpenter.sh/capacity-type", "on-demand", false), ("eks.amazonaws.com/capacityType", "ON_DEMAND", false),
            ("cloud.google.com/gke-spot", "false", false), ("kubernetes.azure.com/scalesetpriority", "regular", false),
        ])
    func spot(label: String, value: String, isSpot: Bool) {
        let node = NodeFacts(name: "n", labels: [label: value], capacity: capacity(cores: 2, gibibytes: 8))
        let price = NodePriceBook().price(of: node)
        #expect(price.isSpot == isSpot)
        #expect(price.hourly.total == dollars(isSpot ? "0.020446" : "0.097118"))
    }

    @Test("OpenCost's series can say that a node is spot, and a node for half an hour costs half")
    func exportedSpot() {
        let capacity = capacity(cores: 2, gibibytes: 8)
        let node = NodeFacts(name: "n", capacity: capacity, exported: ExportedNodePrice(isSpot: true))
        let price = NodePriceBook().price(of: node)
        #expect(price.isSpot && price.quality == .priceList)
        #expect(price.cost(forSeconds: 1_800).total == dollars("0.010223"))
    }
}
