import Base
import HTTPClient
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Metrics of a cluster's caches")
struct CacheMetricsTests {
    private let registry = MetricsRegistry()
    private static let labels = #"{cluster="c",resource="pods"}"#
    private static let expired = #"callboard_relists_total{cluster="c",resource="pods",reason="expired"}"#

    private static func status(lists: Int, version: ResourceVersion? = nil) -> InformerStatus {
        var status = InformerStatus()
        (status.lists, status.watches, status.resourceVersion) = (lists, lists + 1, version)
        (status.relists, status.watchRestarts) = ([.expired: lists - 1], [.ended: 2])
        status.lastEventAt = Timestamp(microseconds: 1_500_000)
        return status
    }

    @Test("they are what the caches' informers say")
    func values() {
        CacheMetrics(registry).observe(
            Self.status(lists: 3, version: "4711"), objects: 12, ["c", "pods"], SourceTotals())
        #expect(registry.value("callboard_cache_objects\(Self.labels)") == 12)
        #expect(registry.value("callboard_cache_last_event_timestamp_seconds\(Self.labels)") == 1.5)
        #expect(registry.value("informer_store_resource_version\(Self.labels)") == 4711)
        #expect(registry.value("callboard_lists_total\(Self.labels)") == 3)
        #expect(registry.value("callboard_watches_total\(Self.labels)") == 4)
        #expect(registry.value(Self.expired) == 2)
        #expect(
            registry.value(#"callboard_watch_restarts_total{cluster="c",resource="pods",reason="ended"}"#) == 2)
        #expect(registry.value(#"callboard_relists_total{cluster="c",resource="pods",reason="silent"}"#) == 0)
    }

    @Test("a version that is no number has no series", arguments: [nil, "abc", "", "1.5", "-1"] as [ResourceVersion?])
    func version(_ version: ResourceVersion?) {
        let (metrics, totals) = (CacheMetrics(registry), SourceTotals())
        metrics.observe(Self.status(lists: 1, version: "7"), objects: 1, ["c", "pods"], totals)
        metrics.observe(Self.status(lists: 1, version: version), objects: 1, ["c", "pods"], totals)
        #expect(registry.value("informer_store_resource_version\(Self.labels)") == nil)
    }

    @Test("new caches of a cluster go on with the counts of those before; the same ones are not counted twice")
    func succession() {
        let old = SourceTotals()
        CacheMetrics(registry).observe(Self.status(lists: 3), objects: 1, ["c", "pods"], old)
        // The next term of leadership follows the caches that were kept.
        CacheMetrics(registry).observe(Self.status(lists: 4), objects: 1, ["c", "pods"], old)
        #expect(registry.value("callboard_lists_total\(Self.labels)") == 4)
        // Then the way to the cluster changes, and the caches begin anew.
        CacheMetrics(registry).observe(Self.status(lists: 1), objects: 1, ["c", "pods"], SourceTotals())
        #expect(registry.value("callboard_lists_total\(Self.labels)") == 5)
        #expect(registry.value(Self.expired) == 3)
    }

    @Test("at the end the last counts are taken and the state is exposed no longer")
    func end() {
        let (metrics, totals) = (CacheMetrics(registry), SourceTotals())
        metrics.observe(Self.status(lists: 1, version: "7"), objects: 1, ["c", "pods"], totals)
        metrics.observe(Self.status(lists: 1, version: "7"), objects: 1, ["c", "nodes"], totals)
        metrics.ended(Self.status(lists: 2, version: "8"), ["c", "pods"], totals)
        for name in [
            "callboard_cache_objects", "callboard_cache_last_event_timestamp_seconds",
            "informer_store_resource_version",
        ] {
            #expect(registry.value(name + Self.labels) == nil, "\(name)")
            #expect(registry.value(#"\#(name){cluster="c",resource="nodes"}"#) != nil, "\(name)")
        }
        #expect(registry.value("callboard_lists_total\(Self.labels)") == 2)
        #expect(registry.value(Self.expired) == 1)
    }

    @Test("a follower that ends takes its cluster's state with it, not that of another cluster")
    func follower() {
        let http = HTTPClient(name: "test-cache-metrics")
        defer { http.shutdown() }
        let client = KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:1", credentials: .none), http: http, version: "1")
        let followers = ["c", "d"].map { name in
            ClusterFollower(cluster: name, client: client, logger: Logger("test", sink: { _ in }))
        }
        let metrics = CacheMetrics(registry)
        for follower in followers { metrics.observe(follower, residualSelectors: 5) }
        #expect(registry.value(#"callboard_match_residual_selectors{cluster="c"}"#) == 5)
        #expect(registry.value("callboard_cache_objects\(Self.labels)") == 0)
        metrics.ended(followers[0])
        let text = registry.exposition()
        #expect(!text.contains(#"callboard_match_residual_selectors{cluster="c"}"#))
        #expect(!text.contains(#"callboard_cache_objects{cluster="c""#))
        #expect(text.contains(#"callboard_match_residual_selectors{cluster="d"} 5"#))
        #expect(text.contains(#"callboard_cache_objects{cluster="d",resource="pods"} 0"#))
    }
}
