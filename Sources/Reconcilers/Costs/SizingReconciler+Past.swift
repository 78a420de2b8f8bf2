internal import Base
internal import CostSources
internal import Costs
internal import KubeClient
internal import Matching
internal import Store

// What Prometheus knows beyond the usage of this moment.
extension SizingReconciler {
    /// VPA's window.
    private static var pastSeconds: Int64 { 8 * 86_400 }
    /// A shorter gap is not worth a question.
    private static var gapSeconds: Int64 { 2 * 3_600 }

    /// The containers that their CPU limit slows down. None when Prometheus is not there or does not answer.
    func throttled() async -> [ContainerHours.Pod: [String: Double]] {
        guard let past else { return [:] }
        do throws(UsageError) {
            return try await past.throttled(from: SizingThresholds().throttled)
        } catch {
            logger.warning("what is throttled is not known", ["error": .string(error.description)])
            return [:]
        }
    }

    /// Fills the histories with the hours of the last eight days in which nobody listened, namespace by namespace. One that
    /// cannot be had holds up no other.
    ///
    /// - Returns: false when something is to be tried again.
    func backfill(
        _ survey: [WorkloadKey: SizedWorkload], _ ids: [WorkloadKey: Int], at moment: Timestamp
    ) async -> Bool {
        guard let past else { return true }
        let namespaces = Dictionary(grouping: survey.keys.filter { ids[$0] != nil }, by: \.namespace)
        var isComplete = true
        for (namespace, keys) in namespaces.sorted(by: { $0.key < $1.key }) where !Task.isCancelled {
            do {
                try await backfill(keys, of: namespace, survey, ids, from: past, at: moment)
            } catch {
                // What is too large for an answer now will not be smaller later.
                let isForGood = (error as? UsageError)?.code == .tooLarge
                if !isForGood { isComplete = false }
                logger.warning(
                    isForGood
                        ? "past usage of a namespace is left out"
                        : "past usage is not known yet and will be asked for again",
                    ["namespace": .string(namespace), "error": .string("\(error)")])
            }
        }
        return isComplete
    }

    /// Prometheus is asked for each day once; histories are read and written some at a time.
    private func backfill(
        _ keys: [WorkloadKey], of namespace: String, _ survey: [WorkloadKey: SizedWorkload],
        _ ids: [WorkloadKey: Int], from past: PrometheusSource, at moment: Timestamp
    ) async throws {
        let slices = stride(from: 0, to: keys.count, by: Self.slice).map {
            keys[$0..<min($0 + Self.slice, keys.count)].compactMap { ids[$0] }
        }
        var known: [StoredContainer: Timestamp] = [:]
        for slice in slices { known.merge(try await histories(of: slice).compactMapValues(\.span.last)) { $1 } }
        let begin = moment.adding(seconds: -Self.pastSeconds).startOfHour
        var wanted: [WorkloadKey: [String: Timestamp]] = [:]
        for key in keys {
            for name in survey[key]?.containers.keys ?? [:].keys {
                let from = max(known[StoredContainer(workloadID: ids[key] ?? 0, container: name)] ?? begin, begin)
                if moment.secondsSince(from) > Double(Self.gapSeconds) { wanted[key, default: [:]][name] = from }
            }
        }
        let batches = try await batches(of: namespace, wanted, ids, from: past, at: moment)
        for slice in slices { try await add(batches, to: slice) }
    }

    /// What the containers that want it used since.
    private func batches(
        of namespace: String, _ wanted: [WorkloadKey: [String: Timestamp]], _ ids: [WorkloadKey: Int],
        from past: PrometheusSource, at moment: Timestamp
    ) async throws(UsageError) -> [StoredContainer: UsageBatch] {
        guard var from = wanted.values.flatMap(\.values).min()?.startOfHour else { return [:] }
        var batches: [StoredContainer: UsageBatch] = [:]
        var length: Int64 = 86_400
        while case let to = min(from.adding(seconds: length), moment.startOfHour), to > from {
            let found: [ContainerHours]
            do throws(UsageError) {
                found = try await past.hours(namespace: namespace, from: from, to: to)
            } catch {
                guard error.code == .tooLarge, length > 3_600 else { throw error }
                length = max(length / 4 / 3_600, 1) * 3_600
                continue
            }
            for hours in found {
                let pod = ObjectKey(namespace: hours.pod.namespace, name: hours.pod.name)
                guard let key = ownership.workload(ofPodNamed: pod), let since = wanted[key]?[hours.container],
                    let id = ids[key]
                else { continue }
                let stored = StoredContainer(workloadID: id, container: hours.container)
                batches[stored, default: UsageBatch()].add(hours, since: since)
            }
            from = to
        }
        return batches
    }

