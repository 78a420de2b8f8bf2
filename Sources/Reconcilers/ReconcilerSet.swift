package import Base
package import CatalogSources
package import Costs
package import KubeClient
package import Store

/// The reconcilers of one process: those of the shards that it leads at the moment.
package actor ReconcilerSet {
    /// How a shard's reconciler fares, for readiness.
    package struct State: Sendable {
        package let shard: Shard
        /// Whether its first lists are complete; true for the catalog.
        package let isSynced: Bool
        /// What keeps it from following its source, in words that name no host; nil when nothing does.
        package let error: String?
        /// Whether all that was there at the start is written.
        package let isCaughtUp: Bool
    }

    private let directory: ClusterDirectory
    private let feed: CatalogFeed
    private let requests: CatalogFeed
    private let customWorkloads: [CustomWorkload]
    private let retired: RetiredClusters
    private let isWarmStandby: Bool
    private let prices: EstimatePrices
    private let costInterval: Duration
    private let metrics: MetricsRegistry
    private let logger: Logger
    private let makeRecorder: @Sendable (KubernetesClient) -> EventRecorder?
    private let home: KubernetesClient
    private let processing: CatalogProcessing
    private let makeSources: @Sendable (Store) -> [any CatalogSource]
    private let makeChangingSources: @Sendable (Store) -> (any ChangingSources)?
    private let makeCostLoops: @Sendable (Store) -> [any CostLoop]
    private let usage: UsageSettings?
    private var catalog: CatalogReconciler?
    /// By cluster.
    private(set) var workloads: [String: (reconciler: WorkloadReconciler, caches: ClusterCaches)] = [:]
    /// Those that stand by, by cluster, with the client that they use.
    private(set) var standby: [String: (follower: ClusterFollower, client: KubernetesClient, task: Task<Void, Never>)] =
        [:]

    /// - Parameters:
    ///   - directory: the clusters and the ways to them.
    ///   - feed: tells what changed in the stored catalog; to be run by the caller.
    ///   - requests: tells what is asked of the leader of the catalog; runs while the catalog is led here.
    ///   - customWorkloads: custom resources that are workloads besides the built-in kinds.
    ///   - retired: ends what is stored of clusters that are configured no more.
    ///   - isWarmStandby: `standBy` runs too, and what is led uses its caches.
    ///   - home: of the cluster that holds the catalog's ConfigMaps.
    ///   - makeRecorder: makes what tells the users of a cluster what they must know; nil: they are not told.
    ///   - processing: what the operator decided about the catalog.
    ///   - makeSources: makes the catalog's sources anew for each time that the catalog is led, with the leader's store.
    ///   - makeChangingSources: the same for those that come and go meanwhile; nil: there are none.
    ///   - makeCostLoops: makes what is to be done about the costs of all clusters, for who leads the catalog.
    ///   - usage: where usage comes from and what follows from it; nil: nobody asks for it.
    package init(
        directory: ClusterDirectory, feed: CatalogFeed, requests: CatalogFeed, customWorkloads: [CustomWorkload],
        retired: RetiredClusters, isWarmStandby: Bool, prices: EstimatePrices, costInterval: Duration,
        metrics: MetricsRegistry, logger: Logger, home: KubernetesClient,
        makeRecorder: @escaping @Sendable (KubernetesClient) -> EventRecorder?,
        processing: CatalogProcessing,
        makeChangingSources: @escaping @Sendable (Store) -> (any ChangingSources)? = { _ in nil },
        makeCostLoops: @escaping @Sendable (Store) -> [any CostLoop] = { _ in [] },
        usage: UsageSettings? = nil,
        makeSources: @escaping @Sendable (Store) -> [any CatalogSource]
    ) {
        self.processing = processing
        self.directory = directory
        self.feed = feed
        self.requests = requests
        self.customWorkloads = customWorkloads
        self.retired = retired
        self.isWarmStandby = isWarmStandby
        self.prices = prices
        self.costInterval = costInterval
        self.metrics = metrics
        self.logger = logger
        self.home = home
        self.makeRecorder = makeRecorder
        self.makeSources = makeSources
        self.makeChangingSources = makeChangingSources
        self.makeCostLoops = makeCostLoops
        self.usage = usage
    }

    /// Reconciles what belongs to a shard until the task is cancelled.
    ///
    /// - Parameter store: fenced for the shard.
    package func lead(_ shard: Shard, _ store: Store) async {
        switch shard {
        case .catalog: await leadCatalog(store)
        case .cluster(let name): await leadCluster(name, store)
        }
    }

    private func leadCatalog(_ store: Store) async {
        let recorder = makeRecorder(home)
        let reconciler = CatalogReconciler(
            sources: makeSources(store), changing: makeChangingSources(store), processing: processing, store: store,
            events: recorder, metrics: metrics, logger: logger)
        catalog = reconciler
        await withTaskGroup { group in
            group.addTask { await self.retired.run(store) }
            for loop in self.makeCostLoops(store) { group.addTask { await loop.run() } }
            group.addTask { await recorder?.run() }
            group.addTask { await reconciler.run() }
            group.addTask { [requests] in await requests.run() }
            group.addTask { [requests, logger] in
                await CatalogRequestFollower(catalog: store.catalog, requests: requests, logger: logger).run(reconciler)
            }
        }
        catalog = nil
    }

    /// When the way to the cluster changes, it is followed anew.
    private func leadCluster(_ name: String, _ store: Store) async {
        while !Task.isCancelled {
            if let entry = directory.entry(named: name) { await lead(entry, store) }
            try? await Task.sleep(for: Self.patience)
        }
    }

    /// Between two looks at whether the clusters are the same.
    private static let patience: Duration = .seconds(1)

    private func lead(_ entry: ClusterDirectory.Entry, _ store: Store) async {
        let name = entry.definition.name
        let warm = isWarmStandby ? await standbyFollower(of: entry, store) : nil
        let follower: ClusterFollower
        if let warm { follower = warm } else { follower = await self.follower(of: entry, store) }
        let recorder = makeRecorder(entry.client)
        let reconciler = WorkloadReconciler(
            following: follower, store: store, events: recorder, prices: prices, costInterval: costInterval,
            metrics: metrics, logger: logger)
        let claims = ClaimFollower(cluster: name, catalog: store.catalog, feed: feed, logger: logger)
        workloads[name] = (reconciler, follower.caches)
        await withTaskGroup { group in
            if warm == nil { group.addTask { await follower.run() } }
            group.addTask { await reconciler.run() }
            group.addTask { await claims.run(reconciler) }
            if let recorder { group.addTask { await recorder.run() } }
            if let usage { group.addTask { await self.follow(usage, follower, entry, store, reconciler) } }
            group.addTask { await self.waitWhileCurrent(entry) }
            await group.next()
            group.cancelAll()
        }
        workloads[name] = nil
    }

    private func follow(
        _ usage: UsageSettings, _ follower: ClusterFollower, _ entry: ClusterDirectory.Entry, _ store: Store,
        _ sink: WorkloadReconciler
    ) async {
        await usage.run(
            follower, client: entry.client, store: store, prices: prices, sink: sink, metrics: metrics, logger: logger
        )
    }

    /// The caches that `standBy` keeps, unless they are behind what the leader before stored: they may have been out of
    /// reach of a cluster that others could reach, and what they lack would be taken for gone.
    private func standbyFollower(of entry: ClusterDirectory.Entry, _ store: Store) async -> ClusterFollower? {
        let name = entry.definition.name
        // They are made soon after the cluster is known.
        while directory.entry(named: name)?.client === entry.client, !Task.isCancelled {
            if let warm = standby[name], warm.client === entry.client {
                let stored = await syncedVersions(of: name, store)
                return warm.follower.isUpToDate(with: stored) ? warm.follower : nil
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }

    /// New caches, which do not begin behind what an earlier process stored.
    private func follower(of entry: ClusterDirectory.Entry, _ store: Store) async -> ClusterFollower {
        let name = entry.definition.name
        return ClusterFollower(
            cluster: name, client: entry.client, workloads: customWorkloads,
            notOlderThan: await syncedVersions(of: name, store), logger: logger)
    }

    /// What the caches of an earlier process had come to. Tries until the database answers.
    private func syncedVersions(of cluster: String, _ store: Store) async -> [String: String] {
        while !Task.isCancelled {
            if let versions = try? await store.workloads.syncedVersions(cluster: cluster) { return versions }
            try? await Task.sleep(for: Self.patience)
        }
        return [:]
    }

    /// Waits until the directory has another way to the cluster, or none, or the task is cancelled.
    private func waitWhileCurrent(_ entry: ClusterDirectory.Entry) async {
        while directory.entry(named: entry.definition.name)?.client === entry.client, !Task.isCancelled {
            try? await Task.sleep(for: Self.patience)
        }
    }

    /// Keeps the caches of all clusters filled, led here or not, until the task is cancelled: warm standby.
    ///
    /// - Parameter store: tells where an earlier process had come to.
    package func standBy(_ store: Store) async {
        while !Task.isCancelled {
            let entries = directory.entries
            for (name, warm) in standby
            where !entries.contains(where: { $0.definition.name == name && $0.client === warm.client }) {
                warm.task.cancel()
                standby[name] = nil
            }
            for entry in entries where standby[entry.definition.name] == nil {
                let follower = await follower(of: entry, store)
                standby[entry.definition.name] = (follower, entry.client, Task { await follower.run() })
            }
            try? await Task.sleep(for: Self.patience)
        }
        for warm in standby.values { warm.task.cancel() }
        standby = [:]
    }

    /// How the reconcilers that run here fare; empty while nothing is led.
    package var states: [State] {
        get async {
            var states: [State] = []
            if let catalog {
                states.append(
                    State(shard: .catalog, isSynced: true, error: nil, isCaughtUp: await catalog.isCaughtUp))
            }
            for (name, (reconciler, caches)) in workloads.sorted(by: { $0.key < $1.key }) {
                states.append(
                    State(
                        shard: .cluster(name), isSynced: caches.isSynced, error: caches.shortError,
                        isCaughtUp: await reconciler.isCaughtUp))
            }
            return states
        }
    }
}
