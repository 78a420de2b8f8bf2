internal import Base
internal import CostSources
internal import Costs
internal import KubeClient
internal import Matching
internal import Store

/// Estimates what the workloads of one cluster cost before Callboard's first metered hour, from what Prometheus remembers of
/// kube-state-metrics and the kubelets, at the prices of now. The latest hours come first; each is written with how far it
/// went, so that whoever leads next goes on from there.
struct CostBackfill: Sendable {
    let cluster: String
    let past: PrometheusSource
    let store: CostStore
    let prices: EstimatePrices
    /// How far back it goes from the first metered hour.
    let days: Int64
    let metrics: BackfillMetrics
    let logger: Logger
    /// What of a node is known now.
    let present: @Sendable (_ node: String) -> NodeFacts?
    /// Whether all workloads that there are have rows.
    let isReady: @Sendable () -> Bool
    let sleep: @Sendable (Duration) async throws -> Void

    /// What a step came to.
    enum Outcome: Equatable {
        /// Nothing was metered yet, or the caches are not full.
        case waiting
        case filled
        case failed
        /// There is nothing more to fill.
        case done
    }

    /// Hours that are asked for and held in memory at once.
    private static let hoursAtOnce = 6
    /// Pods that are asked for at once; a larger namespace is asked for by itself.
    private static let podsAtOnce = 500
    /// Between two steps, for the sake of Prometheus.
    private static let pause: Duration = .seconds(1)

    /// Fills in what there is to fill and ends.
    ///
    /// - Parameter delay: before the first step, and while there is nothing metered.
    func run(delay: Duration) async {
        var backoff = Backoff(initial: .seconds(30), factor: 2, maximum: .seconds(3_600), jitter: 0.2)
        var wait = delay
        var hours = Self.hoursAtOnce
        while (try? await sleep(wait)) != nil, !Task.isCancelled {
            var generator = SystemRandomNumberGenerator()
            switch await step(hours: &hours) {
            case .done: return
            case .waiting: wait = delay
            case .failed: wait = backoff.next(using: &generator)
            case .filled:
                backoff.reset()
                wait = Self.pause
            }
        }
        metrics.ended(cluster)
    }

    /// Fills some hours.
    ///
    /// - Parameter hours: at most; fewer from the first answer on that was too large or came too late.
    func step(hours: inout Int) async -> Outcome {
        guard isReady() else { return .waiting }
        do {
            guard let state = try await store.backfillState(cluster: cluster) else { return .waiting }
            let left = state.hoursLeft(days: days, keptFrom: try await store.keptFrom())
            metrics.left(cluster, left)
            guard left > 0 else { return .done }
            let count = min(left, hours)
            try await fill(count, hours, before: state)
            if left == count {
                metrics.left(cluster, 0)
                logger.info("costs before the first metered hour are estimated as far as they can be")
            }
            return .filled
        } catch let error as UsageError where (error.code == .tooLarge || error.code == .timeout) && hours > 1 {
            hours /= 2
            return .filled
        } catch {
            if !Task.isCancelled {
                logger.warning(
                    "past costs are not known yet and will be asked for again", ["error": .string("\(error)")])
            }
            return .failed
        }
    }

    /// - Parameter most: hours that may be asked for. The answer for one hour alone cannot become smaller: if it is too large,
    ///   nothing will be known of that hour.
    private func fill(_ count: Int, _ most: Int, before state: CostBackfillState) async throws {
        let from = state.filledFrom.adding(seconds: -Int64(count) * 3_600)
        let hours: [PastHour]
        do {
            hours = try await read(past.past(from: from, hours: count), from: from, count)
        } catch let error as UsageError where error.code == .tooLarge && most == 1 {
            logger.warning(
                "costs of an hour stay unknown: the answer is too large",
                ["hour": .string(from.rfc3339), "error": .string("\(error)")])
            return try await write([PastHour(from)], before: state)
        }
        if hours.allSatisfy({ $0.nodes.isEmpty }) { try await checkReach(state) }
        try await write(hours, before: state)
    }

    private func write(_ hours: [PastHour], before: CostBackfillState) async throws {
        var state = before
        for hour in hours.reversed() {
            state.filledFrom = hour.hour
            let metered = hour.metered(list: prices.unknownNode, attached: prices.attached)
            try await store.write(backfilled: try await rows(metered), state, cluster: cluster)
            metrics.filled(cluster, isEmpty: metered.isEmpty)
        }
    }

    /// Without any node of the whole reach it is likelier that Prometheus is asked for the wrong cluster, or does not have the
    /// series yet, than that there was none.
    private func checkReach(_ state: CostBackfillState) async throws {
        let from = state.meteredFrom.adding(seconds: -days * 86_400)
        guard try await past.past(from: from, hours: Int(days) * 24).hadNodes() else {
            throw UsageError(
                .refused, "Prometheus has no kube_node_status_capacity of this cluster in the \(days) days before")
        }
    }

