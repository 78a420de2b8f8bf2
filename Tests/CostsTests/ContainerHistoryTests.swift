import Base
import TestSupport
import Testing

@testable import Costs

@Suite("What is known of a container's usage")
struct ContainerHistoryTests {
    private static let start = Timestamp(seconds: 1_772_366_400)
    private static let mebibyte: Int64 = 1 << 20

    /// A history that was written and read again.
    private static func stored(_ history: ContainerHistory) throws -> ContainerHistory {
        try ContainerHistory(cpu: history.cpuCheckpoint, memory: history.memoryCheckpoint)
    }

    private static func target(_ history: ContainerHistory, containers: Int = 1) -> RequestedCapacity? {
        HistogramRecommender().recommend(
            cpu: history.cpu, memory: history.memory, confidence: history.span.confidence, containersInPod: containers
        )?.target
    }

    @Test("V1 of the reference, by batches that were stored between: 548 millicores")
    func cpu() throws {
        var history = ContainerHistory()
        for range in [0..<40, 40..<85, 85..<100] {
            var batch = UsageBatch()
            for sample in range {
                batch.add(
                    ContainerUsage(cpuMillicores: sample < 85 ? 120 : 470, memoryBytes: 500 * Self.mebibyte),
                    at: Self.start)
            }
            history.add(batch)
            history = try Self.stored(history)
        }
        #expect(Self.target(history)?.cpuMillicores == 548)
        #expect(history.span.count == 100)
    }

    @Test("V3 of the reference, with a sample an hour: 978,270,031 bytes")
    func memory() throws {
        var history = ContainerHistory()
        for hour in 0..<(8 * 24) {
            var batch = UsageBatch()
            let bytes = (hour < 7 * 24 ? 500 : hour == 7 * 24 + 3 ? 800 : 300) * Self.mebibyte
            batch.add(
                ContainerUsage(cpuMillicores: 100, memoryBytes: bytes),
                at: Self.start.adding(seconds: Int64(hour) * 3_600))
            history.add(batch)
            history = try Self.stored(history)
        }
        #expect(Self.target(history)?.memoryBytes == 978_270_031)
    }

