import Base
import CostSources
import Costs
import Store
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers

@Suite("What of usage is new, and what is worth a word")
struct UsageFeedMachineTests {
    private static let now = Timestamp(seconds: 1_772_366_400)

    private static func sample(_ pod: String, secondsAgo: Int64) -> UsageSample {
        UsageSample(
            PodUsage(
                namespace: "shop", pod: pod,
                containers: ["main": ContainerUsage(cpuMillicores: 1, memoryBytes: 1)]),
            at: now.adding(seconds: -secondsAgo))
    }

    private static func reading(_ samples: [UsageSample], malformed: Int = 0, warnings: [String] = []) -> UsageReading {
        var reading = UsageReading()
        (reading.samples, reading.malformed, reading.warnings) = (samples, malformed, warnings)
        return reading
    }

    @Test("what was measured before and what is five minutes old is left out")
    func new() {
        var machine = UsageFeedMachine()
        let first = [
            Self.sample("a", secondsAgo: 30), Self.sample("b", secondsAgo: 299), Self.sample("c", secondsAgo: 300),
        ]
        #expect(machine.new(first, at: Self.now).map(\.pod) == ["a", "b"])
        let second = [Self.sample("a", secondsAgo: 30), Self.sample("b", secondsAgo: 10)]
        #expect(machine.new(second, at: Self.now).map(\.pod) == ["b"])
        #expect(machine.new(first, at: Self.now).map(\.pod) == ["b"])
    }

    @Test("each change is told once")
    func changes() {
        var machine = UsageFeedMachine()
        let absent = UsageFeedMachine.Outcome(error: UsageError(.absent, "404"))
        let good = UsageFeedMachine.Outcome(Self.reading([Self.sample("a", secondsAgo: 1)]), at: Self.now)
        let stale = UsageFeedMachine.Outcome(Self.reading([Self.sample("a", secondsAgo: 400)]), at: Self.now)
        #expect(machine.note(absent) == .absent("404"))
        #expect(machine.note(absent) == nil)
        #expect(machine.note(good) == .answers(pods: 1))
        #expect(machine.note(good) == nil)
        #expect(machine.note(stale) == .fails(stale.text ?? ""))
        #expect(stale.at == nil && stale.text?.contains("older than 300 s") == true)
        #expect(machine.note(UsageFeedMachine.Outcome(error: UsageError(.timeout, "late"))) == nil)
        #expect(machine.note(good) == .answers(pods: 1))
    }

    @Test("warnings and rows that cannot be read are shown, and a cluster without pods is no failure")
    func words() {
        let partial = UsageFeedMachine.Outcome(
            Self.reading([Self.sample("a", secondsAgo: 1)], malformed: 2, warnings: ["a store is missing"]),
            at: Self.now)
        #expect(partial.text == "a store is missing; 2 rows could not be read" && partial.at == Self.now)
        #expect(UsageFeedMachine.Outcome(Self.reading([]), at: Self.now).at == Self.now)
    }
}

@Suite("Asking for usage", .serialized, .enabled(if: TestDatabase.isAvailable))
struct UsageFeedTests {
    private final class Script: UsageSource, UsageSink {
        let name = "metrics.k8s.io"
        private let answers: Mutex<[Result<UsageReading, UsageError>]>
        private let taken = Mutex<[[String]]>([])

        init(_ answers: [Result<UsageReading, UsageError>]) { self.answers = Mutex(answers) }

        var used: [[String]] { taken.withLock { $0 } }

        func usage() async throws(UsageError) -> UsageReading {
            let next = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let next else { throw UsageError(.cancelled, "cancelled") }
            return try next.get()
        }

        func use(_ samples: [PodUsage], at moment: Timestamp) async {
            taken.withLock { $0.append(samples.map(\.pod)) }
        }
    }

    @Test("an absent source is asked again, how it fares is stored, and its answers are handed on")
    func feed() async throws {
        try await TestDatabase.withStore { store async throws in
            #expect(
                try await store.workloads.note(
                    usage: UsageState(source: "prometheus", at: nil, pods: 0, error: nil), cluster: "test") == false)
            try await store.workloads.note(cluster: "test", error: nil)
            let moment = Timestamp(seconds: 1_772_366_400)
            var reading = UsageReading()
            reading.samples = [UsageSample(PodUsage(namespace: "a", pod: "b", containers: [:]), at: moment)]
            let script = Script([.failure(UsageError(.absent, "404 page not found")), .success(reading)])
            let sleeps = Mutex<[Duration]>([])
            let states = Mutex<[UsageState?]>([])
            let feed = UsageFeed(
                cluster: "test", source: script, workloads: store.workloads, interval: .seconds(60), sinks: [script],
                metrics: MetricsRegistry(), logger: Logger("test") { _ in }, now: { moment }
            ) { duration in
                let state = try? await store.workloads.usageStates()["test"]
                states.withLock { $0.append(state) }
                sleeps.withLock { $0.append(duration) }
                if sleeps.withLock({ $0.count }) == 2 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            await Task { await feed.run() }.value
            #expect(sleeps.withLock { $0 } == [.seconds(300), .seconds(60)])
            #expect(script.used == [["b"]])
            let (first, second) = states.withLock { ($0[0], $0[1]) }
            #expect(first == UsageState(source: "metrics.k8s.io", at: nil, pods: 0, error: "404 page not found"))
            #expect(second == UsageState(source: "metrics.k8s.io", at: moment, pods: 1, error: nil))
        }
    }
}
