import Base
import CostSources
import Costs
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import Reconcilers
@testable import Store

@Suite("Sizing with Prometheus", .serialized, .enabled(if: TestDatabase.isAvailable))
struct SizingPastTests {
    /// Answers questions by the beginning of their expression; what has no answer is refused with this status.
    private static func prometheus(
        refusing status: Int = 422,
        _ answers: @escaping @Sendable (_ query: String, _ parameters: [String: String]) -> [JSONValue]?
    ) throws -> (HTTPServer, PrometheusSource) {
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            var parameters: [String: String] = [:]
            for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1).map { Array($0.utf8) }
                guard parts.count == 2 else { continue }
                parameters[String(decoding: parts[0], as: UTF8.self)] = String(
                    decoding: percentDecoded(parts[1]) ?? [], as: UTF8.self)
            }
            guard let rows = answers(parameters["query"] ?? "", parameters) else {
                return HTTPServerResponse(
                    status: status, body: .bytes(Array(#"{"status": "error", "error": "too many samples"}"#.utf8)))
            }
            let type: JSONValue = request.path.hasSuffix("range") ? "matrix" : "vector"
            let body: JSONValue = ["status": "success", "data": ["resultType": type, "result": .array(rows)]]
            return HTTPServerResponse(status: 200, body: .bytes(body.serialized()))
        }
        let client = PrometheusClient(
            PrometheusEndpoint(baseURL: "http://127.0.0.1:\(server.port)"), http: HTTPClient(name: "test"), version: "1"
        )
        return (server, PrometheusSource(client, cluster: "test"))
    }

    private static func series(_ pod: String, _ value: JSONValue, _ key: String = "value") -> JSONValue {
        .object([
            "metric": ["namespace": "shop", "pod": .string(pod), "container": "main"], key: value,
        ])
    }

    private static func value(_ value: String) -> JSONValue { .array([1_772_366_400, .string(value)]) }

    @Test("K1 of the reference comes out, once a day, and what is throttled is told")
    func krr() async throws {
        try await SizingScene.with { scene async throws in
            let asked = Mutex(0)
            let (server, past) = try Self.prometheus { query, _ in
                func rows(_ values: [String]) -> [JSONValue] {
                    zip(["web-1-a", "web-1-b", "web-1-c"], values).map { Self.series($0, Self.value($1)) }
                }
                switch true {
                case query.hasPrefix("quantile_over_time"):
                    asked.withLock { $0 += 1 }
                    return rows(["0.120", "0.180", "0.1504"])
                case query.hasPrefix("max_over_time("): return rows(["209715200", "325477990", "1"])
                case query.hasPrefix("count_over_time("): return rows(["1200", "1200", "1200"])
                case query.contains("throttled"): return rows(["0.75"])
                default: return []
                }
            }
            let pods = ["web-1-a", "web-1-b", "web-1-c"]
            let reconciler = scene.reconciler(SizingScene.cluster(pods: pods), past: past)
            #expect(await reconciler.size())
            let columns = "class, cpu_recommended_millicores, memory_recommended_bytes, memory_recommended_limit_bytes"
            #expect(try await scene.rows(columns, source: "krr") == ["throttled 180 \(357 << 20) \(357 << 20)"])
            #expect(
                try await scene.rows("cpu_recommended_limit_millicores, details->'severity'->>'cpu'", source: "krr")
                    == [
                        "CRITICAL"
                    ])
            #expect(try await scene.rows("class, details->>'throttledShare'") == ["throttled 0.75"])
            scene.time.advance(seconds: 3_600)
            #expect(await reconciler.size())
            #expect(await scene.reconciler(SizingScene.cluster(pods: pods), past: past).size())
            #expect(asked.withLock { $0 } == 1)
            scene.time.advance(seconds: 86_400)
            #expect(await reconciler.size())
            #expect(asked.withLock { $0 } == 2)
            _ = server
        }
    }

    @Test("eight days before the start are learned from Prometheus once, also from pods that are gone, and gaps later")
    func backfill() async throws {
        try await SizingScene.with { scene async throws in
            let windows = Mutex<[String]>([])
            let (server, past) = try Self.prometheus { query, parameters in
                guard query.contains("[1h]"), !query.contains("throttled"), let start = parameters["start"],
                    let end = parameters["end"], let from = Timestamp(rfc3339: start), let to = Timestamp(rfc3339: end)
                else { return [] }
                let isCPU = query.contains("rate(")
                if isCPU { windows.withLock { $0.append(start) } }
                var points: [JSONValue] = []
                var moment = from
                while moment <= to {
                    points.append(.array([.int(moment.microseconds / 1_000_000), isCPU ? "0.47" : "524288000"]))
                    moment = moment.adding(seconds: 3_600)
                }
                // The one is there, the other is not any more; the last belongs to nobody.
                return ["web-1-a", "web-1-gone", "other"].map { Self.series($0, .array(points), "values") }
            }
            let reconciler = scene.reconciler(past: past)
            #expect(await reconciler.size())
            // Two pods for 8 days, an hour counting as 60 samples.
            #expect(
                try await scene.rows("cpu_recommended_millicores, samples, history_seconds") == [
                    "548 \(2 * 8 * 24 * 60) \((8 * 24 - 1) * 3_600)"
                ])
            #expect(windows.withLock { $0.count } == 8)
            #expect(await reconciler.size())
            #expect(windows.withLock { $0.count } == 8)
            // Another process after a gap of half a day asks for that alone.
            scene.time.advance(seconds: 12 * 3_600)
            #expect(await scene.reconciler(past: past).size())
            #expect(windows.withLock { $0.count } == 9)
            #expect(try await scene.rows("samples") == ["\(2 * (8 * 24 + 12) * 60)"])
            _ = server
        }
    }

    @Test("when Prometheus fails, what is known without it is said all the same, and it is asked again")
    func failure() async throws {
        try await SizingScene.with { scene async throws in
            let fails = Mutex(true)
            let asked = Mutex(0)
            let (server, past) = try Self.prometheus(refusing: 500) { query, _ in
                if query.contains("[1h]") { asked.withLock { $0 += 1 } }
                return fails.withLock { $0 } ? nil : []
            }
            let reconciler = scene.reconciler(past: past)
            await scene.feed(reconciler, cpu: { _ in 400 }, memory: 700 << 20)
            #expect(await reconciler.size())
            #expect(try await scene.rows("class").count == 1)
            #expect(try await scene.rows("class", source: "krr").isEmpty)
            let before = asked.withLock { $0 }
            fails.withLock { $0 = false }
            scene.time.advance(seconds: 4 * 3_600)
            #expect(await reconciler.size())
            #expect(asked.withLock { $0 } > before + 1)
            _ = server
        }
    }

    @Test("a day that is too long for an answer is asked for in parts, and is left out when no part is short enough")
    func tooLong() async throws {
        for longest in [6 * 3_600, 0] as [Double] {
            try await SizingScene.with { scene async throws in
                let asked = Mutex(0)
                let (server, past) = try Self.prometheus { query, parameters in
                    guard query.contains("[1h]"), query.contains("rate("),
                        let from = parameters["start"].flatMap({ Timestamp(rfc3339: $0) }),
                        let to = parameters["end"].flatMap({ Timestamp(rfc3339: $0) })
                    else { return [] }
                    asked.withLock { $0 += 1 }
                    guard to.secondsSince(from) + 3_600 <= longest else { return nil }
                    let moments = stride(from: from.microseconds, through: to.microseconds, by: 3_600_000_000)
                    let points = moments.map { JSONValue.array([.int($0 / 1_000_000), "0.47"]) }
                    return [Self.series("web-1-a", .array(points), "values")]
                }
                let reconciler = scene.reconciler(past: past)
                #expect(await reconciler.size())
                let samples = longest > 0 ? 8 * 24 * 60 : 0
                #expect(try await scene.rows("samples") == ["\(samples)"])
                let before = asked.withLock { $0 }
                #expect(await reconciler.size())
                #expect(asked.withLock { $0 } == before, "what cannot be had is not asked for in every round")
                _ = server
            }
        }
    }

    @Test("a round of KRR that broke off is begun anew by whoever leads next, though some of its rows were written")
    func brokenRound() async throws {
        try await SizingScene.with { scene async throws in
            let asked = Mutex(0)
            let (server, past) = try Self.prometheus { query, _ in
                if query.hasPrefix("quantile_over_time") { asked.withLock { $0 += 1 } }
                return []
            }
            try await scene.store.sizing.write(
                Self.changes(
                    Recommendation(
                        workloadID: scene.id, container: "main", source: .krr, sizingClass: .ok,
                        computedAt: scene.time.now)))
            #expect(await scene.reconciler(past: past).size())
            #expect(asked.withLock { $0 } == 1)
            #expect(await scene.reconciler(past: past).size())
            #expect(asked.withLock { $0 } == 1)
            _ = server
        }
    }

    private static func changes(_ recommendation: Recommendation) -> SizingChanges {
        var changes = SizingChanges()
        changes.recommendations = [recommendation]
        return changes
    }
}
