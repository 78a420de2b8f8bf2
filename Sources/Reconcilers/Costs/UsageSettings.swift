internal import Base
package import CostSources
internal import Costs
internal import KubeClient
internal import Store

/// What is done about the usage of the clusters that are led.
package struct UsageSettings: Sendable {
    let interval: Duration
    let sizing: SizingSettings
    /// How many days before the first metered hour are estimated from what Prometheus remembers.
    let backfillDays: Int64
    let prometheus: @Sendable (_ cluster: String) -> PrometheusSource?

    /// - Parameters:
    ///   - interval: between two questions for the usage of a cluster.
    ///   - backfillDays: before the first metered hour of a cluster, to be estimated.
    ///   - prometheus: that of a cluster; nil: `metrics.k8s.io` is asked.
    package init(
        interval: Duration, sizing: SizingSettings, backfillDays: Int64 = 0,
        prometheus: @escaping @Sendable (_ cluster: String) -> PrometheusSource?
    ) {
        self.interval = interval
        self.sizing = sizing
        self.backfillDays = backfillDays
        self.prometheus = prometheus
    }

    /// Learns what a cluster uses and sizes its containers until the task is cancelled.
    /// - Parameter sink: who is told of usage besides, and of prices.
    func run(
        _ follower: ClusterFollower, client: KubernetesClient, store: Store, prices: EstimatePrices,
        sink: any UsageSink & NodePriceSink, metrics: MetricsRegistry, logger: Logger
    ) async {
        let past = prometheus(follower.cluster)
        let reconciler = SizingReconciler(
            following: follower, store: store, past: past, prices: prices, settings: sizing, metrics: metrics,
            logger: logger)
        let source: any UsageSource
        if let past { source = past } else { source = MetricsAPISource(client: client) }
        let feed = UsageFeed(
            cluster: follower.cluster, source: source, workloads: store.workloads, interval: interval,
            sinks: [sink, reconciler], metrics: metrics, logger: logger)
        await withTaskGroup { group in
            group.addTask { await feed.run() }
            group.addTask { await reconciler.run() }
            group.addTask {
                await followNodePrices(
                    follower.cluster, past, store: store.costs, sink: sink, metrics: metrics, logger: logger)
            }
            group.addTask {
                await backfill(follower, past, store: store, prices: prices, metrics: metrics, logger: logger)
            }
        }
    }
}
