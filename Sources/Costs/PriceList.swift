/// What capacity costs where nothing better is known: a price per core-hour, per GiB-hour and per GPU-hour.
package struct PriceList: Sendable, Hashable {
    /// ISO 4217 code, such as `USD`. Amounts of different currencies are never added.
    package let currency: String
    /// Per core and hour.
    package let perCoreHour: Money
    /// Per 2^30 bytes and hour.
    package let perGiBHour: Money
    /// Per device and hour.
    package let perGPUHour: Money

    /// Of OpenCost's default list, on demand and spot.
    package static let openCostGPUHour = Money(nanoDollars: 950_000_000)

    /// Takes prices from the configuration; a GPU costs OpenCost's 0.95 when nothing is said.
    package init(currency: String, perCoreHour: Money, perGiBHour: Money, perGPUHour: Money = openCostGPUHour) {
        self.currency = currency
        self.perCoreHour = perCoreHour
        self.perGiBHour = perGiBHour
        self.perGPUHour = perGPUHour
    }

    /// OpenCost's default on-demand list (`configs/default.json`): 0.031611 per core-hour, 0.004237 per GiB-hour, 0.95
    /// per GPU-hour.
    package static let openCostDefault = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 31_611_000), perGiBHour: Money(nanoDollars: 4_237_000))

    /// The spot prices of the same list: 0.006655 per core-hour, 0.000892 per GiB-hour. It has none for GPUs, which cost
    /// as on demand.
    package static let openCostSpot = PriceList(
        currency: "USD", perCoreHour: Money(nanoDollars: 6_655_000), perGiBHour: Money(nanoDollars: 892_000))

    /// Hours in a month by OpenCost's convention (365 days over 12).
    package static let hoursPerMonth: Int64 = 730

    static let bytesPerGiB: Int64 = 1 << 30
    static let secondsPerHour: Int64 = 3_600

    /// What the capacity-time costs; each resource is rounded once, half to even.
    package func cost(of use: CapacityTime) -> ResourceCost {
        ResourceCost(
            cpu: Self.cost(use.millicoreSeconds, perCoreHour, unit: 1_000 * Self.secondsPerHour),
            memory: Self.cost(use.byteSeconds, perGiBHour, unit: Self.bytesPerGiB * Self.secondsPerHour),
            gpu: Self.cost(use.gpuSeconds, perGPUHour, unit: Self.secondsPerHour))
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
