package import Base
internal import Glibc

/// How often values were seen, recent ones counting more: a sample's weight doubles for every half-life by which it is
/// younger. VPA's histogram, with its constants.
///
/// Weights are kept relative to a reference time, so nothing has to be touched when time passes: a sample at `t` counts
/// `weight · 2^((t − reference) / halfLife)`. Before that factor grows beyond 2¹⁰⁰ the reference moves on and all
/// weights are divided by a power of two.
package struct DecayingHistogram: Sendable, Hashable {
    /// The bounds of the buckets.
    package let buckets: ExponentialBuckets
    /// What every sample counted; always as many as buckets.
    private(set) var weights: [Double]
    /// Kept beside the weights, as VPA does, so that a checkpoint's rounding does not change it.
    private(set) var totalWeight: Double
    /// The moment at which a sample counts its bare weight; nil before the first sample.
    private(set) var reference: Timestamp?

    /// 24 hours, for CPU and memory.
    static let halfLifeSeconds: Int64 = 86_400
    /// Half-lives after which the reference moves on.
    static let maximumExponent: Int64 = 100
    /// A bucket with less counts as empty.
    static let epsilon = 0.0001

    /// Nothing seen yet.
    package init(_ buckets: ExponentialBuckets) {
        self.init(buckets, weights: Array(repeating: 0, count: buckets.count), totalWeight: 0, reference: nil)
    }

    init(_ buckets: ExponentialBuckets, weights: [Double], totalWeight: Double, reference: Timestamp?) {
        self.buckets = buckets
        self.weights = weights
        self.totalWeight = totalWeight
        self.reference = reference
    }

    /// Counts a sample.
    package mutating func add(_ value: Double, weight: Double, at moment: Timestamp) {
        let weight = weight * decay(at: moment)
        weights[buckets.bucket(of: value)] += weight
        totalWeight += weight
    }

    /// Takes back a sample that was counted with the same weight at the same moment.
    package mutating func subtract(_ value: Double, weight: Double, at moment: Timestamp) {
        let weight = weight * decay(at: moment)
        let bucket = buckets.bucket(of: value)
        totalWeight = max(totalWeight - weight, 0)
        weights[bucket] = max(weights[bucket] - weight, 0)
    }

    /// True when no bucket holds a weight worth counting.
    package var isEmpty: Bool { weights.allSatisfy { $0 < Self.epsilon } }

    /// The end of the bucket in which the sum of the weights, from the smallest value on, reaches this share of the total.
    /// The last bucket has no end and gives its start. There is no interpolation. 0 when the histogram is empty.
    /// - Parameter share: 0.9 for the 90th percentile.
    package func percentile(_ share: Double) -> Double {
        guard let first = weights.firstIndex(where: { $0 >= Self.epsilon }),
            let last = weights.lastIndex(where: { $0 >= Self.epsilon })
        else { return 0 }
        let threshold = share * totalWeight
        var sum = 0.0
        let bucket = (first..<last).first {
            sum += weights[$0]
            return sum >= threshold
        }
        return buckets.start(of: min((bucket ?? last) + 1, buckets.count - 1))
    }

    /// The factor of a sample's weight; moves the reference when it would grow too large.
    private mutating func decay(at moment: Timestamp) -> Double {
        let reference = reference ?? moment.roundedToHalfLife
        self.reference = reference
        if moment > reference.adding(seconds: Self.maximumExponent * Self.halfLifeSeconds) {
            moveReference(from: reference, to: moment.roundedToHalfLife)
        }
        return exp2(moment.halfLives(after: self.reference ?? moment))
    }

    private mutating func moveReference(from old: Timestamp, to new: Timestamp) {
        let factor = exp2(old.halfLives(after: new).rounded())
        for bucket in weights.indices { weights[bucket] *= factor }
        totalWeight *= factor
        reference = new
    }
}

extension Timestamp {
    /// The nearest multiple of the half-life since 1970.
    fileprivate var roundedToHalfLife: Timestamp {
        adding(seconds: DecayingHistogram.halfLifeSeconds / 2).startOfDay
    }

    fileprivate func halfLives(after other: Timestamp) -> Double {
        secondsSince(other) / Double(DecayingHistogram.halfLifeSeconds)
    }
}
