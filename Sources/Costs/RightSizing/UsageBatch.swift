package import Base
internal import Glibc

/// What a container used since its history was last written, in few numbers however many samples there were: some hundred
/// bytes wait in memory for each container, and not its histograms.
package struct UsageBatch: Sendable, Hashable {
    /// What the CPU samples of a bucket count together, at the reference.
    struct Bucket: Sendable, Hashable {
        let index: UInt8
        var weight: Float
    }

    /// The most memory of an hour.
    struct Peak: Sendable, Hashable {
        let at: Timestamp
        let bytes: Int64
    }

    /// A container was killed for lack of memory.
    struct Kill: Sendable, Hashable {
        let at: Timestamp
        /// What it requested, in bytes.
        let requested: Int64
    }

    /// The moment at which a CPU sample counts its bare weight; nil before the first.
    private(set) var reference: Timestamp?
    private(set) var cpu: [Bucket] = []
    private(set) var peaks: [Peak] = []
    private(set) var kills: [Kill] = []
    private(set) var averageCPU = DecayingMean()
    private(set) var averageMemory = DecayingMean()
    private(set) var span = SampleSpan()

    /// More hours than a history forgets in; older ones go when the database is away for longer.
    private static let maximumPeaks = 8 * 24
    private static let maximumKills = 64

    /// Nothing seen yet.
    package init() {}

    /// Counts what was measured at a moment: one sample of CPU and one of memory.
    package mutating func add(_ usage: ContainerUsage, at moment: Timestamp) {
        addCPU(cores: Double(usage.cpuMillicores) / 1_000, at: moment)
        addMemory(bytes: usage.memoryBytes, at: moment)
    }

    /// Counts CPU.
    /// - Parameter samples: as how many samples of a minute it counts: 60 for the mean of an hour.
    package mutating func addCPU(cores: Double, samples: Int64 = 1, at moment: Timestamp) {
        guard cores >= 0, cores.isFinite, samples > 0 else { return }
        let bare = HistogramRecommender.cpuSampleWeight * Double(samples)
        add(weight: Float(bare * factor(at: moment)), to: UInt8(ExponentialBuckets.cpu.bucket(of: cores)))
        averageCPU.add(cores, weight: Double(samples), at: moment)
        span.add(samples, at: moment)
    }

    /// Counts memory.
    /// - Parameter samples: as how many samples of a minute it counts in the mean.
    package mutating func addMemory(bytes: Int64, samples: Int64 = 1, at moment: Timestamp) {
        guard bytes >= 0 else { return }
        add(Peak(at: moment, bytes: bytes))
        averageMemory.add(Double(bytes), weight: Double(samples), at: moment)
    }

    /// Counts a kill for lack of memory, once for each moment.
    package mutating func ranOutOfMemory(requested: Int64, at moment: Timestamp) {
        guard !kills.contains(where: { $0.at == moment }), kills.count < Self.maximumKills else { return }
        kills.append(Kill(at: moment, requested: requested))
    }

    /// Counts what came after this batch was taken out to be written, which failed.
    package mutating func add(_ later: UsageBatch) {
        if let theirs = later.reference {
            let factor = Float(factor(at: theirs))
            for bucket in later.cpu { add(weight: bucket.weight * factor, to: bucket.index) }
        }
        for peak in later.peaks { add(peak) }
        for kill in later.kills { ranOutOfMemory(requested: kill.requested, at: kill.at) }
        averageCPU.add(later.averageCPU)
        averageMemory.add(later.averageMemory)
        span.add(later.span)
    }

    private mutating func factor(at moment: Timestamp) -> Double {
        let reference = reference ?? moment
        self.reference = reference
        return exp2(moment.secondsSince(reference) / Double(DecayingHistogram.halfLifeSeconds))
    }

    private mutating func add(weight: Float, to index: UInt8) {
        if let known = cpu.firstIndex(where: { $0.index == index }) {
            cpu[known].weight += weight
        } else {
            cpu.append(Bucket(index: index, weight: weight))
        }
    }

    private mutating func add(_ peak: Peak) {
        let hour = peak.at.startOfHour
        guard let known = peaks.lastIndex(where: { $0.at.startOfHour == hour }) else {
            if peaks.count == Self.maximumPeaks { peaks.removeFirst() }
            return peaks.append(peak)
        }
        if peak.bytes > peaks[known].bytes { peaks[known] = peak }
    }
}

extension UsageBatch {
    /// CPU samples as values in cores with what they count at the reference. The values lie within their buckets.
    var cpuSamples: [(cores: Double, weight: Double)] {
        cpu.map { bucket in
            let (start, end) = (Int(bucket.index), Int(bucket.index) + 1)
            let middle = (ExponentialBuckets.cpu.start(of: start) + ExponentialBuckets.cpu.start(of: end)) / 2
            return (middle, Double(bucket.weight))
        }
    }
}
