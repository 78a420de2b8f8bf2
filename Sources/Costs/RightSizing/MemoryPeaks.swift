package import Base

/// The highest memory of one container in each interval of 24 hours, of which the histogram gets one sample (weight 1)
/// dated to the interval's end: memory cannot be throttled, so the peak counts and not the time spent below it. A higher
/// value within the interval replaces the sample. The first interval starts with the first value.
package struct MemoryPeaks: Sendable, Hashable {
    /// When the running interval ends; nil before the first value.
    package private(set) var intervalEnd: Timestamp?
    /// The most that was seen in it, in bytes.
    package private(set) var peak: Int64
    /// The most that ends for lack of memory stood for in it.
    package private(set) var outOfMemoryPeak: Int64

    /// VPA's interval.
    static let intervalSeconds: Int64 = 86_400

    /// Starts anew, or continues with what was stored.
    package init(intervalEnd: Timestamp? = nil, peak: Int64 = 0, outOfMemoryPeak: Int64 = 0) {
        self.intervalEnd = intervalEnd
        self.peak = peak
        self.outOfMemoryPeak = outOfMemoryPeak
    }

    /// Takes a measured value. One from before the running interval comes too late and is ignored.
    package mutating func observe(bytes: Int64, at moment: Timestamp, into histogram: inout DecayingHistogram) {
        guard advance(to: moment) else { return }
        replace(by: bytes, in: &histogram)
        peak = max(peak, bytes)
    }

    /// Takes a kill for lack of memory: the container needed more than it had, so `max(used + 100 MiB, used · 1.2)`
    /// counts, with `used` the larger of its request and its peak.
    package mutating func ranOutOfMemory(
        requested: Int64, at moment: Timestamp, into histogram: inout DecayingHistogram
    ) {
        guard advance(to: moment) else { return }
        let sample = Self.outOfMemorySample(used: max(requested, peak))
        replace(by: sample, in: &histogram)
        outOfMemoryPeak = max(outOfMemoryPeak, sample)
    }

    /// What a container that used so much when it was killed is taken to need, in bytes.
    package static func outOfMemorySample(used: Int64) -> Int64 {
        max(used.addingSaturating(100 << 20), Int64(clamping: Int128(used) * 6 / 5))
    }

    /// Brings the interval to the one that holds the moment; false when that lies behind.
    private mutating func advance(to moment: Timestamp) -> Bool {
        let end = intervalEnd ?? moment
        guard moment >= end || intervalEnd == nil else { return moment >= end.adding(seconds: -Self.intervalSeconds) }
        let passed = Int64(moment.secondsSince(end)) / Self.intervalSeconds
        intervalEnd = end.adding(seconds: (passed + 1) * Self.intervalSeconds)
        (peak, outOfMemoryPeak) = (0, 0)
        return true
    }

    /// Puts the value in the place of what stands for the interval, if it is more.
    private func replace(by bytes: Int64, in histogram: inout DecayingHistogram) {
        let before = max(peak, outOfMemoryPeak)
        guard let intervalEnd, bytes > before else { return }
        if before > 0 { histogram.subtract(Double(before), weight: 1, at: intervalEnd) }
        histogram.add(Double(bytes), weight: 1, at: intervalEnd)
    }
}
