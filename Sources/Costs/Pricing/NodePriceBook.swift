/// The price of an instance type in somebody's list.
package struct InstanceTypePrice: Sendable, Hashable {
    /// As the label `node.kubernetes.io/instance-type` has it.
    package let instanceType: String
    /// As the label `topology.kubernetes.io/region` has it; nil holds for every region.
    package let region: String?
    /// A spot price is never used for a node on demand, nor the other way round.
    package let isSpot: Bool
    /// For the whole node.
    package let perHour: Money

    /// Takes one line of the list.
    package init(instanceType: String, region: String? = nil, isSpot: Bool = false, perHour: Money) {
        self.instanceType = instanceType
        self.region = region
        self.isSpot = isSpot
        self.perHour = perHour
    }
}

/// Where prices of nodes are looked for. The most specific one wins: what is said of the very node (on the node, then in
/// the book), what OpenCost exports for it, its instance type (in its region, then in any), the list per core and GiB.
///
/// A price for a whole node is divided to its resources in the ratio of the list. The discount lowers what is exported
/// or listed; what was said of the very node is what is paid.
package struct NodePriceBook: Sendable, Hashable {
    /// Prices of whole nodes for an hour, by name.
    package var overrides: [String: Money]
    /// Prices of instance types.
    package var instanceTypes: [InstanceTypePrice]
    /// For nodes on demand.
    package var onDemand: PriceList
    /// For spot nodes.
    package var spot: PriceList
    /// On CPU and memory.
    package var discount: Discount

    /// Takes prices in one currency.
    package init(
        overrides: [String: Money] = [:], instanceTypes: [InstanceTypePrice] = [],
        onDemand: PriceList = .openCostDefault, spot: PriceList = .openCostSpot, discount: Discount = .none
    ) {
        self.overrides = overrides
        self.instanceTypes = instanceTypes
        self.onDemand = onDemand
        self.spot = spot
        self.discount = discount
    }

    /// What the node costs.
    package func price(of node: NodeFacts) -> NodePrice {
        let isSpot = node.isSpot
        let list = isSpot ? spot : onDemand
        func found(_ cost: ResourceCost, _ quality: PriceQuality) -> NodePrice {
            let cost = quality == .override ? cost : discount.applied(to: cost)
            return NodePrice(hourly: cost, quality: quality, isSpot: isSpot)
        }
        if let price = node.annotatedPrice ?? overrides[node.name] {
            return found(list.divided(price, on: node), .override)
        }
        if let (cost, quality) = list.exportedPrice(of: node) { return found(cost, quality) }
        if let price = instancePrice(of: node, isSpot: isSpot) {
            return found(list.divided(price, on: node), .instanceType)
        }
        return found(list.hourlyRate(of: node.capacity), .priceList)
    }

    private func instancePrice(of node: NodeFacts, isSpot: Bool) -> Money? {
        let ofType = instanceTypes.filter { $0.instanceType == node.instanceType && $0.isSpot == isSpot }
        let best = ofType.first { $0.region == node.region } ?? ofType.first { $0.region == nil }
        return best?.perHour
    }
}

extension PriceList {
    /// All of a node's price is its CPU's when nothing is known of its capacity.
    fileprivate func divided(_ price: Money, on node: NodeFacts) -> ResourceCost {
        split(price, over: node.capacity) ?? ResourceCost(cpu: price, memory: .zero)
    }

    /// The node at its exported unit prices, the missing ones from this list; without any, its exported price divided.
    /// Nil when nothing is exported.
    fileprivate func exportedPrice(of node: NodeFacts) -> (ResourceCost, PriceQuality)? {
        guard let exported = node.exported else { return nil }
        let (core, gib, gpu) = (exported.knownCore, exported.knownGiB, exported.knownGPU)
        guard core != nil || gib != nil else {
            return exported.knownNode.map { (divided($0, on: node), .exported) }
        }
        let prices = PriceList(
            currency: currency, perCoreHour: core ?? perCoreHour, perGiBHour: gib ?? perGiBHour,
            perGPUHour: gpu ?? perGPUHour)
        let isWhole = core != nil && gib != nil && (gpu != nil || node.capacity.gpus == 0)
        return (prices.hourlyRate(of: node.capacity), isWhole ? .exported : .exportedInPart)
    }
}
