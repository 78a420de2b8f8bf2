import Base
import HTTPClient
import TestSupport
import Testing

@testable import KubeClient

@Suite("The event recorder")
struct EventRecorderTests {
    @Test("it takes reports when nothing answers, drops what is too much, and counts that")
    func neverWaits() throws {
        let metrics = MetricsRegistry()
        let client = KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient(name: "none"), version: "test")
        let recorder = EventRecorder(
            client: client, instance: "i", metrics: metrics, logger: Logger("test", sink: { _ in }))
        let start = ContinuousClock.now
        for number in 0..<5_000 { recorder.record(.sample("o\(number % 200)")) }
        #expect(ContinuousClock.now - start < .seconds(5))
        let text = metrics.exposition()
        #expect(text.contains(#"callboard_events_total{type="Warning",reason="InvalidSelector"} 5000"#))
        #expect(text.contains(#"callboard_events_dropped_total{reason="rate"}"#))
        #expect(text.contains(#"callboard_events_dropped_total{reason="queue"} 0"#))
    }

    @Test("what is tried twelve times in vain is dropped, and the next one is tried")
    func unreachable() async throws {
        let metrics = MetricsRegistry()
        let client = KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:1"), http: HTTPClient(name: "none"), version: "test")
        let recorder = EventRecorder(
            client: client, instance: "i", time: LeaseTime(clock: SkippingWaits()), metrics: metrics,
            logger: Logger("test", sink: { _ in }))
        recorder.record(.sample("a"))
        recorder.record(.sample("b"))
        let task = Task { await recorder.run() }
        #expect(
            await eventually {
                metrics.exposition().contains(#"callboard_events_dropped_total{reason="unreachable"} 2"#)
            })
        task.cancel()
        await task.value
    }
}

/// A clock on which short waits are over at once, and long ones never.
private struct SkippingWaits: Clock {
    var now: ManualClock.Instant { ManualClock.Instant(offset: .zero) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        if deadline.offset > .seconds(30) { try await Task.sleep(for: .seconds(3_600)) }
    }
}

/// What the API server that `CALLBOARD_TEST_KUBECONFIG` names makes of our events.
@Suite("Events of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealEventTests {
    private func with(_ body: (KubernetesClient, String, EventRecorder) async throws -> Void) async throws {
        let client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG")),
            http: HTTPClient(name: "events"), version: "test")
        let namespace = "events-" + Hex.encode(randomBytes(4))
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        let recorder = EventRecorder(
            client: client, instance: "test_" + String(repeating: "i", count: 200), metrics: MetricsRegistry(),
            logger: Logger("test", sink: { _ in }))
        let task = Task { await recorder.run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(client, namespace, recorder))
        } catch { result = .failure(error) }
        task.cancel()
        await task.value
        try await client.delete("/api/v1/namespaces/\(namespace)")
        try result.get()
    }

    @Test("the server takes an event and its series, and shows them to those who look")
    func series() async throws {
        try await with { client, namespace, recorder async throws in
            let report = EventReport(
                regarding: ObjectReference(apiVersion: "v1", kind: "ConfigMap", namespace: namespace, name: "shop"),
                severity: .warning, reason: "InvalidCatalog", action: "ReadingCatalog",
                note: String(repeating: "ä", count: 600))
            recorder.record(report)
            recorder.record(report)
            let path = "/api/v1/namespaces/\(namespace)/events"
            #expect(
                await eventually {
                    let list = try? await client.get(path)
                    return list?["items"]?[0]?["series"]?["count"] == 2
                })
            let list = try await client.get(path)
            #expect(list["items"]?.arrayValue?.count == 1)
            let event = try #require(list["items"]?[0])
            #expect(event["message"]?.stringValue?.utf8.count == 1_024 && event["type"] == "Warning")
            #expect(event["reason"] == "InvalidCatalog" && event["action"] == "ReadingCatalog")
            #expect(event["involvedObject"]?["name"] == "shop")
            #expect(event["reportingComponent"] == "callboard.dev/controller")
        }
    }

    @Test("an event about an object without a namespace is found where the server wants it")
    func clusterScoped() async throws {
        try await with { client, namespace, recorder async throws in
            recorder.record(
                EventReport(
                    regarding: ObjectReference(apiVersion: "v1", kind: "Namespace", name: namespace), severity: .normal,
                    reason: "Seen", action: "Testing", note: "hello"))
            let found = await eventually {
                for home in ["default", "kube-system"] {
                    let list = try? await client.get(
                        "/api/v1/namespaces/\(home)/events",
                        query: [(name: "fieldSelector", value: "involvedObject.name=\(namespace)")])
                    if list?["items"]?[0]?["message"] == "hello" { return true }
                }
                return false
            }
            #expect(found)
        }
    }
}
