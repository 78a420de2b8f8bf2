extension PriceList {
    /// Divides the price of a whole node to its CPU, memory and GPUs in the ratio of this list: with `r` the price of a
    /// core in GiBs and `g` that of a GPU, the node has `cores·r + GiB + GPUs·g` shares (OpenCost's split of an
    /// instance's price). The parts add up to the price to the nano-dollar.
    ///
    /// A list that gives none of the node's resources a price is replaced by the ratio 10 : 1 : 100, as in OpenCost.
    /// - Returns: nil when the node has no capacity.
    package func split(_ nodePrice: Money, over capacity: RequestedCapacity) -> ResourceCost? {
        let parts =
            nodePrice.apportioned(by: shares(of: capacity))
            ?? nodePrice.apportioned(by: Self.fallbackRatio.shares(of: capacity))
        return parts.map { ResourceCost(cpu: $0[0], memory: $0[1], gpu: $0[2]) }
    }

    /// What each resource of the node costs by this list, in a common unit that needs no division: a thousandth of
    /// 2^-30 nano-dollars.
    private func shares(of capacity: RequestedCapacity) -> [Int128] {
        func share(_ amount: Int64, _ price: Money, _ scale: Int128) -> Int128 {
            // Beyond 2^86 (10^16 dollars an hour for CPU) there are no nodes; 40 more bits of scale still fit.
            min(Int128(amount) * Int128(price.nanoDollars), 1 << 86) * scale
        }
        let bytesPerGiB = Int128(Self.bytesPerGiB)
        return [
            share(capacity.cpuMillicores, perCoreHour, bytesPerGiB),
            share(capacity.memoryBytes, perGiBHour, 1_000),
            share(capacity.gpus, perGPUHour, 1_000 * bytesPerGiB),
        ]
    }

    private static let fallbackRatio = PriceList(
        currency: "", perCoreHour: Money(nanoDollars: 10), perGiBHour: Money(nanoDollars: 1),
        perGPUHour: Money(nanoDollars: 100))
}
