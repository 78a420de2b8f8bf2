internal import Glibc

/// Bounds of a histogram's buckets, each wider than the one before by a ratio, as in the recommender of the Vertical Pod
/// Autoscaler (VPA): `start(n) = first · (ratioⁿ − 1) / (ratio − 1)`.
package struct ExponentialBuckets: Sendable, Hashable {
    /// The end of bucket 0.
    package let first: Double
    /// How much wider each next bucket is.
    package let ratio: Double
    /// The last bucket holds all that lies above its start.
    package let count: Int

    /// As many buckets as it takes for the last one's start to reach `maximum`, and one more.
    package init(first: Double, maximum: Double, ratio: Double) {
        self.first = first
        self.ratio = ratio
        count = Int((log(maximum * (ratio - 1) / first + 1) / log(ratio)).rounded(.up)) + 1
    }

    /// Cores: from 0.01 to 1,000, each bucket 5 % wider; 176 of them.
    package static let cpu = ExponentialBuckets(first: 0.01, maximum: 1_000, ratio: 1.05)
    /// Bytes: from 10 MB to 1 TB, each bucket 5 % wider; 176 of them.
    package static let memory = ExponentialBuckets(first: 1e7, maximum: 1e12, ratio: 1.05)

    /// Where a bucket starts; the end of the one before.
    package func start(of bucket: Int) -> Double {
        bucket == 0 ? 0 : first * (pow(ratio, Double(bucket)) - 1) / (ratio - 1)
    }

    /// The bucket that holds a value. What is below zero or no number lies in the first.
    package func bucket(of value: Double) -> Int {
        guard value >= first else { return 0 }
        let bucket = log(value * (ratio - 1) / first + 1) / log(ratio)
        return bucket < Double(count - 1) ? Int(bucket) : count - 1
    }
}