    @Test(
        "V5 of the reference: the floor of a pod is divided by its containers",
        arguments: [(1, 25, 262_144_000), (2, 12, 131_072_000)] as [(Int, Int64, Int64)])
    func floor(containers: Int, cpu: Int64, memory: Int64) {
        var batch = UsageBatch()
        batch.add(ContainerUsage(cpuMillicores: 1, memoryBytes: 20 * Self.mebibyte), at: Self.start)
        var history = ContainerHistory()
        history.add(batch)
        #expect(
            Self.target(history, containers: containers)
                == RequestedCapacity(cpuMillicores: cpu, memoryBytes: memory))
    }

    @Test("a kill for lack of memory counts once, however often it is told, and is known for a day")
    func kills() throws {
        var history = ContainerHistory()
        for _ in 0..<3 {
            var batch = UsageBatch()
            batch.ranOutOfMemory(requested: 512 * Self.mebibyte, at: Self.start)
            batch.ranOutOfMemory(requested: 512 * Self.mebibyte, at: Self.start)
            history.add(batch)
            history = try Self.stored(history)
        }
        #expect(history.outOfMemoryKills(before: Self.start.adding(seconds: 86_399)) == 1)
        #expect(history.outOfMemoryKills(before: Self.start.adding(seconds: 86_400)) == 0)
        // V6: 614.4 MiB.
        #expect(history.memory.percentile(0.9) >= 644_245_094)
        history.forget(at: Self.start.adding(seconds: 86_400))
        #expect(history.memoryCheckpoint?["kills"] == [])
    }

    @Test("samples that waited in two batches are the same as in one", arguments: 0..<20 as Range<UInt64>)
    func merging(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var (whole, first, second) = (UsageBatch(), UsageBatch(), UsageBatch())
        for minute in 0..<600 {
            let moment = Self.start.adding(seconds: Int64(minute) * 60)
            let usage = ContainerUsage(
                cpuMillicores: Int64.random(in: 0...3_000, using: &random),
                memoryBytes: Int64.random(in: 0...(4_000 * Self.mebibyte), using: &random))
            whole.add(usage, at: moment)
            if minute < 250 { first.add(usage, at: moment) } else { second.add(usage, at: moment) }
        }
        first.add(second)
        var (left, right) = (ContainerHistory(), ContainerHistory())
        left.add(whole)
        right.add(first)
        for share in [0.1, 0.5, 0.9, 0.95] {
            #expect(left.cpu.percentile(share) == right.cpu.percentile(share))
            #expect(left.memory.percentile(share) == right.memory.percentile(share))
        }
        #expect(left.span == right.span)
        let (mine, theirs) = (try #require(left.averageUsage), try #require(right.averageUsage))
        #expect(abs(mine.cpuMillicores - theirs.cpuMillicores) <= 1)
    }

    @Test("a batch stays small however many samples it holds")
    func bounds() {
        var random = SeededRandom(seed: 7)
        var batch = UsageBatch()
        for minute in 0..<100_000 {
            let usage = ContainerUsage(
                cpuMillicores: Int64.random(in: 0...2_000_000, using: &random),
                memoryBytes: Int64.random(in: 0...(1 << 40), using: &random))
            batch.add(usage, at: Self.start.adding(seconds: Int64(minute) * 60))
        }
        #expect(batch.cpu.count <= 176 && batch.peaks.count <= 192)
        #expect(batch.span.count == 100_000)
    }

    @Test("an hour of two pods that use about the same waits in less than a kibibyte")
    func size() {
        var random = SeededRandom(seed: 8)
        var batch = UsageBatch()
        for minute in 0..<120 {
            let usage = ContainerUsage(
                cpuMillicores: Int64.random(in: 300...500, using: &random),
                memoryBytes: Int64.random(in: 400...500, using: &random) * Self.mebibyte)
            batch.add(usage, at: Self.start.adding(seconds: Int64(minute) * 30))
        }
        let bytes =
            MemoryLayout<UsageBatch>.stride + batch.cpu.capacity * MemoryLayout<UsageBatch.Bucket>.stride
            + batch.peaks.capacity * MemoryLayout<UsageBatch.Peak>.stride + 2 * 32
        #expect(bytes < 1_024, "\(bytes)")
    }

    @Test("the mean forgets by half each day, and a day without samples changes nothing")
    func mean() throws {
        var mean = DecayingMean()
        mean.add(100, at: Self.start)
        #expect(DecayingMean(mean.json).value == 100)
        mean.add(400, at: Self.start.adding(seconds: 86_400))
        // 100 counts a half, 400 a whole.
        #expect(abs((mean.value ?? 0) - 300) < 1e-9)
        var late = DecayingMean()
        late.add(400, at: Self.start.adding(seconds: 86_400))
        late.add(100, at: Self.start)
        #expect(abs((late.value ?? 0) - 300) < 1e-9)
        #expect(DecayingMean(["value": -1, "weight": 1, "at": "2026-01-01T00:00:00Z"]).value == nil)
    }

    @Test("how many pods ran at once follows from samples and time")
    func averagePods() {
        var batch = UsageBatch()
        // Six minutes of every hour, for ten hours.
        for hour in 0..<10 {
            for minute in 0..<6 {
                let moment = Self.start.adding(seconds: Int64(hour) * 3_600 + Int64(minute) * 60)
                batch.add(ContainerUsage(cpuMillicores: 100, memoryBytes: 1_000), at: moment)
            }
        }
        var history = ContainerHistory()
        history.add(batch)
        #expect(abs(history.averagePods - 60.0 / 545) < 1e-9)
        #expect(ContainerHistory().averagePods == 0)
    }

    @Test("a checkpoint that cannot be read is an error that names the field")
    func unreadable() {
        #expect(throws: CheckpointError.self) { try ContainerHistory(cpu: ["version": "v2"], memory: nil) }
        #expect(throws: Never.self) { try ContainerHistory(cpu: nil, memory: nil) }
    }
}
