import Base
import Costs
import HTTPClient
import HTTPServer
import Testing

@testable import CostSources

@Suite("Prometheus")
struct PrometheusClientTests {
    private static func error(_ client: PrometheusClient) async -> UsageError? {
        do throws(UsageError) {
            _ = try await client.query("up")
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "what Prometheus refuses is told in its own words and for what it is",
        arguments: [
            (
                422, #"{"status":"error","errorType":"execution","error":"too many samples"}"#, .tooLarge,
                "too many samples"
            ),
            (
                422, #"{"status":"error","errorType":"execution","error":"exceeded the maximum number of chunks"}"#,
                .tooLarge, "maximum number of chunks"
            ),
            (
                422, #"{"status":"error","errorType":"422","error":"more than -search.maxSamplesPerQuery=1"}"#,
                .tooLarge, "maxSamplesPerQuery"
            ),
            (
                422, #"{"status":"error","errorType":"execution","error":"found duplicate series"}"#,
                .refused, "answered 422: found duplicate series"
            ),
            (422, "Unprocessable Entity", .refused, "answered 422"),
            (200, #"{"status":"error","errorType":"execution","error":"too many samples"}"#, .tooLarge, "too many"),
            (503, #"{"status":"error","errorType":"timeout","error":"query timed out"}"#, .timeout, "query timed out"),
            (503, "upstream connect error", .refused, "upstream connect error"),
            (400, #"{"status":"error","errorType":"bad_data","error":"parse error"}"#, .refused, "parse error"),
            (401, "", .forbidden, "answered 401"), (403, "no", .forbidden, "answered 403: no"),
            (404, "404 page not found", .refused, "is the URL that of a Prometheus?"),
            (200, #"{"status":"error","errorType":"timeout","error":"late"}"#, .timeout, "late"),
            (200, #"{"status":"error","error":"broken store"}"#, .refused, "broken store"),
            (200, #"{"status":"success","data":{"resultType":"vector","result":[{"metric"#, .undecodable, ""),
            (200, #"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#, .refused, "no vector"),
            (200, "<html>login</html>", .undecodable, ""), (302, "", .refused, "answered 302"),
        ] as [(Int, String, UsageError.Code, String)])
    func refusals(status: Int, body: String, code: UsageError.Code, words: String) async throws {
        let server = try PrometheusStandIn()
        server.answer(status, body)
        let error = await Self.error(server.client())
        #expect(error?.code == code)
        #expect(error?.detail.contains(words) == true || words.isEmpty, "\(error?.detail ?? "")")
    }

    @Test("an answer that is too long is given up, one that never comes is, and the token stays secret")
    func limits() async throws {
        let server = try PrometheusStandIn()
        server.answer(String(repeating: " ", count: 2_000))
        #expect(await Self.error(server.client(maximumBytes: 1_000))?.code == .tooLarge)
        server.answer(400, #"{"status":"error","error":"bad token open-sesame"}"#)
        let error = await Self.error(server.client(token: "open-sesame"))
        #expect(server.asked.last?.authorization == "Bearer open-sesame")
        #expect(error?.detail.contains("open-sesame") == false && error?.detail.contains("bad token ***") == true)
        let nobody = PrometheusClient(
            PrometheusEndpoint(baseURL: "http://127.0.0.1:1"), http: HTTPClient(name: "test"), version: "1")
        #expect(await Self.error(nobody)?.code == .unreachable)
    }

    @Test("numbers that are none are left out, rows that cannot be read are counted, warnings are kept")
    func values() async throws {
        let server = try PrometheusStandIn()
        server.answer(
            """
            {"status": "success", "warnings": ["store a is missing"], "infos": ["x"], "data": {"resultType": "matrix",
            "result": [{"metric": {"namespace": "a", "pod": "b", "container": "c", "x": "y"}, "values":
            [[1772366400, "1.5"], [1772370000.25, "NaN"], [1772373600, "+Inf"], [1772377200, "2e-3"], ["x", "1"], [1]]},
            {"values": []}]}}
            """)
        let answer = try await server.client().query(
            "up", from: Timestamp(seconds: 1_772_366_400), to: Timestamp(seconds: 1_772_377_200), stepSeconds: 3_600)
        #expect(answer.warnings == ["store a is missing"] && answer.malformed == 3)
        let series = try #require(answer.series.first)
        #expect(answer.series.count == 1)
        #expect(series.labels == PrometheusAnswer.Labels(namespace: "a", pod: "b", container: "c"))
        #expect(series.points.map(\.value) == [1.5, 0.002])
        let asked = try #require(server.asked.first)
        #expect(asked.path == "/api/v1/query_range" && asked.parameters["step"] == "3600")
        #expect(asked.parameters["start"] == "2026-03-01T12:00:00Z" && asked.parameters["timeout"] == "20000ms")
    }

    @Test("which Prometheus is asked of which cluster")
    func serving() {
        let plain = PrometheusEndpoint(baseURL: "http://p")
        #expect(plain.serves("home", home: "home") && !plain.serves("far", home: "home"))
        let all = PrometheusEndpoint(baseURL: "http://p", clusterLabel: "cluster")
        #expect(all.serves("home", home: "home") && all.serves("far", home: "home"))
        let far = PrometheusEndpoint(baseURL: "http://p", cluster: "far")
        #expect(!far.serves("home", home: "home") && far.serves("far", home: "home"))
    }
}

@Suite("Usage from Prometheus")
struct PrometheusSourceTests {
    private static func labels(_ pod: String, _ container: String = "main") -> [String: String] {
        ["namespace": "shop", "pod": pod, "container": container]
    }

    @Test("a pod's usage needs CPU and memory of a container, and is asked for by the cluster's label")
    func usage() async throws {
        let server = try PrometheusStandIn()
        server.answer { asked in
            let isCPU = asked.parameters["query"]?.contains("rate(container_cpu") == true
            let text =
                isCPU
                ? prometheusVector([
                    (Self.labels("web-1"), "0.1201"), (Self.labels("web-1", "proxy"), "0"), (Self.labels("web-2"), "1"),
                ])
                : prometheusVector([(Self.labels("web-1"), "1048576"), (Self.labels("web-1", "proxy"), "NaN")])
            return HTTPServerResponse(status: 200, body: .bytes(Array(text.utf8)))
        }
        let source = PrometheusSource(server.client(clusterLabel: "k8s_cluster"), cluster: #"eu"1"#)
        let reading = try await source.usage()
        let sample = try #require(reading.samples.first)
        #expect(reading.samples.count == 1)
        #expect(sample.pod.namespace == "shop" && sample.pod.pod == "web-1")
        #expect(sample.pod.containers == ["main": .init(cpuMillicores: 121, memoryBytes: 1_048_576)])
        #expect(sample.at == Timestamp(seconds: 1_772_366_400))
        #expect(server.asked.count == 2)
        #expect(server.asked.allSatisfy { $0.parameters["query"]?.contains(#"k8s_cluster="eu\"1""#) == true })
    }

    @Test("the past is asked for by namespace, and hours belong to the moment at their end")
    func hours() async throws {
        let server = try PrometheusStandIn()
        server.answer(
            """
            {"status": "success", "data": {"resultType": "matrix", "result": [{"metric":
            {"namespace": "shop", "pod": "web-1", "container": "main"}, "values": [[1772370000, "0.5"]]}]}}
            """)
        let from = Timestamp(seconds: 1_772_366_400)
        let hours = try await PrometheusSource(server.client(), cluster: "c").hours(
            namespace: "shop", from: from, to: from.adding(seconds: 7_200))
        #expect(hours.count == 1 && hours.first?.container == "main" && hours.first?.pod.name == "web-1")
        #expect(hours.first?.cores.first?.at == from.adding(seconds: 3_600))
        #expect(hours.first?.bytes.first?.value == 0.5)
        #expect(server.asked.allSatisfy { $0.parameters["start"] == from.adding(seconds: 3_600).rfc3339 })
        #expect(server.asked.allSatisfy { $0.parameters["query"]?.contains(#"namespace="shop""#) == true })
    }

    @Test("what KRR asks for: K1 of the reference")
    func krr() async throws {
        let server = try PrometheusStandIn()
        server.answer { asked in
            let query = asked.parameters["query"] ?? ""
            let values: [String: String]
            switch true {
            case query.hasPrefix("quantile_over_time"): values = ["a": "0.120", "b": "0.180", "c": "0.1504"]
            case query.hasPrefix("max_over_time"): values = ["a": "209715200", "b": "325477990", "c": "1"]
            default: values = ["a": "50", "b": "60", "c": "70"]
            }
            let rows = values.map { (Self.labels($0.key), $0.value) }
            return HTTPServerResponse(status: 200, body: .bytes(Array(prometheusVector(rows).utf8)))
        }
        let usage = try await PrometheusSource(server.client(), cluster: "c").krrUsage(
            namespace: "shop", pods: ["a", "b", "web.c"])
        let pods = usage.values.compactMap { $0["main"] }
        let advice = KRRStrategy().recommend(for: pods)
        #expect(advice.cpuRequest == .amount(180) && advice.memory == .amount(357 << 20))
        #expect(server.asked.count == 4)
        #expect(server.asked.first?.parameters["query"]?.contains(#"pod=~"a|b|web\\.c""#) == true)
        #expect(server.asked.first?.parameters["query"]?.contains("[14d:75s]") == true)
    }
}
