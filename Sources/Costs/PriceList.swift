/// What capacity costs where nothing better is known: one price per core-hour and one per GiB-hour.
package struct PriceList: Sendable, Hashable {
    /// ISO 4217 code, such as `USD`. Amounts of different currencies are never added.
    package let currency: String
    /// Per core and hour.
    package let perCoreHour: Money
    /// Per 2^30 bytes and hour.
    package let perGiBHour: Money

    /// Takes prices from the configuration.
    package init(currency: String, perCoreHour: Money, perGiBHour: Money) {
        self.currency = currency
        self.perCoreHour = perCoreHour
        self.perGiBHour = perGiBHour
    }

    /// OpenCost's default on-demand list (`configs/default.json`): 0.031611 per core-hour, 0.004237 per GiB-hour.
    package static let openCostDefault = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 31_611_000), perGiBHour: Money(nanoDollars: 4_237_000))

    /// Hours in a month by OpenCost's convention (365 days over 12).
    package static let hoursPerMonth: Int64 = 730

    static let bytesPerGiB: Int64 = 1 << 30
    private static let secondsPerHour: Int64 = 3_600

    /// What the capacity-time costs; CPU and memory are each rounded once, half to even.
    package func cost(of use: CapacityTime) -> ResourceCost {
        ResourceCost(
            cpu: Self.cost(use.millicoreSeconds, perCoreHour, unit: 1_000 * Self.secondsPerHour),
            memory: Self.cost(use.byteSeconds, perGiBHour, unit: Self.bytesPerGiB * Self.secondsPerHour))
    }

    /// What the capacity costs while it is held for an hour.
    package func hourlyRate(of capacity: RequestedCapacity) -> ResourceCost {
        cost(of: capacity.held(forSeconds: Self.secondsPerHour))
    }

    /// What the capacity costs while it is held for a month of 730 hours. Computed from the capacity and not from the
    /// rounded hourly rate, which would be off by up to 365 nano-dollars.
    package func monthlyRunRate(of capacity: RequestedCapacity) -> ResourceCost {
        cost(of: capacity.held(forSeconds: Self.hoursPerMonth * Self.secondsPerHour))
    }

    private static func cost(_ amount: Int64, _ price: Money, unit: Int64) -> Money {
        Money(nanoDollars: RoundedDivision.scale(Int128(amount), by: price.nanoDollars, over: Int128(unit)))
    }
}

/// A cost by resource.
package struct ResourceCost: Sendable, Hashable {
    /// What the CPU costs.
    package var cpu: Money
    /// What the memory costs.
    package var memory: Money

    /// Takes both parts.
    package init(cpu: Money, memory: Money) {
        self.cpu = cpu
        self.memory = memory
    }

    /// No cost.
    package static let zero = ResourceCost(cpu: .zero, memory: .zero)

    /// CPU and memory together, bounded.
    package var total: Money { cpu + memory }

    /// The same, with each resource at a million a workload-hour at most: what is beyond that is a mistake in a request
    /// (anybody may write any number there), and sums over many rows must not overflow 64 bits.
    package var capped: ResourceCost {
        let most = Money(nanoDollars: 1_000_000_000_000_000)
        return ResourceCost(cpu: min(cpu, most), memory: min(memory, most))
    }

    /// The sum by resource, bounded.
    package static func + (left: ResourceCost, right: ResourceCost) -> ResourceCost {
        ResourceCost(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
    }

    /// Adds by resource, bounded.
    package static func += (left: inout ResourceCost, right: ResourceCost) { left = left + right }
}
