import Base
import Costs
import Testing

struct HistogramRecommenderTests {
    private let recommender = HistogramRecommender()

    private func recommend(
        cpu: DecayingHistogram = constant(0.12, .cpu), memory: DecayingHistogram = constant(1e9, .memory),
        confidence: Double = 7, containers: Int = 1
    ) throws -> ContainerRecommendation {
        try #require(
            recommender.recommend(cpu: cpu, memory: memory, confidence: confidence, containersInPod: containers))
    }

    @Test("oracle V0: the published buckets from 40 to 500, half as wide again each")
    func publishedBuckets() {
        let buckets = ExponentialBuckets(first: 40, maximum: 500, ratio: 1.5)
        #expect(buckets.count == 6)
        #expect((0..<6).map { buckets.start(of: $0) } == [0, 40, 100, 190, 325, 527.5])
        #expect([39.99, 40, 100, 900].map { buckets.bucket(of: $0) } == [0, 1, 2, 5])
    }

    @Test("oracle V1: 85 samples of 0.12 cores and 15 of 0.47")
    func cpu() throws {
        var cpu = DecayingHistogram(.cpu)
        for index in 0..<100 {
            cpu.add(index < 85 ? 0.12 : 0.47, weight: HistogramRecommender.cpuSampleWeight, at: day(0))
        }
        #expect([0.12, 0.47].map { cpu.buckets.bucket(of: $0) } == [9, 24])
        #expect(abs(cpu.percentile(0.5) - 0.1257789) < 5e-8 && abs(cpu.percentile(0.9) - 0.4772710) < 5e-8)
        #expect(cpu.percentile(0.95) == cpu.percentile(0.9))
        let week = try recommend(cpu: cpu, confidence: 7)
        #expect(week.target.cpuMillicores == 548)
        #expect(week.lower.cpuMillicores == 142 && week.upper.cpuMillicores == 626)
        #expect(try recommend(cpu: cpu, confidence: 1).upper.cpuMillicores == 1_096)
        #expect(try recommend(cpu: cpu, confidence: 0.5).upper.cpuMillicores == 1_644)
        #expect(try recommend(cpu: cpu, confidence: 1e9).lower.cpuMillicores == 142)  // 143 · (1 - 2e-12), cut
    }

    @Test(
        "oracle V2: a hundred samples of 0.97, and three or five half-lives later a hundred of 0.21",
        arguments: [(3.0, 0.88, 1_168), (5.0, 0.9, 247)] as [(Double, Double, Int64)])
    func decay(days: Double, share: Double, target: Int64) throws {
        var cpu = DecayingHistogram(.cpu)
        for _ in 0..<100 { cpu.add(0.97, weight: 0.1, at: day(0)) }
        for _ in 0..<100 { cpu.add(0.21, weight: 0.1, at: day(days)) }
        #expect(abs(cpu.percentile(share) - 0.2157856) < 5e-8)
        #expect(try recommend(cpu: cpu).target.cpuMillicores == target)
        #expect(abs(cpu.percentile(0.99) - 1.0162814) < 5e-8)
    }

    @Test(
        "oracle V2: of equal counts the old ones leave the 90th percentile after 3.17 half-lives, the 95th after 4.25",
        arguments: [(0.9, 3.17), (0.95, 4.25)])
    func leaving(share: Double, days: Double) {
        func percentile(_ days: Double) -> Double {
            var cpu = DecayingHistogram(.cpu)
            for (value, moment) in [(0.97, 0), (0.21, days)] { cpu.add(value, weight: 10, at: day(moment)) }
            return cpu.percentile(share)
        }
        #expect(percentile(days - 0.01) > 0.9 && percentile(days + 0.01) < 0.3)
    }

    /// Eight daily peaks of 500 MiB, but 800 MiB so many days ago.
    private func memoryTarget(peakAge: Int) throws -> Int64 {
        var (peaks, memory) = (MemoryPeaks(), DecayingHistogram(.memory))
        for index in 0..<8 {
            let bytes: Int64 = (7 - index == peakAge ? 800 : 500) << 20
            peaks.observe(bytes: bytes, at: day(Double(index)), into: &memory)
        }
        return try recommend(memory: memory).target.memoryBytes
    }

    @Test(
        "oracles V3 and V4: a peak of 800 MiB among 500 MiB counts for two days after its own",
        arguments: [(0, 978_270_031), (1, 978_270_031), (2, 978_270_031), (3, 628_694_953), (6, 628_694_953)])
    func memoryPeaks(age: Int, target: Int64) throws {
        #expect(try memoryTarget(peakAge: age) == target)
    }

    @Test(
        "oracle V5: 20 MiB and 1 m get the pod's floor, shared by its containers",
        arguments: [(1, 25, 262_144_000), (2, 12, 131_072_000)] as [(Int, Int64, Int64)])
    func floors(containers: Int, millicores: Int64, bytes: Int64) throws {
        let found = try recommend(
            cpu: constant(0.001, .cpu), memory: constant(20 * 1_048_576, .memory), containers: containers)
        #expect(found.target == RequestedCapacity(cpuMillicores: millicores, memoryBytes: bytes))
    }

    @Test(
        "oracle V6: after a kill 20 % more counts above 500 MiB, 100 MiB more below",
        arguments: [
            (512 << 20, 644_245_094), (1 << 30, 1_288_490_188), (500 << 20, 600 << 20), (100 << 20, 200 << 20),
            (.max, .max),
        ] as [(Int64, Int64)])
    func outOfMemory(used: Int64, sample: Int64) {
        #expect(MemoryPeaks.outOfMemorySample(used: used) == sample)
    }

    @Test(
        "the factors of the bounds are the published ones",
        arguments: [(0.5, 3.0), (1, 2), (7, 1.142857)])
    func upperFactors(days: Double, factor: Double) {
        #expect(abs(HistogramRecommender.upperFactor(confidence: days) - factor) < 1e-6)
    }

    @Test("the lower bound rises with time", arguments: [(5.0, 0.6028), (30, 0.9105), (60, 0.9537)])
    func lowerFactors(minutes: Double, factor: Double) {
        #expect(abs(HistogramRecommender.lowerFactor(confidence: minutes / 1_440) - factor) < 5e-5)
    }

    @Test("without confidence the bounds say nothing, and without usage there is no recommendation")
    func unknown() throws {
        let found = try recommend(confidence: 0)
        #expect(found.upper == RequestedCapacity(cpuMillicores: 100_000_000_000_000, memoryBytes: 100_000_000_000_000))
        #expect(found.lower == RequestedCapacity(cpuMillicores: 25, memoryBytes: 262_144_000))
        let (cpu, memory) = (constant(1, .cpu), constant(1e9, .memory))
        for (cpu, memory) in [(DecayingHistogram(.cpu), memory), (cpu, DecayingHistogram(.memory))] {
            #expect(recommender.recommend(cpu: cpu, memory: memory, confidence: 1, containersInPod: 1) == nil)
        }
    }

    @Test("confidence is the time from first to last sample, at most as much as the samples make at one a minute")
    func confidence() {
        var span = SampleSpan()
        #expect(span.confidence == 0)
        for minute in stride(from: 1_440.0, through: 0, by: -1) { span.add(at: day(minute / 1_440)) }
        #expect(span.confidence == 1 && span.count == 1_441 && span.first == day(0) && span.last == day(1))
        span.add(at: day(30))
        #expect(span.confidence == 1_442.0 / 1_440)
        #expect(SampleSpan(first: day(0), last: day(0.5), count: 9_999).confidence == 0.5)
    }
}

