internal import Base
package import CostSources
internal import Costs
internal import KubeClient
internal import Store

/// What is done about the usage of the clusters that are led.
package struct UsageSettings: Sendable {
    let interval: Duration
    let sizing: SizingSettings
    let prometheus: @Sendable (_ cluster: String) -> PrometheusSource?

    /// - Parameters:
    ///   - interval: between two questions for the usage of a cluster.
    ///   - prometheus: that of a cluster; nil: `metrics.k8s.io` is asked.
    package init(
        interval: Duration, sizing: SizingSettings,
        prometheus: @escaping @Sendable (_ cluster: String) -> PrometheusSource?
    ) {
        self.interval = interval
        self.sizing = sizing
        self.prometheus = prometheus
    }

    /// Learns what a cluster uses and sizes its containers until the task is cancelled.
    /// - Parameter sinks: who is told of usage besides.
    func run(
        _ follower: ClusterFollower, client: KubernetesClient, store: Store, prices: EstimatePrices,
        sinks: [any UsageSink], metrics: MetricsRegistry, logger: Logger
    ) async {
        let past = prometheus(follower.cluster)
        let reconciler = SizingReconciler(
            following: follower, store: store, past: past, prices: prices, settings: sizing, metrics: metrics,
            logger: logger)
        let source: any UsageSource
        if let past { source = past } else { source = MetricsAPISource(client: client) }
        let feed = UsageFeed(
            cluster: follower.cluster, source: source, workloads: store.workloads, interval: interval,
            sinks: sinks + [reconciler], metrics: metrics, logger: logger)
        await withTaskGroup { group in
            group.addTask { await feed.run() }
            group.addTask { await reconciler.run() }
        }
    }
}
