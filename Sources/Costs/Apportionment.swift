extension Money {
    /// Divides the amount in proportion to the weights so that the parts add up to it exactly: every part is rounded
    /// down, and what is left goes, a nano-dollar each, to those that lost most by it, the earlier first at a tie (the
    /// method of the largest remainder). Weights below zero count as zero.
    /// - Returns: the parts in the order of the weights; nil when no weight is positive.
    package func apportioned(by weights: [Int64]) -> [Money]? {
        apportioned(by: weights.map { Int128($0) })
    }

    /// Divides the amount into equal parts that differ by a nano-dollar at most and add up to it exactly.
    package func divided(evenly parts: Int) -> [Money] {
        apportioned(by: Array(repeating: Int128(1), count: max(parts, 0))) ?? []
    }

    /// The same for weights that are products of amounts and prices.
    func apportioned(by weights: [Int128]) -> [Money]? {
        let weights = Self.reduced(weights)
        let total = weights.reduce(0, +)
        guard total > 0 else { return nil }
        let amount = Int128(nanoDollars.magnitude)
        var parts = weights.map { amount * $0 / total }
        let lost = weights.map { amount * $0 % total }
        let order = lost.indices.sorted { (lost[$1], $0) < (lost[$0], $1) }
        for index in order.prefix(Int(amount - parts.reduce(0, +))) { parts[index] += 1 }
        return parts.map { Money(nanoDollars: Int64(clamping: nanoDollars < 0 ? -$0 : $0)) }
    }

    /// The weights without negative ones, and, where their sum would not fit 62 bits, without the last bits, so that
    /// the products above stay below 2^126.
    private static func reduced(_ weights: [Int128]) -> [Int128] {
        let largest = weights.max() ?? 0
        let bits = Int128.bitWidth - max(largest, 0).leadingZeroBitCount
        let bitsOfCount = Int.bitWidth - weights.count.leadingZeroBitCount
        let excess = max(bits + bitsOfCount - 62, 0)
        return weights.map { max($0, 0) >> excess }
    }
}
