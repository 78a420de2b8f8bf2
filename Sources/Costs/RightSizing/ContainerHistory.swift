package import Base

/// What is known of a container's usage, over all pods of its workload: a histogram of its CPU, one of its memory's peaks,
/// its means, when it was killed for lack of memory, and how much all of that rests on.
///
/// VPA takes the peak of every pod; here the highest of all pods in 24 hours is one sample. A workload of many pods must fit
/// the largest of them, and pods that live for minutes must not outweigh those that live for days.
package struct ContainerHistory: Sendable, Hashable {
    /// In cores.
    package private(set) var cpu = DecayingHistogram(.cpu)
    /// Peaks in bytes.
    package private(set) var memory = DecayingHistogram(.memory)
    /// When CPU was sampled, and how often.
    package private(set) var span = SampleSpan()
    private var peaks = MemoryPeaks()
    private var averageCPU = DecayingMean()
    private var averageMemory = DecayingMean()
    /// Of the last 24 hours before the latest batch.
    private var kills: [Timestamp] = []

    private static let killSeconds: Int64 = 86_400

    /// Nothing seen yet.
    package init() {}

    /// Counts what was seen since.
    package mutating func add(_ batch: UsageBatch) {
        if let reference = batch.reference {
            for sample in batch.cpuSamples { cpu.add(sample.cores, weight: sample.weight, at: reference) }
        }
        // In the order of time: what lies before the first interval of 24 hours would be too late for it.
        let new = batch.kills.filter { !kills.contains($0.at) }
        kills += new.map(\.at)
        let events = batch.peaks.map { ($0.at, $0.bytes, false) } + new.map { ($0.at, $0.requested, true) }
        for (moment, bytes, isKill) in events.sorted(by: { $0.0 < $1.0 }) {
            if isKill {
                peaks.ranOutOfMemory(requested: bytes, at: moment, into: &memory)
            } else {
                peaks.observe(bytes: bytes, at: moment, into: &memory)
            }
        }
        averageCPU.add(batch.averageCPU)
        averageMemory.add(batch.averageMemory)
        span.add(batch.span)
    }

    /// Forgets kills that are older than a day.
    package mutating func forget(at now: Timestamp) {
        kills.removeAll { $0 <= now.adding(seconds: -Self.killSeconds) }
    }

    /// Kills for lack of memory in the 24 hours before.
    package func outOfMemoryKills(before now: Timestamp) -> Int {
        kills.count { $0 > now.adding(seconds: -Self.killSeconds) }
    }

    /// What a pod uses on average; nil when CPU or memory is not known.
    package var averageUsage: RequestedCapacity? {
        guard let cores = averageCPU.value, let bytes = averageMemory.value else { return nil }
        return RequestedCapacity(
            cpuMillicores: Int64(min((cores * 1_000).rounded(), 1e15)), memoryBytes: Int64(min(bytes.rounded(), 1e18)))
    }

    /// How many pods ran at once on average since the first sample: a CronJob that runs for six minutes of the hour has 0.1.
    package var averagePods: Double {
        guard let first = span.first, let last = span.last else { return 0 }
        return Double(span.count) / max(last.secondsSince(first) / 60, 60)
    }
}

// As the database keeps it: a checkpoint of each histogram with what else is known of the resource.
extension ContainerHistory {
    /// Nil before the first sample.
    package var cpuCheckpoint: JSONValue? {
        HistogramCheckpoint(cpu)?.json.with([
            "first": Self.time(span.first), "last": Self.time(span.last), "samples": .int(span.count),
            "average": averageCPU.json,
        ])
    }

    /// Nil before the first sample.
    package var memoryCheckpoint: JSONValue? {
        HistogramCheckpoint(memory)?.json.with([
            "intervalEnd": Self.time(peaks.intervalEnd), "peak": .int(peaks.peak),
            "outOfMemoryPeak": .int(peaks.outOfMemoryPeak), "kills": .array(kills.map { .string($0.rfc3339) }),
            "average": averageMemory.json,
        ])
    }

    /// Reads what the two checkpoints wrote; nil stands for one that was never written.
    /// - Throws: `CheckpointError` naming the field that is not as expected.
    package init(cpu: JSONValue?, memory: JSONValue?) throws(CheckpointError) {
        if let cpu {
            self.cpu = try HistogramCheckpoint(cpu).restored(.cpu)
            span = SampleSpan(
                first: Self.time(cpu["first"]), last: Self.time(cpu["last"]), count: cpu["samples"]?.intValue ?? 0)
            averageCPU = DecayingMean(cpu["average"])
        }
        if let memory {
            self.memory = try HistogramCheckpoint(memory).restored(.memory)
            peaks = MemoryPeaks(
                intervalEnd: Self.time(memory["intervalEnd"]), peak: memory["peak"]?.intValue ?? 0,
                outOfMemoryPeak: memory["outOfMemoryPeak"]?.intValue ?? 0)
            kills = (memory["kills"]?.arrayValue ?? []).compactMap { Self.time($0) }
            averageMemory = DecayingMean(memory["average"])
        }
    }

    private static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.rfc3339) } ?? .null }

    private static func time(_ json: JSONValue?) -> Timestamp? {
        json?.stringValue.flatMap { Timestamp(rfc3339: $0) }
    }
}

extension JSONValue {
    /// The object with these members besides its own.
    fileprivate func with(_ more: JSONObject) -> JSONValue {
        guard case .object(var object) = self else { return self }
        for (name, value) in more { object[name] = value }
        return .object(object)
    }
}
