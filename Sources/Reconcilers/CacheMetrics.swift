internal import Base
internal import KubeClient

/// Metrics of a cluster's caches.
struct CacheMetrics: Sendable {
    private let objects: Gauge
    private let lastEvent: Gauge
    private let lists: Counter
    private let watches: Counter
    private let relists: Counter
    private let watchRestarts: Counter
    private let version: Gauge
    private let residual: Gauge

    init(_ registry: MetricsRegistry) {
        let labels = ["cluster", "resource"]
        objects = registry.gauge("callboard_cache_objects", help: "Objects in a cache.", labels: labels)
        lastEvent = registry.gauge(
            "callboard_cache_last_event_timestamp_seconds", help: "When a cache last heard from the API server.",
            labels: labels)
        version = registry.gauge(
            "informer_store_resource_version", help: "The resource version that a cache has come to.", labels: labels)
        lists = registry.counter("callboard_lists_total", help: "Complete lists read.", labels: labels)
        watches = registry.counter("callboard_watches_total", help: "Watches opened.", labels: labels)
        relists = registry.counter(
            "callboard_relists_total", help: "Lists begun after the first one, by reason.", labels: labels + ["reason"])
        watchRestarts = registry.counter(
            "callboard_watch_restarts_total", help: "Watches opened again without a list, by reason.",
            labels: labels + ["reason"])
        residual = registry.gauge(
            "callboard_match_residual_selectors",
            help: "Selectors without a positive term; each workload event pays for every one of them.",
            labels: ["cluster"])
    }

    /// Takes how the caches of a cluster fare now.
    func observe(_ follower: ClusterFollower, residualSelectors: Int) {
        for (resource, count, status) in follower.caches.statuses {
            observe(status, objects: count, [follower.cluster, resource], follower.totals)
        }
        residual.set(Double(residualSelectors), [follower.cluster])
    }

    /// The cluster is followed here no more, or by others: what was its state is exposed no longer.
    func ended(_ follower: ClusterFollower) {
        for (resource, _, status) in follower.caches.statuses {
            ended(status, [follower.cluster, resource], follower.totals)
        }
        residual.remove([follower.cluster])
    }

    /// - Parameters:
    ///   - labels: the cluster and the resource.
    ///   - totals: of the caches that the status is of.
    func observe(_ status: InformerStatus, objects count: Int, _ labels: [String], _ totals: SourceTotals) {
        objects.set(Double(count), labels)
        if let time = status.lastEventAt { lastEvent.set(Double(time.microseconds) / 1_000_000, labels) }
        if let number = status.resourceVersion?.number { version.set(number, labels) } else { version.remove(labels) }
        reportTotals(status, labels, totals)
    }

    func ended(_ status: InformerStatus, _ labels: [String], _ totals: SourceTotals) {
        reportTotals(status, labels, totals)
        for gauge in [objects, lastEvent, version] { gauge.remove(labels) }
    }

    private func reportTotals(_ status: InformerStatus, _ labels: [String], _ totals: SourceTotals) {
        totals.report(Double(status.lists), to: lists, labels)
        totals.report(Double(status.watches), to: watches, labels)
        for reason in RelistReason.allCases {
            totals.report(Double(status.relists[reason] ?? 0), to: relists, labels + [reason.rawValue])
        }
        for reason in WatchRestartReason.allCases {
            totals.report(Double(status.watchRestarts[reason] ?? 0), to: watchRestarts, labels + [reason.rawValue])
        }
    }
}
