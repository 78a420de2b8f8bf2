import Base
import Testing

@testable import KubeClient
@testable import Reconcilers

@Suite("Metrics of reconcilers and their queues")
struct ReconcilerMetricsTests {
    @Test("every series is there from the start")
    func initialised() {
        let registry = MetricsRegistry()
        let metrics = ReconcilerMetrics(registry, controller: "workload")
        let queue = WorkQueue<String>(
            metrics: WorkQueueMetrics(registry, controller: "workload", name: "workload-main"))
        let text = registry.exposition()
        let controller = #"{controller="workload"}"#
        let named = #"{name="workload-main",controller="workload"}"#
        for series in [
            #"controller_runtime_reconcile_total{controller="workload",result="success"} 0"#,
            #"controller_runtime_reconcile_total{controller="workload",result="error"} 0"#,
            #"controller_runtime_reconcile_total{controller="workload",result="requeue"} 0"#,
            #"controller_runtime_reconcile_total{controller="workload",result="requeue_after"} 0"#,
            "controller_runtime_reconcile_errors_total\(controller) 0",
            "controller_runtime_terminal_reconcile_errors_total\(controller) 0",
            "controller_runtime_reconcile_time_seconds_count\(controller) 0",
            "controller_runtime_max_concurrent_reconciles\(controller) 1",
            "controller_runtime_active_workers\(controller) 0",
            #"workqueue_depth{name="workload-main",controller="workload",priority="0"} 0"#,
            #"workqueue_depth{name="workload-main",controller="workload",priority="-100"} 0"#,
            "workqueue_adds_total\(named) 0", "workqueue_retries_total\(named) 0",
            "workqueue_queue_duration_seconds_count\(named) 0", "workqueue_work_duration_seconds_count\(named) 0",
            "workqueue_unfinished_work_seconds\(named) 0",
            "workqueue_longest_running_processor_seconds\(named) 0", "callboard_db_lag_seconds\(named) 0",
        ] {
            #expect(text.contains("\n\(series)\n"), "\(series)")
        }
        withExtendedLifetime((metrics, queue)) {}
    }

    @Test("what a reconciler does is counted, and it is counted itself as long as it is there")
    func reconciling() {
        let registry = MetricsRegistry()
        var metrics: [ReconcilerMetrics] = [
            ReconcilerMetrics(registry, controller: "w"), ReconcilerMetrics(registry, controller: "w"),
        ]
        metrics[0].started()
        metrics[1].started()
        #expect(registry.value(#"controller_runtime_active_workers{controller="w"}"#) == 2)
        metrics[0].finished(.error, after: .milliseconds(120))
        metrics[1].finished(.requeueAfter, after: .seconds(70))
        metrics[1].failedForGood()
        #expect(registry.value(#"controller_runtime_active_workers{controller="w"}"#) == 0)
        #expect(registry.value(#"controller_runtime_reconcile_errors_total{controller="w"}"#) == 1)
        #expect(registry.value(#"controller_runtime_terminal_reconcile_errors_total{controller="w"}"#) == 1)
        #expect(registry.value(#"controller_runtime_reconcile_total{controller="w",result="requeue_after"}"#) == 1)
        #expect(registry.value(#"controller_runtime_reconcile_time_seconds_bucket{controller="w",le="0.15"}"#) == 1)
        #expect(registry.value(#"controller_runtime_reconcile_time_seconds_bucket{controller="w",le="60"}"#) == 1)
        #expect(registry.value(#"controller_runtime_max_concurrent_reconciles{controller="w"}"#) == 2)
        metrics.removeLast()
        #expect(registry.value(#"controller_runtime_max_concurrent_reconciles{controller="w"}"#) == 1)
    }

    @Test("a queue's state is that of the moment at which it is asked for, and ends with the queue")
    func queue() async {
        let registry = MetricsRegistry()
        var queue: WorkQueue<String>? = WorkQueue(metrics: WorkQueueMetrics(registry, controller: "w", name: "q"))
        let labels = #"{name="q",controller="w"}"#
        queue?.add(["a", "b", "a"])
        queue?.add("c", .low)
        #expect(registry.value(#"workqueue_depth{name="q",controller="w",priority="0"}"#) == 2)
        #expect(registry.value(#"workqueue_depth{name="q",controller="w",priority="-100"}"#) == 1)
        #expect(registry.value("workqueue_adds_total\(labels)") == 3)
        let keys = await queue?.nextBatch(maximum: 2) ?? []
        #expect((registry.value("workqueue_unfinished_work_seconds\(labels)") ?? 0) > 0)
        #expect((registry.value("workqueue_longest_running_processor_seconds\(labels)") ?? 0) > 0)
        #expect((registry.value("callboard_db_lag_seconds\(labels)") ?? 0) > 0)
        queue?.retry("a", after: .seconds(3600))
        queue?.done(keys)
        #expect(registry.value("workqueue_queue_duration_seconds_count\(labels)") == 2)
        #expect(registry.value("workqueue_work_duration_seconds_count\(labels)") == 2)
        #expect(registry.value("workqueue_retries_total\(labels)") == 1)
        #expect(registry.value("workqueue_unfinished_work_seconds\(labels)") == 0)
        // What was not exposed yet counts all the same.
        queue?.add("d")
        queue = nil
        for priority in ["0", "-100"] {
            #expect(registry.value(#"workqueue_depth{name="q",controller="w",priority="\#(priority)"}"#) == nil)
        }
        for name in [
            "workqueue_unfinished_work_seconds", "workqueue_longest_running_processor_seconds",
            "callboard_db_lag_seconds",
        ] {
            #expect(registry.value(name + labels) == nil, "\(name)")
        }
        #expect(registry.value("workqueue_adds_total\(labels)") == 4)
        #expect(registry.value("workqueue_retries_total\(labels)") == 1)
    }

    @Test("a queue goes on with the counts of the one before that had its name, and with its own state")
    func succession() {
        let registry = MetricsRegistry()
        let labels = #"{name="q",controller="w"}"#
        let depth = #"workqueue_depth{name="q",controller="w",priority="0"}"#
        var first: WorkQueue<String>? = WorkQueue(metrics: WorkQueueMetrics(registry, controller: "w", name: "q"))
        first?.add(["a", "b", "c"])
        #expect(registry.value("workqueue_adds_total\(labels)") == 3)
        let second = WorkQueue<String>(metrics: WorkQueueMetrics(registry, controller: "w", name: "q"))
        second.add("a")
        second.retry("b", after: .seconds(3600))
        #expect(registry.value("workqueue_adds_total\(labels)") == 4)
        first = nil
        #expect(registry.value("workqueue_adds_total\(labels)") == 4)
        #expect(registry.value("workqueue_retries_total\(labels)") == 1)
        #expect(registry.value(depth) == 1)
        withExtendedLifetime(second) {}
        _ = first
    }
}
