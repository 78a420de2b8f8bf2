import Base
import Costs
import Glibc
import TestSupport
import Testing

/// A moment so many days after a midnight.
func day(_ days: Double) -> Timestamp {
    Timestamp(microseconds: 1_767_225_600_000_000 + Int64(days * 86_400_000_000))
}

/// A histogram of one value, for what needs one that is not empty.
func constant(_ value: Double, _ buckets: ExponentialBuckets) -> DecayingHistogram {
    var histogram = DecayingHistogram(buckets)
    histogram.add(value, weight: 1, at: day(0))
    return histogram
}

struct ExponentialBucketsTests {
    @Test(
        "the starts of the buckets are those of the reference",
        arguments: [
            (1, 0.01, 1e7), (2, 0.0205, 20_500_000), (3, 0.031525, 31_525_000), (10, 0.125779, 125_778_925),
            (20, 0.33066, 330_659_541), (50, 2.09348, 2_093_479_957), (100, 26.100252, 26_100_251_569),
            (175, 1021.109409, 1_021_109_408_905),
        ] as [(Int, Double, Double)])
    func starts(bucket: Int, cores: Double, bytes: Double) {
        #expect(abs(ExponentialBuckets.cpu.start(of: bucket) - cores) < 5e-7)
        #expect(abs(ExponentialBuckets.memory.start(of: bucket) - bytes) < 0.5)
    }

    @Test("CPU and memory have 176 buckets; what lies outside belongs to the first or the last")
    func ends() {
        for buckets in [ExponentialBuckets.cpu, .memory] {
            #expect(buckets.count == 176 && buckets.start(of: 0) == 0)
            #expect(buckets.bucket(of: -1) == 0 && buckets.bucket(of: .nan) == 0)
            #expect(buckets.bucket(of: .infinity) == 175 && buckets.bucket(of: 1e300) == 175)
        }
    }

    @Test("every value lies in the bucket that is said to hold it")
    func random() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<10_000 {
            let value = Double.random(in: 0...1_000, using: &random)
            let bucket = ExponentialBuckets.cpu.bucket(of: value)
            #expect(ExponentialBuckets.cpu.start(of: bucket) <= value * (1 + 1e-12))
            #expect(value <= ExponentialBuckets.cpu.start(of: bucket + 1) * (1 + 1e-12))
        }
    }
}

struct HistogramTests {
    @Test("an empty histogram has no percentile, and so has one of which everything was taken back")
    func empty() {
        var histogram = DecayingHistogram(.cpu)
        #expect(histogram.isEmpty && histogram.percentile(0.9) == 0)
        histogram.add(1, weight: 0.1, at: day(0))
        #expect(!histogram.isEmpty)
        histogram.subtract(1, weight: 0.1, at: day(0))
        #expect(histogram.isEmpty && histogram.percentile(0.9) == 0)
        histogram.subtract(1, weight: 7, at: day(0))
        histogram.add(0.12, weight: 0.1, at: day(0))
        #expect(histogram.percentile(0.5) == ExponentialBuckets.cpu.start(of: 10))
    }

    @Test("a bucket below a ten-thousandth counts as empty")
    func epsilon() {
        var histogram = DecayingHistogram(.cpu)
        histogram.add(0.12, weight: 0.00009, at: day(0))
        #expect(histogram.isEmpty && histogram.percentile(0.9) == 0)
        histogram.add(4, weight: 1, at: day(0))
        #expect(histogram.percentile(0.00001) > 4)
        histogram.add(0.12, weight: 0.00001, at: day(0))
        #expect(histogram.percentile(0.00001) < 0.13)
    }

    @Test("a percentile is the end of its bucket, and in the last bucket its start")
    func lastBucket() {
        #expect(constant(1e9, .cpu).percentile(0.5) == ExponentialBuckets.cpu.start(of: 175))
        #expect(constant(0, .cpu).percentile(0.5) == 0.01)
    }

    @Test("a sample counts half for every day that it is older, also after the reference has moved")
    func renormalisation() throws {
        var histogram = DecayingHistogram(.cpu)
        histogram.add(5, weight: 1, at: day(0))
        histogram.add(1, weight: 1, at: day(99.5))
        let before = try #require(HistogramCheckpoint(histogram)).reference
        histogram.add(0.2, weight: 1, at: day(101))
        let after = try #require(HistogramCheckpoint(histogram))
        #expect(before == day(0) && after.reference == day(101))
        #expect(abs(after.totalWeight - (1 + 0.353553391)) < 1e-9)  // 2^-1.5
        // The newest has 1 / (1 + 2^-1.5) = 73.88 %.
        #expect(histogram.percentile(0.73) < 0.3 && histogram.percentile(0.75) > 1)
    }

