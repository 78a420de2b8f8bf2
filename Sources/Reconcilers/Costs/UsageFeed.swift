package import Base
package import CostSources
package import Costs
package import Store

/// Asks one cluster's source of usage again and again, and hands what is new to who charges and who sizes.
package struct UsageFeed: Sendable {
    let cluster: String
    let source: any UsageSource
    let workloads: WorkloadStore
    let interval: Duration
    let sinks: [any UsageSink]
    let metrics: UsageMetrics
    let logger: Logger
    let now: @Sendable () -> Timestamp
    let sleep: @Sendable (Duration) async throws -> Void

    /// What was measured before that says nothing of now.
    static let staleSeconds: Int64 = 300
    /// A cluster without metrics.k8s.io is asked again after so long: somebody may install it.
    static let absentInterval: Duration = .seconds(300)
    /// The same while the cluster is so new that nothing can be noted of it.
    static let unnotedInterval: Duration = .seconds(5)

    /// - Parameters:
    ///   - workloads: keeps how the source fares; fenced.
    ///   - interval: between two questions.
    package init(
        cluster: String, source: any UsageSource, workloads: WorkloadStore, interval: Duration,
        sinks: [any UsageSink], metrics: MetricsRegistry, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.cluster = cluster
        self.source = source
        self.workloads = workloads
        self.interval = interval
        self.sinks = sinks
        self.metrics = UsageMetrics(metrics)
        self.logger = logger.with(["cluster": .string(cluster), "source": .string(source.name)])
        self.now = now
        self.sleep = sleep
    }

    /// Asks until the task is cancelled.
    package func run() async {
        var machine = UsageFeedMachine()
        while !Task.isCancelled {
            let outcome = await ask(&machine)
            guard !Task.isCancelled else { break }
            tell(machine.note(outcome))
            let isAbsent = outcome.error?.code == .absent
            let pause = isAbsent ? max(interval, Self.absentInterval) : interval
            try? await sleep(await note(outcome) ? pause : min(pause, Self.unnotedInterval))
        }
        metrics.ended(cluster)
    }

    private func ask(_ machine: inout UsageFeedMachine) async -> UsageFeedMachine.Outcome {
        do throws(UsageError) {
            let reading = try await source.usage()
            let moment = now()
            let samples = machine.new(reading.samples, at: moment)
            for sink in sinks where !samples.isEmpty { await sink.use(samples, at: moment) }
            metrics.answered(cluster, source.name, pods: reading.samples.count, malformed: reading.malformed)
            return UsageFeedMachine.Outcome(reading, at: moment)
        } catch {
            metrics.failed(cluster, source.name, error)
            return UsageFeedMachine.Outcome(error: error)
        }
    }

    private func tell(_ change: UsageFeedMachine.Change?) {
        switch change {
        case nil: break
        case .answers(let pods): logger.info("usage is known", ["pods": .int(Int64(pods))])
        case .absent(let detail):
            logger.info(
                "the cluster has no metrics.k8s.io, so usage is not known; costs rest on requests",
                ["error": .string(detail)])
        case .fails(let detail): logger.warning("usage is not known now", ["error": .string(detail)])
        }
    }

    /// False when it is not stored.
    private func note(_ outcome: UsageFeedMachine.Outcome) async -> Bool {
        let state = UsageState(
            source: source.name, at: outcome.at, pods: Int64(outcome.pods), error: outcome.text)
        do {
            return try await workloads.note(usage: state, cluster: cluster)
        } catch {
            logger.warning("how usage fares was not noted", ["error": .string("\(error)")])
            return false
        }
    }
}

/// Decides what of an answer is new, and what is worth a word. Pure.
struct UsageFeedMachine {
    /// What asking came to.
    struct Outcome {
        var pods = 0
        /// When the answer came; nil: none did, or all of it is stale.
        var at: Timestamp?
        var error: UsageError?
        /// What is shown of it; nil when all is well.
        var text: String?

        init(error: UsageError) { (self.error, text) = (error, error.description) }

        init(_ reading: UsageReading, at moment: Timestamp) {
            pods = reading.samples.count
            let stale = reading.samples.count { UsageFeedMachine.isStale($0, at: moment) }
            if stale == pods, stale > 0 {
                text = "all samples are older than \(UsageFeed.staleSeconds) s: the source lags, or a clock is wrong"
            } else {
                at = moment
                var words = reading.warnings
                if reading.malformed > 0 { words.append("\(reading.malformed) rows could not be read") }
                text = words.isEmpty ? nil : words.joined(separator: "; ")
            }
        }
    }

    enum Change: Equatable {
        case answers(pods: Int)
        case absent(String)
        case fails(String)
    }

    private enum State: Equatable { case unknown, answers, absent, fails }

    private var state = State.unknown
    /// When each pod of the last answer was measured.
    private var seen: [ContainerHours.Pod: Timestamp] = [:]

    static func isStale(_ sample: UsageSample, at moment: Timestamp) -> Bool {
        sample.at <= moment.adding(seconds: -UsageFeed.staleSeconds)
    }

    /// The samples that are fresh and were not in the answer before.
    mutating func new(_ samples: [UsageSample], at moment: Timestamp) -> [PodUsage] {
        var next: [ContainerHours.Pod: Timestamp] = [:]
        next.reserveCapacity(samples.count)
        let new = samples.filter { sample in
            let pod = ContainerHours.Pod(namespace: sample.pod.namespace, name: sample.pod.pod)
            next[pod] = sample.at
            return !Self.isStale(sample, at: moment) && seen[pod] != sample.at
        }
        seen = next
        return new.map(\.pod)
    }

    /// What is to be told; nil when it is the same as before.
    mutating func note(_ outcome: Outcome) -> Change? {
        let before = state
        switch outcome.error?.code {
        case nil: state = outcome.at == nil ? .fails : .answers
        case .absent: state = .absent
        default: state = .fails
        }
        guard state != before else { return nil }
        switch state {
        case .answers: return .answers(pods: outcome.pods)
        case .absent: return .absent(outcome.text ?? "")
        case .fails: return .fails(outcome.text ?? "")
        case .unknown: return nil
        }
    }
}
