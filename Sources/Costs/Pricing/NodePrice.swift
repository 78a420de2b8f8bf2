/// What a node costs for an hour, and how that is known.
package struct NodePrice: Sendable, Hashable {
    /// By resource; the sum is the node's price, to the nano-dollar.
    package let hourly: ResourceCost
    /// Where it comes from.
    package let quality: PriceQuality
    /// Whether spot prices were looked for.
    package let isSpot: Bool

    /// Takes a price as it was found or stored.
    package init(hourly: ResourceCost, quality: PriceQuality, isSpot: Bool) {
        self.hourly = hourly
        self.quality = quality
        self.isSpot = isSpot
    }

    /// What the node costs when it exists for some seconds of an hour; each resource is rounded once.
    package func cost(forSeconds seconds: Int64) -> ResourceCost {
        hourly.scaled(by: seconds, over: PriceList.secondsPerHour) ?? hourly
    }

    /// The price list that this node alone would have, for answers that name unit prices: nano-dollars, so that a sum
    /// of many of them may differ from `hourly`. A resource that the node has not is free.
    package func unitPrices(of capacity: RequestedCapacity, currency: String) -> PriceList {
        PriceList(
            currency: currency,
            perCoreHour: hourly.cpu.scaled(by: 1_000, over: capacity.cpuMillicores) ?? .zero,
            perGiBHour: hourly.memory.scaled(by: PriceList.bytesPerGiB, over: capacity.memoryBytes) ?? .zero,
            perGPUHour: hourly.gpu.scaled(by: 1, over: capacity.gpus) ?? .zero)
    }
}

/// How well a price is known, best first. The raw value is what is stored and shown.
package enum PriceQuality: String, Sendable, CaseIterable {
    /// Somebody said what this very node costs.
    case override
    /// Exported by OpenCost for this node.
    case exported
    /// Exported for some of the node's resources; the others cost as the price list says.
    case exportedInPart = "exported-in-part"
    /// The list price of the node's instance type.
    case instanceType = "instance-type"
    /// So much per core, GiB and GPU.
    case priceList = "price-list"
    /// So much per core, GiB and GPU, because the node is not known (yet): nothing is idle then.
    case unknownNode = "unknown-node"
    /// What it would cost now, for an hour before Callboard was there.
    case backfilled

    /// The worse of two; what is not known says nothing.
    package static func worst(_ left: PriceQuality?, _ right: PriceQuality?) -> PriceQuality? {
        guard let left, let right else { return left ?? right }
        let order = allCases
        guard let one = order.firstIndex(of: left), let other = order.firstIndex(of: right) else { return left }
        return one < other ? right : left
    }
}