    private func add(_ batches: [StoredContainer: UsageBatch], to workloads: [Int]) async throws {
        let concerned = Set(workloads)
        let some = batches.filter { concerned.contains($0.key.workloadID) }
        guard !some.isEmpty else { return }
        var histories = try await histories(of: workloads)
        var changes = SizingChanges()
        for (stored, batch) in some {
            histories[stored, default: ContainerHistory()].add(batch)
            changes.histories[stored] = histories[stored]
        }
        try await store.write(changes)
    }
}

// MARK: KRR

/// What a round learns for KRR's strategy.
struct KRRRound {
    /// False from the first failure on: the rest waits for the next round.
    fileprivate(set) var asks: Bool
    private let began: Bool
    fileprivate var usage: [WorkloadKey: [String: [KRRPodUsage]]] = [:]

    init(asks: Bool) { (self.asks, began) = (asks, asks) }

    /// Whether all that was asked was answered.
    var isComplete: Bool { began && asks }

    /// What follows from what was learned since.
    mutating func take(
        _ round: SizingRound, _ histories: [StoredContainer: ContainerHistory]
    ) -> [Recommendation] {
        defer { usage = [:] }
        return usage.flatMap { key, containers in
            round.subjects(key, histories).compactMap { subject in
                containers[subject.id.container].map { round.advice.krr(subject, pods: $0) }
            }
        }
    }
}

extension SizingReconciler {
    /// KRR reads 14 days in steps of 75 seconds, which is much; once a day is enough for what changes so slowly.
    private static var krrSeconds: Int64 { 86_400 }
    private static var krrPods: Int { 50 }

    func isKRRDue(at moment: Timestamp) async -> Bool {
        guard past != nil else { return false }
        if krrAt == nil { krrAt = try? await store.completedAt(.krr, cluster: cluster) }
        return krrAt.map { moment >= $0.adding(seconds: Self.krrSeconds) } ?? true
    }

    func askKRR(
        _ keys: [WorkloadKey], _ round: SizingRound, _ histories: [StoredContainer: ContainerHistory],
        _ krr: inout KRRRound
    ) async {
        guard krr.asks, let past else { return }
        let pods = keys.flatMap { key in (round.survey[key]?.pods ?? []).map { (key, $0) } }
        do throws(UsageError) {
            for (namespace, pods) in Dictionary(grouping: pods, by: \.1.namespace) {
                for start in stride(from: 0, to: pods.count, by: Self.krrPods) {
                    let some = pods[start..<min(start + Self.krrPods, pods.count)]
                    let usage = try await past.krrUsage(namespace: namespace, pods: some.map(\.1.name))
                    for (key, pod) in some {
                        let found = usage[ContainerHours.Pod(namespace: pod.namespace, name: pod.name)] ?? [:]
                        for (name, one) in found { krr.usage[key, default: [:]][name, default: []].append(one) }
                    }
                }
            }
        } catch {
            krr.asks = false
            logger.warning("KRR's figures are not known now", ["error": .string(error.description)])
        }
    }
}

extension UsageBatch {
    /// Counts the hours that began at or after a moment.
    fileprivate mutating func add(_ hours: ContainerHours, since: Timestamp) {
        let first = since.adding(seconds: 3_600)
        for point in hours.cores where point.at >= first {
            addCPU(cores: point.value, samples: Self.samplesPerHour, at: point.at)
        }
        for point in hours.bytes where point.at >= first {
            addMemory(bytes: Int64(min(max(point.value, 0), 1e18)), samples: Self.samplesPerHour, at: point.at)
        }
    }

    /// An hour counts as much as the minutes that would have been sampled.
    private static var samplesPerHour: Int64 { 60 }
}
