package import Base

/// How much a recommendation rests on: when a container's CPU was sampled, and how often.
package struct SampleSpan: Sendable, Hashable {
    /// Of the first sample; nil before it.
    package private(set) var first: Timestamp?
    /// Of the last sample.
    package private(set) var last: Timestamp?
    /// How many there were.
    package private(set) var count: Int64

    /// Starts anew, or continues with what was stored.
    package init(first: Timestamp? = nil, last: Timestamp? = nil, count: Int64 = 0) {
        self.first = first
        self.last = last
        self.count = count
    }

    /// Counts a sample, or one that stands for several.
    package mutating func add(_ samples: Int64 = 1, at moment: Timestamp) {
        first = min(first ?? moment, moment)
        last = max(last ?? moment, moment)
        count = count.addingSaturating(samples)
    }

    /// Counts the samples of another.
    mutating func add(_ other: SampleSpan) {
        guard let first = other.first, let last = other.last else { return }
        add(0, at: first)
        add(other.count, at: last)
    }

    /// VPA's confidence in days: the time from first to last sample, but no more than the samples make at one a minute.
    package var confidence: Double {
        guard let first, let last else { return 0 }
        return min(last.secondsSince(first) / 86_400, Double(count) / 1_440)
    }
}
