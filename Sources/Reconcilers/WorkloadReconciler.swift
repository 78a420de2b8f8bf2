package import Base
package import Costs
internal import KubeClient
package import Matching
package import Store

/// Brings the stored workloads of one cluster, their links to entities and their costs in line with its caches.
///
/// Level-triggered: a key says only that something may have changed; what is written is read from the caches and from the
/// match index at that moment.
package actor WorkloadReconciler {
    let store: Store
    let costInterval: Duration
    let logger: Logger
    private let metrics: ReconcilerMetrics
    private let cacheMetrics: CacheMetrics
    let now: @Sendable () -> Timestamp
    private let queue: WorkQueue<WorkloadKey>
    nonisolated let follower: ClusterFollower

    private var index = MatchIndex()
    /// Row ids of the workloads that are stored as present.
    private(set) var ids: [WorkloadKey: Int] = [:]
    /// What is counted for the costs.
    var books: CostBooks
    /// Nil: nobody is told.
    private var overlaps: Overlaps?
    /// Opened by the first claims. What is written without them would end the links that are stored.
    private let claimed = Gate()
    /// True once everything that the first lists brought has been written.
    package private(set) var isCaughtUp = false

    /// Writes are at least so far apart, so that a burst of events makes one of them (design §4: 100–250 ms or 1,000 rows;
    /// shorter here, because a write takes a few milliseconds and people wait for its effect).
    private static let pace: Duration = .milliseconds(50)
    private static let maximumBatch = 1_000
    private static let databaseRetry: Duration = .seconds(1)

    /// - Parameters:
    ///   - follower: whose caches are reconciled. They are to be run by the caller, and may have been for long.
    ///   - events: told of what the owners of workloads must know.
    ///   - store: fenced, so that it writes only as long as this process leads.
    ///   - costInterval: how often the costs of the running hour are written.
    ///   - now: the time of day.
    package init(
        following follower: ClusterFollower, store: Store, events: (any EventSink)? = nil, prices: EstimatePrices,
        costInterval: Duration, metrics: MetricsRegistry, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.follower = follower
        self.store = store
        self.costInterval = costInterval
        self.logger = logger.with(["controller": "workload", "cluster": .string(follower.cluster)])
        self.metrics = ReconcilerMetrics(metrics, controller: "workload")
        cacheMetrics = CacheMetrics(metrics)
        queue = WorkQueue<WorkloadKey>(
            metrics: WorkQueueMetrics(metrics, controller: "workload", name: "workload-\(follower.cluster)"))
        self.now = now
        books = CostBooks(cluster: follower.cluster, prices: prices)
        overlaps = events.map { Overlaps($0) }
    }

    /// The cluster's configured name.
    nonisolated var cluster: String { follower.cluster }
    nonisolated var caches: ClusterCaches { follower.caches }

    /// Reconciles until the task is cancelled.
    package func run() async {
        follower.tell { [queue] key, origin in queue.add(key, origin == .list ? .low : .high) }
        defer {
            follower.tell(nil)
            cacheMetrics.ended(follower)
        }
        await withTaskGroup { group in
            group.addTask { await self.reconcile() }
            group.addTask { await self.writeCosts() }
            group.addTask { await self.reportState() }
        }
    }

    /// Entities whose claim on workloads changed, by ref; nil: the entity claims nothing any more. Nothing is written before
    /// the first call, which comes from `claimsReplaced`.
    package func claimsChanged(_ claims: [String: EntitySelector?]) {
        for (ref, selector) in claims {
            let changes = selector.map { index.upsert($0) } ?? index.remove(entityRef: ref)
            // Before the caches are complete nothing is written; then every workload is.
            for key in changes.touched.keys { queue.add(key) }
        }
        claimed.open()
    }

    /// All claims there are: what else the index holds is gone.
    package func claimsReplaced(by claims: [String: EntitySelector]) {
        var changes: [String: EntitySelector?] = claims.mapValues { .some($0) }
        for ref in index.entityRefs where claims[ref] == nil { changes[ref] = .some(nil) }
        claimsChanged(changes)
    }

    private func reconcile() async {
        await prepare()
        guard await claimed.wait() else { return }
        guard await caches.waitUntilSynced(deadline: .now + .seconds(365 * 86_400)) else { return }
        // At once: should the cluster go out of reach now, it is known to have been there.
        await noteState()
        // Before the workloads, which are charged what their nodes cost.
        for key in caches.priced.all(cluster: cluster) { _ = observe(key, at: now()) }
        // What is stored and not in the caches was deleted while nobody watched.
        var first = caches.ownership.all().union(ids.keys)
        queue.add(first, .low)
        while !Task.isCancelled {
            // The queue of a busy cluster may never be empty, so the first keys are counted off.
            if !isCaughtUp, first.isEmpty {
                isCaughtUp = true
                logger.info("caught up with the cluster", ["workloads": .int(Int64(ids.count))])
            }
            guard let keys = await queue.nextBatch(maximum: Self.maximumBatch) else { return }
            // What fails here is the database, for all keys alike; a wait that grew with each failure would only delay
            // the moment when it is back.
            if await process(keys) {
                first.subtract(keys)
            } else {
                for key in keys { queue.retry(key, after: Self.databaseRetry) }
            }
            queue.done(keys)
            if isCaughtUp { try? await Task.sleep(for: Self.pace) }
        }
    }

    /// Reads what an earlier run stored. Tries until the database answers.
    private func prepare() async {
        while !Task.isCancelled {
            do {
                let present = try await store.workloads.present(cluster: caches.cluster)
                let stored = try await store.costs.hours(now().startOfHour, cluster: caches.cluster)
                for (key, id) in present { ids[key] = id }
                resume(stored)
                return
            } catch {
                logger.warning("cannot read the stored workloads yet", ["error": .string("\(error)")])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func process(_ keys: [WorkloadKey]) async -> Bool {
        let started = ContinuousClock.now
        metrics.started()
        let moment = now()
        var observed: [WorkloadKey: ObservedWorkload] = [:]
        // Also those without a known row: the answer to the write that made one may have been lost.
        var gone: [WorkloadKey] = []
        for key in keys {
            if key.isRemainder {
                queue.add(observe(key, at: moment), .low)
                continue
            }
            let changes: MatchChanges
            switch caches.observe(key, at: moment) {
            case .present(let workload):
                observed[key] = workload
                changes = index.upsert(workload.workload)
                if let change = workload.nextChange { queue.add(key, after: .seconds(change.secondsSince(moment))) }
            case .gone:
                gone.append(key)
                changes = index.remove(key)
            case .unknown: continue
            }
            // A workload's links change with the workload alone, so nothing else is touched.
            assert(changes.touched.keys.allSatisfy { $0 == key })
        }
        let holdings = observed.mapValues(holding)
        measure(holdings, gone, at: moment)
        do {
            let records = observed.values.map(record)
            let written = try await write(records, gone)
            let new = observed.filter { ids[$0.key] == nil }
            for key in new.keys { ids[key] = written[key] }
            measure(holdings.filter { new[$0.key] != nil }, [], at: moment)
            for key in gone { ids[key] = nil }
            tellOverlaps(observed, gone)
            let isRequeued = observed.values.contains { $0.nextChange != nil }
            metrics.finished(isRequeued ? .requeueAfter : .success, after: ContinuousClock.now - started)
            return true
        } catch {
            metrics.finished(.error, after: ContinuousClock.now - started)
            logger.warning(
                "workloads were not written and will be tried again",
                ["workloads": .int(Int64(keys.count)), "error": .string("\(error)")])
            return false
        }
    }

    private func tellOverlaps(_ observed: [WorkloadKey: ObservedWorkload], _ gone: [WorkloadKey]) {
        for (key, observed) in observed {
            overlaps?.observe(
                observed.workload, caches.ownership.reference(to: observed.workload), index.links(of: key))
        }
        for key in gone { overlaps?.remove(key) }
    }

    /// Writes a batch; when the database refuses it, its halves, so that one row that it cannot hold does not hold up the
    /// others. What is refused alone is left out until it changes.
    private func write(_ present: [WorkloadRecord], _ gone: [WorkloadKey]) async throws -> [WorkloadKey: Int] {
        do {
            let seen = CacheVersions(cluster: cluster, versions: caches.versions)
            let new = present.map(\.workload.key).filter { ids[$0] == nil }
            return try await store.workloads.write(present: present, gone: gone, seen: seen, idsOf: new)
        } catch let error as StoreError where error.code == .statement {
            guard present.count + gone.count > 1 else {
                let key = present.first?.workload.key ?? gone.first
                metrics.failedForGood()
                logger.error(
                    "a workload cannot be stored",
                    ["workload": .string(key?.description ?? ""), "error": .string(error.description)])
                return [:]
            }
            let (half, rest) = ((present.count + 1) / 2, gone.count / 2)
            let first = try await write(Array(present[..<half]), Array(gone[..<rest]))
            let second = try await write(Array(present[half...]), Array(gone[rest...]))
            return first.merging(second) { $1 }
        }
    }

    private func record(_ observed: ObservedWorkload) -> WorkloadRecord {
        let workload = observed.workload
        // The run rate is of requests: what happens to be used at the moment says little about the next month.
        let rate = books.meter.hourlyRate(of: observed.holding(UsageBook(), [])).capped
        return WorkloadRecord(
            workload: workload, cpuHourlyCost: rate.cpu.nanoDollars, memoryHourlyCost: rate.memory.nanoDollars,
            createdAt: observed.createdAt, links: index.links(of: workload.key))
    }

    /// Notes every 10 s how fresh the caches are.
    private func reportState() async {
        while !Task.isCancelled {
            let isSynced = caches.isSynced
            await noteState()
            cacheMetrics.observe(follower, residualSelectors: index.residualCount)
            try? await Task.sleep(for: isSynced ? .seconds(10) : .seconds(1))
        }
        try? await store.workloads.leave(cluster: cluster)
    }

    private func noteState() async {
        let error = caches.error ?? (caches.isSynced ? nil : "the first lists are not complete yet")
        do {
            let isNew = try await store.workloads.note(cluster: cluster, error: error, warning: caches.warning)
            // A replica that did not know the cluster has ended what was stored of it.
            guard isNew, isCaughtUp else { return }
            queue.add(caches.ownership.all().union(ids.keys), .low)
            books.pricing.isForgotten()
        } catch {
            logger.warning("the cluster's state was not noted", ["error": .string("\(error)")])
        }
    }
}
