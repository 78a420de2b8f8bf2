import Base
import Glibc
import KubeClient
import Reconcilers
import Store

/// How this process comes to lead: alone, or by agreement with other replicas.
struct Leadership {
    private enum Way {
        case sole(SoleLeadership)
        case shared(ShardElector)
    }

    private let way: Way
    private let clusters: Clusters
    private let store: Store
    private let reconcilers: ReconcilerSet
    private let identity: String
    private let logger: Logger

    /// - Parameter store: not fenced.
    init(
        _ configuration: LeadershipConfiguration, _ clusters: Clusters, _ store: Store, _ reconcilers: ReconcilerSet,
        identity: String, _ metrics: MetricsRegistry, _ logger: Logger
    ) {
        self.clusters = clusters
        self.store = store
        self.reconcilers = reconcilers
        self.identity = identity
        self.logger = logger
        guard configuration.isEnabled ?? clusters.isInCluster else {
            way = .sole(
                SoleLeadership(
                    directory: clusters.directory, store: store, reconcilers: reconcilers, identity: identity,
                    logger: logger
                ) {
                    Self.end("another process has taken over", logger)
                })
            return
        }
        let namespace = configuration.namespace ?? clusters.namespace
        logger.info("electing leaders", ["namespace": .string(namespace), "identity": .string(identity)])
        way = .shared(
            ShardElector(
                leases: ClusterShardLeases(
                    LeaseCollection(client: clusters.leases, namespace: namespace)), identity: identity,
                timings: configuration.timings, metrics: metrics, logger: logger
            ) { shard, loss in
                Self.end("the lease of \(shard) was lost: \(loss)", logger)
            })
    }

    /// Everything is led here, without asking anybody.
    var isSole: Bool { if case .sole = way { true } else { false } }

    /// Leads, whenever it may, until the task is cancelled.
    func run() async {
        switch way {
        case .sole(let sole): await sole.run()
        case .shared(let elector):
            let (store, reconcilers, identity, logger) = (store, reconcilers, identity, logger)
            await elector.run(shards: { [directory = clusters.directory] in Shard.all(in: directory) }) { shard, _ in
                let fence = try await store.leadership.begin(shard: shard.description, holder: identity)
                logger.info("leading", ["shard": .string(shard.description), "epoch": .int(fence.epoch)])
                let fenced = store.fenced(by: fence) { Self.end("\(fence) has ended", logger) }
                await reconcilers.lead(shard, fenced)
            }
        }
    }

    /// Why the process hangs as a leader; nil when it does not.
    var problem: String? {
        get async {
            if case .shared(let elector) = way { await elector.problem } else { nil }
        }
    }

    /// Ends the process at once, without any clean-up: whatever a process does that has lost the right to lead comes too
    /// late. A new one starts in a second.
    private static func end(_ reason: String, _ logger: Logger) -> Never {
        logger.error("this process leads no longer and ends", ["reason": .string(reason)])
        _exit(1)
    }
}