    private func rows(_ hours: [MeteredHour]) async throws -> [HourlyCost] {
        var rows = CostRows(cluster: cluster)
        let missing = rows.missing(for: hours)
        if !missing.isEmpty { rows.add(try await store.remainders(missing)) }
        return rows.rows(hours).map(\.hourly)
    }

    /// The hours, the first one first. Those of which there is no node are empty.
    private func read(_ past: PrometheusPast, from: Timestamp, _ count: Int) async throws -> [PastHour] {
        let moments = (0..<count).map { from.adding(seconds: Int64($0) * 3_600) }
        let nodes = try await past.nodes()
        guard !nodes.isEmpty else { return moments.map { PastHour($0) } }
        let exported = try await store.exportedPrices(cluster: cluster)
        let present: @Sendable (String) -> NodeFacts? = { [present] name in
            var facts = present(name)
            facts?.exported = exported[name]
            return facts
        }
        var attribution = PastAttribution(
            cluster: cluster, workloads: try await store.knownWorkloads(cluster: cluster), prices: prices,
            present: present)
        if nodes.values.contains(where: { $0.keys.contains { present($0) == nil } }) {
            attribution.labels = try await past.nodeLabels()
        }
        var hours = Dictionary(
            uniqueKeysWithValues: nodes.map { moment, nodes in
                (moment, attribution.hour(moment, ClusterPast(nodes: nodes), PastRelations()))
            })
        let namespaces = try await past.namespaces()
        for some in Self.slices(namespaces) {
            let relations = try await past.relations(some)
            for (moment, facts) in try await past.facts(some) where nodes[moment] != nil {
                hours[moment]?.add(attribution.hour(moment, facts, relations))
            }
        }
        guard namespaces.values.allSatisfy({ $0 == 0 }) || hours.values.contains(where: { !$0.pods.isEmpty }) else {
            throw UsageError(.refused, "Prometheus has kube_pod_info and no kube_pod_status_phase of the same pods")
        }
        return moments.map { hours[$0] ?? PastHour($0) }
    }

    /// Namespaces that are asked for together.
    static func slices(_ pods: [String: Int]) -> [[String]] {
        var slices: [[String]] = []
        var size = 0
        for (name, count) in pods.sorted(by: { $0.key < $1.key }) {
            // Also names without pods make an expression longer.
            let weight = max(count, 1)
            if slices.isEmpty || size + weight > podsAtOnce {
                slices.append([])
                size = 0
            }
            slices[slices.count - 1].append(name)
            size += weight
        }
        return slices
    }
}

extension CostBackfillState {
    /// Hours between what is filled and the earliest that is wanted and kept.
    func hoursLeft(days: Int64, keptFrom: Timestamp) -> Int {
        let wanted = max(meteredFrom.adding(seconds: -days * 86_400), keptFrom).startOfHour
        return Int(max((filledFrom.microseconds - wanted.microseconds) / 3_600_000_000, 0))
    }
}

/// What is counted of the past.
struct BackfillMetrics: Sendable {
    private let hours: Counter
    private let left: Gauge

    init(_ registry: MetricsRegistry) {
        hours = registry.counter(
            "callboard_cost_backfill_hours_total", help: "Hours before the first metered one that were asked for.",
            labels: ["cluster", "result"])
        left = registry.gauge(
            "callboard_cost_backfill_hours_left", help: "Hours before the first metered one that are to be asked for.",
            labels: ["cluster"])
    }

    func filled(_ cluster: String, isEmpty: Bool) { hours.increment([cluster, isEmpty ? "unknown" : "estimated"]) }

    func left(_ cluster: String, _ count: Int) { left.set(Double(count), [cluster]) }

    func ended(_ cluster: String) { left.remove([cluster]) }
}

extension UsageSettings {
    /// Fills in the past of a cluster, if that is wanted and there is somebody who remembers it.
    func backfill(
        _ follower: ClusterFollower, _ past: PrometheusSource?, store: Store, prices: EstimatePrices,
        metrics: MetricsRegistry, logger: Logger
    ) async {
        guard let past, backfillDays > 0 else { return }
        let caches = follower.caches
        let backfill = CostBackfill(
            cluster: follower.cluster, past: past, store: store.costs, prices: prices, days: backfillDays,
            metrics: BackfillMetrics(metrics),
            logger: logger.with(["controller": "backfill", "cluster": .string(follower.cluster)]),
            present: { caches.priced.nodes.get(ObjectKey(name: $0)).map { NodeFacts($0) } },
            isReady: { caches.isSynced }, sleep: { try await Task.sleep(for: $0) })
        // What there is now shall have its rows and owners first.
        await backfill.run(delay: min(interval, .seconds(60)))
    }
}