struct MemoryPeaksTests {
    private func weights(_ histogram: DecayingHistogram) throws -> (buckets: [Int: Int], total: Double) {
        let checkpoint = try #require(HistogramCheckpoint(histogram))
        return (checkpoint.bucketWeights, checkpoint.totalWeight)
    }

    @Test("an interval has one sample, its highest, dated to the interval's end")
    func onePeak() throws {
        var (peaks, histogram) = (MemoryPeaks(), DecayingHistogram(.memory))
        for bytes: Int64 in [300, 800, 500, 900, 100] {
            peaks.observe(bytes: bytes << 20, at: day(Double(bytes) / 1_000), into: &histogram)
        }
        #expect(peaks.peak == 900 << 20 && peaks.intervalEnd == day(1.3))
        var expected = DecayingHistogram(.memory)
        expected.add(Double(900 << 20), weight: 1, at: day(1.3))
        #expect(try weights(histogram).buckets == weights(expected).buckets)
        #expect(abs(try weights(histogram).total - weights(expected).total) < 1e-9)
    }

    @Test("a new interval has its own sample, and the days between have none")
    func intervals() throws {
        var (peaks, histogram) = (MemoryPeaks(), DecayingHistogram(.memory))
        peaks.observe(bytes: 500 << 20, at: day(0), into: &histogram)
        peaks.observe(bytes: 400 << 20, at: day(1), into: &histogram)
        #expect(peaks.intervalEnd == day(2) && peaks.peak == 400 << 20)
        peaks.observe(bytes: 300 << 20, at: day(9.5), into: &histogram)
        #expect(peaks.intervalEnd == day(10))
        #expect(try weights(histogram).buckets.count == 3)
    }

