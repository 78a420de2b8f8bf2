import Base
import Testing

@testable import KubeClient

@Suite("Metrics of pods")
struct PodMetricsTests {
    private static func parsed(_ text: String) throws -> PodMetrics? {
        try Array(text.utf8).withUnsafeBytes { try JSONParser().read($0) { PodMetrics(from: $0) } }
    }

    private static func item(_ usage: String, at time: String = #""2026-03-01T12:00:00Z""#) -> String {
        """
        {"metadata": {"name": "web-1", "namespace": "shop"}, "timestamp": \(time), "window": "30s",
         "containers": [{"name": "main", "usage": \(usage)}]}
        """
    }

    @Test(
        "quantities of every form are read",
        arguments: [
            (#"{"cpu": "1n", "memory": "1"}"#, 1, 1), (#"{"cpu": "250u", "memory": "3Ki"}"#, 250_000, 3_072),
            (#"{"cpu": "120m", "memory": "2Mi"}"#, 120_000_000, 2 << 20),
            (#"{"cpu": "2", "memory": "1Gi"}"#, 2_000_000_000, 1 << 30),
            (#"{"cpu": "0", "memory": "5k"}"#, 0, 5_000), (#"{"cpu": "1e-3", "memory": "1e6"}"#, 1_000_000, 1_000_000),
            (#"{"cpu": "1k", "memory": "1M"}"#, 1_000_000_000_000, 1_000_000),
        ] as [(String, Int64, Int64)])
    func quantities(usage: String, nanocores: Int64, bytes: Int64) throws {
        let metrics = try #require(try Self.parsed(Self.item(usage)))
        #expect(metrics.key == ObjectKey(namespace: "shop", name: "web-1"))
        #expect(metrics.at == Timestamp(rfc3339: "2026-03-01T12:00:00Z"))
        #expect(metrics.containers == [.init(name: "main", cpuNanocores: nanocores, memoryBytes: bytes)])
    }

    @Test(
        "what lacks a resource, a name or a time says nothing",
        arguments: [
            item(#"{"cpu": "1"}"#), item(#"{"cpu": "x", "memory": "1"}"#), item(#"{"cpu": "-1", "memory": "1"}"#),
            item(#"{"cpu": 1, "memory": "1"}"#), item("null"), item(#"{"cpu": "1", "memory": "1"}"#, at: #""noon""#),
            item(#"{"cpu": "1", "memory": "1"}"#, at: "null"), "{}", #"{"metadata": {"name": "a"}}"#,
        ])
    func nothing(text: String) throws {
        #expect(try Self.parsed(text) == nil)
    }

    @Test("pages are read to the end, and rows that say nothing are counted")
    func pages() async throws {
        let good = Self.item(#"{"cpu": "1m", "memory": "1Mi"}"#)
        func list(_ items: String, _ token: String) -> ScriptedServer.Answer {
            .bytes(
                Array(
                    #"{"kind": "PodMetricsList", "metadata": {"continue": "\#(token)"}, "items": [\#(items)]}"#.utf8),
                .end)
        }
        let server = try ScriptedServer(list("\(good), {}, \(good)", "next&page"), list(good, ""))
        var (pods, malformed) = (0, 0)
        try await server.client().podMetrics(pageSize: 2) { page, bad in
            pods += page.count
            malformed += bad
        }
        #expect((pods, malformed) == (3, 1))
        #expect(server.requests.map { $0.query["continue"] } == [nil, "next&page"])
        #expect(server.requests.allSatisfy { $0.path == "/apis/metrics.k8s.io/v1beta1/pods" })
    }

    @Test("a refusal, a body that breaks off and one that is no list are errors")
    func failures() async throws {
        let answers: [(ScriptedServer.Answer, KubernetesError.Code)] = [
            (.refusal(404, body: Array("404 page not found".utf8)), .notFound), (.refusal(503), .unavailable),
            (.refusal(403), .forbidden), (.bytes(Array(#"{"items": [{"#.utf8), .end), .undecodable),
            (.bytes(Array(#"{"kind": "Status"}"#.utf8), .end), .undecodable),
        ]
        for (answer, code) in answers {
            let server = try ScriptedServer(answer)
            let client = server.client()
            let error = await #expect(throws: KubernetesError.self) { try await client.podMetrics { _, _ in } }
            #expect(error?.code == code)
            #expect(server.requests.count == 1)
        }
    }

    @Test("what an autoscaler scales by stands in a field and in an annotation")
    func scaledResources() {
        var autoscaler = HorizontalPodAutoscaler(meta: ObjectMeta(namespace: "a", name: "b"), hasCPUTarget: true)
        #expect(autoscaler.scaledResources == ["cpu"])
        autoscaler.meta.annotations[HorizontalPodAutoscaler.metricsAnnotation] = """
            [{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":60}},
             {"type":"ContainerResource","containerResource":{"name":"cpu","container":"main"}},
             {"type":"Pods","pods":{"metricName":"requests"}}]
            """
        #expect(autoscaler.scaledResources == ["cpu", "memory"])
        autoscaler.hasCPUTarget = false
        autoscaler.meta.annotations[HorizontalPodAutoscaler.metricsAnnotation] = "no JSON"
        #expect(autoscaler.scaledResources.isEmpty)
    }
}
