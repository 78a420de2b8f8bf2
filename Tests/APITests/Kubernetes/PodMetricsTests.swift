import Base
import KubeClient
import TestSupport
import Testing

@testable import API

@Suite("Pod metrics")
struct PodMetricsTests {
    private static let metricsPath = "/apis/metrics.k8s.io/v1beta1/pods"
    private static let pod = """
        {"metadata":{"name":"shop-1","namespace":"prod"},"spec":{"containers":[
         {"name":"web","resources":{"requests":{"cpu":"250m","memory":"64Mi"},"limits":{"cpu":"1","memory":"1G"}}},
         {"name":"proxy","resources":{"requests":{"cpu":"1500m"}}}, {"name":"plain"}]}}
        """
    private static let usage = """
        {"metadata":{"name":"shop-1","namespace":"prod"},"containers":[
         {"name":"web","usage":{"cpu":"12345678n","memory":"20Mi"}},
         {"name":"proxy","usage":{"cpu":"2","memory":"9007199254740993"}}, {"name":"gone","usage":{"cpu":"5"}}]},
        {"metadata":{"name":"shop-1","namespace":"other"},"containers":[{"name":"plain","usage":{"cpu":"7"}}]}
        """

    private func metered(
        _ metrics: ScriptedCluster.Answer?, skipping: Bool = false, clock: ManualClock? = nil
    ) async throws -> (JSONValue, [String]) {
        var served = ScriptedCluster.current
        if metrics != nil { served["/apis/metrics.k8s.io/v1beta1"] = ["pods", "nodes"] }
        let cluster = try ScriptedCluster("one", serving: served)
        cluster.set("/api/v1/pods", .list(Self.pod))
        if let metrics { cluster.set(Self.metricsPath, metrics) }
        let objects = KubernetesObjects(
            directory: ClusterDirectory([cluster.entry { $0.skipsMetrics = skipping }]),
            configuration: KubernetesObjectsConfiguration(), metrics: MetricsRegistry(),
            clock: clock ?? ManualClock())
        let query = try ObjectQuery(entity: ["metadata": ["name": "shop"]])
        async let bytes = objects.bytes(.workloads, of: query)
        if let clock {
            // Everything else has been asked for and answered, and nothing more comes for a moment.
            var asked = -1
            while cluster.paths.count != asked {
                asked = cluster.paths.count
                #expect(await eventually { cluster.paths.contains(Self.metricsPath) && cluster.underWay == 1 })
                let calm = ContinuousClock.now + .milliseconds(200)
                #expect(await eventually { ContinuousClock.now > calm })
            }
            clock.advance(by: .seconds(10))
        }
        let answer = try JSONValue(parsing: try await bytes)
        return (try #require(answer["items"]?[0]), cluster.allPaths)
    }

    @Test("usage, requests and limits are summed, cores as numbers and bytes as strings, measured containers listed")
    func sums() async throws {
        let (item, _) = try await metered(.list(Self.usage))
        #expect(item["errors"] == [])
        #expect(
            item["podMetrics"] == [
                [
                    "pod": try JSONValue(parsing: Self.pod),
                    "cpu": ["currentUsage": 2.012345678, "requestTotal": 1.75, "limitTotal": 1],
                    "memory": [
                        "currentUsage": "9007199275712513", "requestTotal": "67108864", "limitTotal": "1000000000",
                    ],
                    "containers": [
                        [
                            "container": "web",
                            "cpuUsage": ["currentUsage": 0.012345678, "requestTotal": 0.25, "limitTotal": 1],
                            "memoryUsage": [
                                "currentUsage": "20971520", "requestTotal": "67108864", "limitTotal": "1000000000",
                            ],
                        ],
                        [
                            "container": "proxy",
                            "cpuUsage": ["currentUsage": 2, "requestTotal": 1.5, "limitTotal": 0],
                            "memoryUsage": ["currentUsage": "9007199254740993", "requestTotal": 0, "limitTotal": 0],
                        ],
                    ],
                ]
            ])
    }

    @Test("a pod that was not measured yet is there with its requests")
    func unmeasured() async throws {
        let (item, _) = try await metered(.list(""))
        #expect(item["podMetrics"]?[0]?["cpu"] == ["currentUsage": 0, "requestTotal": 1.75, "limitTotal": 1])
        #expect(item["podMetrics"]?[0]?["containers"] == [])
    }

    @Test("a cluster without the metrics API has no metrics and no error")
    func absent() async throws {
        let (item, _) = try await metered(nil)
        #expect(item["podMetrics"] == [] && item["errors"] == [])
    }

    @Test("metrics that fail are an error, and the pods are there")
    func failing() async throws {
        let (item, _) = try await metered(.status(503))
        #expect(item["podMetrics"] == [])
        #expect(
            item["errors"] == [
                ["errorType": "UNKNOWN_ERROR", "statusCode": 503, "resourcePath": .string(Self.metricsPath)]
            ])
        #expect(item["resources"]?[0]?["resources"]?.arrayValue?.count == 1)
    }

    @Test("metrics that do not come in time do not keep the pods back")
    func hanging() async throws {
        let (item, _) = try await metered(.silence, clock: ManualClock())
        #expect(item["resources"]?[0]?["resources"]?.arrayValue?.count == 1 && item["podMetrics"] == [])
        #expect(
            item["errors"] == [
                [
                    "errorType": "FETCH_ERROR",
                    "message": "the cluster did not answer within 10 s; missing: pod metrics",
                ]
            ])
    }

    @Test("a cluster that is to be left alone is not asked for metrics")
    func skipped() async throws {
        let (item, paths) = try await metered(.list(Self.usage), skipping: true)
        #expect(item["podMetrics"] == [] && !paths.contains { $0.contains("metrics.k8s.io") })
    }

    @Test("amounts beyond all measure do not overflow")
    func overflow() async throws {
        let pod = #"{"metadata":{},"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#
        let usage = try ObjectList(
            Array(
                #"{"items":[{"containers":[{"name":"a","usage":{"memory":"9E"}},{"name":"b","usage":{"memory":"9E"}}]}]}"#
                    .utf8))
        var json = JSONText()
        PodUsage(usage).write(Array(pod.utf8)[...], to: &json)
        #expect(try JSONValue(parsing: json.bytes)["memory"]?["currentUsage"] == "9223372036854775807")
    }
}