    @Test("a value from before the interval comes too late, one from within it does not")
    func late() throws {
        var (peaks, histogram) = (MemoryPeaks(), DecayingHistogram(.memory))
        peaks.observe(bytes: 500 << 20, at: day(5), into: &histogram)
        peaks.observe(bytes: 900 << 20, at: day(4.9), into: &histogram)
        peaks.ranOutOfMemory(requested: 900 << 20, at: day(4.9), into: &histogram)
        #expect(peaks.peak == 500 << 20 && peaks.outOfMemoryPeak == 0)
        peaks.observe(bytes: 600 << 20, at: day(5.5), into: &histogram)
        peaks.observe(bytes: 700 << 20, at: day(5.1), into: &histogram)
        #expect(peaks.peak == 700 << 20)
        #expect(try weights(histogram).buckets.count == 1)
    }

    @Test("a kill counts for more than was used, once, and does not grow by being repeated")
    func outOfMemory() throws {
        var (peaks, histogram) = (MemoryPeaks(), DecayingHistogram(.memory))
        peaks.observe(bytes: 400 << 20, at: day(0), into: &histogram)
        for _ in 0..<3 { peaks.ranOutOfMemory(requested: 1 << 30, at: day(0.1), into: &histogram) }
        #expect(peaks.outOfMemoryPeak == 1_288_490_188 && peaks.peak == 400 << 20)
        #expect(try weights(histogram).buckets == [histogram.buckets.bucket(of: 1_288_490_188): 10_000])
        peaks.observe(bytes: 1 << 30, at: day(0.2), into: &histogram)
        #expect(try weights(histogram).buckets == [histogram.buckets.bucket(of: 1_288_490_188): 10_000])
    }

    @Test("what was stored goes on in the same interval")
    func resuming() throws {
        var (peaks, histogram) = (MemoryPeaks(), DecayingHistogram(.memory))
        peaks.observe(bytes: 400 << 20, at: day(0), into: &histogram)
        var resumed = MemoryPeaks(
            intervalEnd: peaks.intervalEnd, peak: peaks.peak, outOfMemoryPeak: peaks.outOfMemoryPeak)
        #expect(resumed == peaks)
        resumed.observe(bytes: 450 << 20, at: day(0.5), into: &histogram)
        #expect(try weights(histogram).buckets.count == 1)
    }
}
