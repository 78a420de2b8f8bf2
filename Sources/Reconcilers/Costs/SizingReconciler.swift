package import Base
package import CostSources
package import Costs
internal import KubeClient
internal import Matching
package import Store

/// How containers are sized.
package struct SizingSettings: Sendable {
    /// Between two rounds.
    package var interval: Duration = .seconds(3_600)
    package var recommender = HistogramRecommender()

    package init() {}
}

/// Learns what the containers of one cluster use, and says what they should request.
///
/// Samples wait in small batches; once a round the histories of a few workloads at a time are read, go on, and are written
/// back with what follows from them. So a crash loses the samples of a round at most, and the memory holds no histories.
package actor SizingReconciler: UsageSink {
    let ownership: Ownership
    let store: SizingStore
    let past: PrometheusSource?
    let logger: Logger
    let now: @Sendable () -> Timestamp
    private let workloads: WorkloadStore
    private let isComplete: @Sendable () -> Bool
    private let advice: (Timestamp) -> SizingAdvice
    private let interval: Duration
    private let metrics: UsageMetrics
    private let sleep: @Sendable (Duration) async throws -> Void
    private var pending: [WorkloadKey: [String: UsageBatch]] = [:]
    /// True once the past has been read as far as there is one.
    var isBackfilled = false
    /// When KRR's figures were last computed for all; nil: not by this process.
    var krrAt: Timestamp?

    /// Workloads whose histories are in memory at once.
    static let slice = 100
    /// What is written at the end must not hold up who leads next.
    private static let farewell: Duration = .seconds(5)
    private static let day: Int64 = 86_400

    /// - Parameters:
    ///   - follower: whose caches say which containers there are.
    ///   - store: fenced.
    ///   - past: tells what was used before this program ran, what is throttled, and what KRR wants to know; nil: nobody.
    package init(
        following follower: ClusterFollower, store: Store, past: PrometheusSource?, prices: EstimatePrices,
        settings: SizingSettings, metrics: MetricsRegistry, logger: Logger
    ) {
        self.init(
            follower.caches.ownership, store: store, past: past,
            prices: SizingPrices(prices: prices, nodes: follower.caches.priced.nodes), settings: settings,
            metrics: metrics,
            logger: logger, isComplete: { [caches = follower.caches] in caches.isSynced })
    }

    init(
        _ ownership: Ownership, store: Store, past: PrometheusSource? = nil, prices: SizingPrices,
        settings: SizingSettings = SizingSettings(), metrics: MetricsRegistry = MetricsRegistry(), logger: Logger,
        isComplete: @escaping @Sendable () -> Bool = { true },
        now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.ownership = ownership
        self.store = store.sizing
        workloads = store.workloads
        self.past = past
        self.isComplete = isComplete
        self.now = now
        self.sleep = sleep
        interval = settings.interval
        advice = { SizingAdvice(recommender: settings.recommender, prices: prices, now: $0) }
        self.metrics = UsageMetrics(metrics)
        self.logger = logger.with(["controller": "sizing", "cluster": .string(ownership.cluster)])
    }

    nonisolated var cluster: String { ownership.cluster }

    /// Sizes until the task is cancelled; then it keeps what was learned since the last round.
    package func run() async {
        // The caches fill first, and what is known already is said again soon after a start.
        var wait = min(interval, .seconds(60))
        while (try? await sleep(wait)) != nil, !Task.isCancelled {
            let isDone = await size()
            wait = isDone ? interval : min(interval, .seconds(60))
        }
        await keep(until: .now + Self.farewell)
    }

    package func use(_ samples: [PodUsage], at moment: Timestamp) {
        for sample in samples {
            let name = ObjectKey(namespace: sample.namespace, name: sample.pod)
            guard let pod = ownership.pods.get(name), let key = ownership.workload(of: pod) else { continue }
            for container in pod.containers.resources {
                guard let usage = sample.containers[container.name] else { continue }
                pending[key, default: [:]][container.name, default: UsageBatch()].add(usage, at: moment)
            }
        }
        noteKills(at: moment)
    }

    /// Kills are read from the caches again and again, because a pod that was killed may be gone at the next round.
    private func noteKills(at moment: Timestamp) {
        for pod in ownership.pods.list() where pod.troubles != nil {
            let kills = pod.outOfMemoryKills(since: moment.adding(seconds: -Self.day))
            guard !kills.isEmpty, let key = ownership.workload(of: pod) else { continue }
            for kill in kills {
                let container = pod.containers.resources.first { $0.name == kill.container }
                pending[key, default: [:]][kill.container, default: UsageBatch()].ranOutOfMemory(
                    requested: container?.requests.memoryBytes ?? 0, at: kill.at)
            }
        }
    }

    /// One round.
    ///
    /// - Returns: false when something failed; what was not written waits.
    @discardableResult
    func size() async -> Bool {
        guard isComplete() else { return false }
        let moment = now()
        noteKills(at: moment)
        do {
            let ids = try await workloads.present(cluster: cluster)
            let survey = ownership.survey()
            if !isBackfilled {
                let isFilled = await backfill(survey, ids, at: moment)
                // Workloads that have no row yet come with the next round.
                isBackfilled = isFilled && survey.keys.allSatisfy { ids[$0] != nil }
            }
            let round = SizingRound(
                ids: ids, survey: survey, advice: advice(moment), throttled: await throttled(),
                asksKRR: await isKRRDue(at: moment))
            let keys = Set(survey.keys).union(pending.keys).filter { ids[$0] != nil }
                .sorted { ($0.namespace, $0.kind, $0.name) < ($1.namespace, $1.kind, $1.name) }
            var krr = KRRRound(asks: round.asksKRR)
            for start in stride(from: 0, to: keys.count, by: Self.slice) {
                try await write(Array(keys[start..<min(start + Self.slice, keys.count)]), round, &krr)
            }
            if krr.isComplete {
                try await store.complete(.krr, cluster: cluster, at: moment)
                krrAt = moment
            }
            try await store.removeGone(cluster: cluster)
            // What belongs to no workload by now never will.
            pending = pending.filter { ids[$0.key] != nil || survey[$0.key] != nil }
            metrics.sized(cluster, containers: survey.values.reduce(0) { $0 + $1.containers.count })
            return true
        } catch {
            metrics.sized(cluster, containers: nil)
            logger.warning("recommendations were not written and will be tried again", ["error": .string("\(error)")])
            return false
        }
    }

    private func write(_ keys: [WorkloadKey], _ round: SizingRound, _ krr: inout KRRRound) async throws {
        let batches = take(keys)
        do {
            var changes = try await changes(batches, keys, round)
            await askKRR(keys, round, changes.histories, &krr)
            changes.changes.recommendations += krr.take(round, changes.histories)
            try await store.write(changes.changes)
        } catch {
            putBack(batches)
            throw error
        }
    }

    /// Histories that go on by what waited, and what follows from them.
    private func changes(
        _ batches: [WorkloadKey: [String: UsageBatch]], _ keys: [WorkloadKey], _ round: SizingRound
    ) async throws -> (changes: SizingChanges, histories: [StoredContainer: ContainerHistory]) {
        var histories = try await histories(of: keys.compactMap { round.ids[$0] })
        var changes = SizingChanges()
        for key in keys {
            guard let id = round.ids[key] else { continue }
            for (name, batch) in batches[key] ?? [:] {
                // A container that the pods have no more is not learned about again.
                if let known = round.survey[key]?.containers, known[name] == nil { continue }
                let container = StoredContainer(workloadID: id, container: name)
                histories[container, default: ContainerHistory()].add(batch)
                histories[container]?.forget(at: round.advice.now)
                changes.histories[container] = histories[container]
            }
            guard let workload = round.survey[key] else { continue }
            changes.containers[id] = Set(workload.containers.keys)
            changes.recommendations += round.subjects(key, histories).map(round.advice.vpa)
        }
        return (changes, histories)
    }

    func histories(of ids: [Int]) async throws -> [StoredContainer: ContainerHistory] {
        let stored = try await store.histories(of: ids)
        for problem in stored.unreadable {
            logger.error("a history cannot be read and begins anew", ["error": .string(problem)])
        }
        return stored.histories
    }

    private func take(_ keys: [WorkloadKey]) -> [WorkloadKey: [String: UsageBatch]] {
        Dictionary(uniqueKeysWithValues: keys.compactMap { key in pending.removeValue(forKey: key).map { (key, $0) } })
    }

    private func putBack(_ batches: [WorkloadKey: [String: UsageBatch]]) {
        for (key, containers) in batches {
            for (name, batch) in containers {
                var whole = batch
                if let later = pending[key]?[name] { whole.add(later) }
                pending[key, default: [:]][name] = whole
            }
        }
    }

    /// Writes what waits, without saying what follows from it.
    private func keep(until deadline: ContinuousClock.Instant) async {
        guard !pending.isEmpty, let ids = try? await workloads.present(cluster: cluster) else { return }
        let keys = pending.keys.filter { ids[$0] != nil }
        let round = SizingRound(ids: ids, survey: [:], advice: advice(now()), throttled: [:], asksKRR: false)
        for start in stride(from: 0, to: keys.count, by: Self.slice) where ContinuousClock.now < deadline {
            var krr = KRRRound(asks: false)
            let slice = Array(keys[start..<min(start + Self.slice, keys.count)])
            do {
                try await write(slice, round, &krr)
            } catch {
                return logger.warning("usage of the last round was not kept", ["error": .string("\(error)")])
            }
        }
    }
}

/// What one round goes by.
struct SizingRound {
    let ids: [WorkloadKey: Int]
    let survey: [WorkloadKey: SizedWorkload]
    let advice: SizingAdvice
    /// Shares of periods, by pod and container; of containers above the threshold only.
    let throttled: [ContainerHours.Pod: [String: Double]]
    let asksKRR: Bool

    private static let jobKinds: Set<String> = ["Job", "CronJob"]

    /// The containers of a workload with what is known of them.
    func subjects(
        _ key: WorkloadKey, _ histories: [StoredContainer: ContainerHistory]
    ) -> [SizingAdvice.Subject] {
        guard let id = ids[key], let workload = survey[key] else { return [] }
        return workload.containers.sorted { $0.key < $1.key }.map { name, container in
            let stored = StoredContainer(workloadID: id, container: name)
            let shares = workload.pods.compactMap {
                throttled[ContainerHours.Pod(namespace: $0.namespace, name: $0.name)]?[name]
            }
            return SizingAdvice.Subject(
                id: stored, container: container, autoscaled: workload.autoscaled,
                isJob: Self.jobKinds.contains(key.kind), history: histories[stored] ?? ContainerHistory(),
                throttledShare: shares.max(), podsByNode: workload.podsByNode)
        }
    }
}