    @Test("percentiles are those of the samples weighted by their age, and rise with the share")
    func random() {
        for seed in 0..<300 {
            var random = SeededRandom(seed: UInt64(seed))
            let days = Double.random(in: 1...400, using: &random)
            let samples = (0..<500).map { _ in
                (value: Double.random(in: 0.02...4, using: &random), age: Double.random(in: 0...days, using: &random))
            }
            var histogram = DecayingHistogram(.cpu)
            for sample in samples { histogram.add(sample.value, weight: 1, at: day(days - sample.age)) }
            var byBucket: [Int: Double] = [:]
            for sample in samples {
                byBucket[ExponentialBuckets.cpu.bucket(of: sample.value), default: 0] += exp2(-sample.age)
            }
            let total = byBucket.values.reduce(0, +)
            var before = 0.0
            for share in stride(from: 0.05, through: 0.98, by: 0.03) {
                let found = histogram.percentile(share)
                #expect(found >= before, "seed \(seed)")
                before = found
                // What lies below the bucket that was found is less than the share, and with it, it is enough.
                let bucket = (0..<176).first { ExponentialBuckets.cpu.start(of: $0 + 1) == found } ?? 175
                let below = byBucket.filter { $0.key < bucket }.values.reduce(0, +) / total
                let including = below + (byBucket[bucket] ?? 0) / total
                #expect(below < share + 1e-3 && including > share - 1e-3, "seed \(seed), share \(share)")
            }
        }
    }
}

struct HistogramCheckpointTests {
    private func histogram(_ seed: Int) -> DecayingHistogram {
        var random = SeededRandom(seed: UInt64(seed))
        var histogram = DecayingHistogram(.cpu)
        for _ in 0..<Int.random(in: 1...400, using: &random) {
            let value = Double.random(in: 0...1, using: &random)
            histogram.add(
                value * value * 20, weight: .random(in: 0.1...1, using: &random),
                at: day(.random(in: 0...20, using: &random)))
        }
        return histogram
    }

    @Test("a histogram whose weights are in whole proportion comes back with every percentile")
    func exact() throws {
        var original = DecayingHistogram(.memory)
        for (value, count) in [(3e8, 100), (5e8, 37), (7e9, 1), (2e7, 50)] {
            for _ in 0..<count { original.add(value, weight: 1, at: day(0.25)) }
        }
        let checkpoint = try #require(HistogramCheckpoint(original))
        #expect(checkpoint.bucketWeights.values.sorted() == [100, 3_700, 5_000, 10_000])
        let restored = try checkpoint.restored(.memory)
        for share in stride(from: 0.0005, through: 1, by: 0.001) {
            #expect(restored.percentile(share) == original.percentile(share), "share \(share)")
        }
    }

    @Test("what is stored, also as JSON, comes back the same however often, with the percentiles but for rounding")
    func random() throws {
        for seed in 0..<300 {
            let original = histogram(seed)
            let checkpoint = try #require(HistogramCheckpoint(original))
            let read = try HistogramCheckpoint(JSONValue(parsing: checkpoint.json.text()))
            #expect(read == checkpoint, "seed \(seed)")
            let restored = try read.restored(.cpu)
            #expect(HistogramCheckpoint(restored) == checkpoint, "seed \(seed)")
            let rounding = Double(checkpoint.bucketWeights.count) / 10_000
            for share in stride(from: 0.05, through: 0.95, by: 0.05) {
                let (found, low, high) = (
                    restored.percentile(share), original.percentile(share - rounding),
                    original.percentile(share + rounding)
                )
                #expect(low <= found && found <= high, "seed \(seed), share \(share)")
            }
        }
    }

    @Test("a restored histogram goes on as the original would")
    func goingOn() throws {
        var original = constant(0.12, .cpu)
        var restored = try #require(HistogramCheckpoint(original)).restored(.cpu)
        original.add(0.47, weight: 1, at: day(3))
        restored.add(0.47, weight: 1, at: day(3))
        #expect(restored == original)
    }

    @Test("an empty histogram has no checkpoint")
    func empty() {
        #expect(HistogramCheckpoint(DecayingHistogram(.cpu)) == nil)
    }

    @Test(
        "what is no checkpoint is refused by its field",
        arguments: [
            ("{}", "version: expected \"v3\", found nothing"),
            ("{\"version\": \"v2\"}", "version: expected \"v3\", found \"v2\""),
            ("{\"version\": \"v3\"}", "referenceTimestamp: expected a moment in RFC 3339, found nothing"),
            ("{\"totalWeight\": 0}", "totalWeight: expected a number above 0, found 0"),
            ("{\"bucketWeights\": {}}", "bucketWeights: expected an object with a bucket at least, found {}"),
            ("{\"bucketWeights\": {\"1\": 0}}", "bucketWeights.1: expected 1 to 10000 for a bucket's number, found 0"),
            (
                "{\"bucketWeights\": {\"x\": 1}}",
                "bucketWeights.x: expected 1 to 10000 for a bucket's number, found 1"
            ),
            ("{\"bucketWeights\": {\"176\": 1}}", "bucketWeights: expected buckets from 0 to 175, found 176"),
            ("{\"bucketWeights\": {\"-1\": 1}}", "bucketWeights: expected buckets from 0 to 175, found -1"),
        ])
    func refusals(change: String, expected: String) throws {
        var object: JSONObject = [
            "version": "v3", "referenceTimestamp": "2026-01-01T00:00:00Z", "bucketWeights": ["7": 10_000],
            "totalWeight": 2.5,
        ]
        _ = try HistogramCheckpoint(.object(object)).restored(.cpu)
        let changed = try #require(try JSONValue(parsing: change).objectValue)
        if changed.isEmpty || changed["version"] != nil { object = [:] }
        for (key, value) in changed { object[key] = value }
        let error = #expect(throws: CheckpointError.self) {
            try HistogramCheckpoint(.object(object)).restored(.cpu)
        }
        #expect(error?.description == "checkpoint: " + expected)
    }
}
