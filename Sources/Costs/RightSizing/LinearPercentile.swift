/// Percentiles of samples, with what lies between two of them interpolated.
package enum LinearPercentile {
    /// The value at the rank `share · (n − 1)` of the sorted samples. Nil without samples.
    /// - Parameter share: 0.66 for the 66th percentile; brought into 0...1.
    package static func value(of samples: [Double], at share: Double) -> Double? {
        let sorted = samples.sorted()
        guard let last = sorted.indices.last else { return nil }
        let rank = min(max(share, 0), 1) * Double(last)
        let below = Int(rank)
        let above = min(below + 1, last)
        return sorted[below] + (sorted[above] - sorted[below]) * (rank - Double(below))
    }
}
