import Base
import Costs
import HTTPClient
import HTTPServer
import TestSupport
import Testing

@testable import CostSources

@Suite("OpenCost")
struct OpenCostClientTests {
    private static let hour = Timestamp(seconds: 1_772_366_400)
    private static let question = OpenCostQuestion(
        from: hour, to: hour.adding(seconds: 7_200), stepHours: 1, grouping: .controllers)

    private static func client(
        _ url: String, prefix: String = "", token: String? = nil, timeout: Duration = .seconds(20),
        maximumBytes: Int = 1 << 20
    ) -> OpenCostClient {
        OpenCostClient(
            OpenCostEndpoint(
                baseURL: url + "/", pathPrefix: prefix, token: token.map { Secret($0) }, timeout: timeout),
            http: HTTPClient(name: "test"), version: "1", maximumBytes: maximumBytes, pause: { _ in })
    }

    private static func error(_ client: OpenCostClient) async -> UsageError? {
        do throws(UsageError) {
            _ = try await client.allocations(question)
            return nil
        } catch {
            return error
        }
    }

    private static func rows(_ rows: [JSONObject]) async throws -> OpenCostAnswer {
        let server = try OpenCostServer()
        server.allocate { _, hour in hour == Self.hour ? rows : [] }
        return try await client(server.url).allocations(question)
    }

    private static func row(_ more: JSONObject = [:]) -> JSONObject {
        OpenCostServer.row(hour, controller: "shop", more)
    }

    @Test("whole hours are asked for as a pair of moments, by controller, with what is idle")
    func question() async throws {
        let server = try OpenCostServer()
        server.allocate { _, _ in [] }
        _ = try await Self.client(server.url, prefix: "/model/", token: "open-sesame").allocations(Self.question)
        let asked = try #require(server.asked.first)
        #expect(asked.path == "/model/allocation/compute" && asked.authorization == "Bearer open-sesame")
        #expect(
            asked.parameters == [
                "window": "2026-03-01T12:00:00Z,2026-03-01T14:00:00Z", "step": "1h", "accumulate": "false",
                "aggregate": "cluster,namespace,controllerKind,controller", "includeIdle": "true",
            ])
        let pods = OpenCostQuestion(
            from: Self.hour, to: Self.hour.adding(seconds: 3_600), stepHours: 1,
            grouping: .pods(namespaces: ["a", "b"]))
        _ = try await Self.client(server.url).allocations(pods)
        #expect(server.asked.last?.parameters["filter"] == #"namespace:"a","b""#)
        #expect(server.asked.last?.isByPod == true && server.asked.last?.path == "/allocation/compute")
    }

    @Test(
        "what is no good answer is told for what it is, whichever of status and code says so",
        arguments: [
            (400, #"{"code":400,"message":"invalid window"}"#, .refused, "answered 400: invalid window"),
            // An old version writes the refusal and then goes on.
            (400, #"{"code":400,"message":"bad"}{"code":200,"data":[{}]}"#, .refused, "answered 400"),
            (200, #"{"code":400,"message":"bad"}{"code":200,"data":[{}]}"#, .undecodable, ""),
            (200, #"{"code":400,"message":"invalid window"}"#, .refused, "code 400: invalid window"),
            (200, #"{"code":200,"data":null}"#, .refused, "no list in data"),
            (200, #"{"code":200,"data":[{"a":{"cpuCost":NaN}}]}"#, .undecodable, ""),
            (200, #"{"code":200,"data":[{"a":{"#, .undecodable, ""), (200, "<html>login</html>", .undecodable, ""),
            (401, "", .forbidden, "answered 401"), (302, "", .refused, "answered 302"),
            (500, "oops", .refused, "answered 500: oops"),
        ] as [(Int, String, UsageError.Code, String)])
    func refusals(status: Int, body: String, code: UsageError.Code, words: String) async throws {
        let server = try OpenCostServer()
        server.answer(status, body)
        let error = await Self.error(Self.client(server.url))
        #expect(error?.code == code)
        #expect(error?.detail.contains(words) == true || words.isEmpty, "\(error?.detail ?? "")")
    }

    @Test("an answer that is too long or never comes is given up, a token is kept secret, and reads are tried again")
    func limits() async throws {
        let server = try OpenCostServer()
        server.answer(200, String(repeating: " ", count: 2_000))
        #expect(await Self.error(Self.client(server.url, maximumBytes: 1_000))?.code == .tooLarge)
        server.answer(400, #"{"message":"bad token open-sesame"}"#)
        let error = await Self.error(Self.client(server.url, token: "open-sesame"))
        #expect(error?.detail.contains("bad token ***") == true, "\(error?.detail ?? "")")
        #expect(await Self.error(Self.client("http://127.0.0.1:1"))?.code == .unreachable)
        let before = server.asked.count
        server.answer(503, "busy")
        #expect(await Self.error(Self.client(server.url))?.code == .refused)
        #expect(server.asked.count == before + 4)
    }

    @Test("costs are read with their adjustments, hours as capacity and averages as usage")
    func values() async throws {
        let answer = try await Self.rows([
            Self.row([
                "minutes": 30, "cpuCost": 0.5, "cpuCostAdjustment": -0.1, "ramCost": 0.25, "ramCostAdjustment": 0.01,
                "gpuCost": 1, "pvCost": 0.03, "networkCost": 0.04, "networkCostAdjustment": 0.01,
                "loadBalancerCost": 0.05, "sharedCost": 0.06, "externalCost": 0.01, "cpuCoreHours": 0.25,
                "ramByteHours": 1_048_576, "gpuHours": 0.5, "cpuCoreUsageAverage": 0.1, "ramByteUsageAverage": 2_048,
                "totalEfficiency": "n/a", "labels": ["app_kubernetes_io_name": "shop"],
            ])
        ])
        let row = try #require(answer.rows.first)
        #expect(row.step == Self.hour && row.cluster == "main" && row.namespace == "prod" && row.seconds == 1_800)
        #expect(row.share == .controller(kind: "deployment", name: "shop"))
        let expected = [400, 260, 1_000, 30, 50, 50, 70].map { Money(nanoDollars: $0 * 1_000_000) }
        let cost = row.cost
        #expect(
            [cost.cpu, cost.memory, cost.gpu, cost.storage, cost.network, cost.loadBalancer, cost.shared] == expected)
        #expect(row.use == CapacityTime(millicoreSeconds: 900_000, byteSeconds: 3_774_873_600, gpuSeconds: 1_800))
        #expect(row.used == CapacityTime(millicoreSeconds: 180_000, byteSeconds: 3_686_400))
        #expect(answer.malformed.isEmpty)
    }

    @Test("null is missing and not zero; what cannot be read is counted; costs below zero are none")
    func missing() async throws {
        let answer = try await Self.rows([
            Self.row(["cpuCost": nil, "ramCost": 0.25, "cpuCoreUsageAverage": nil, "ramByteUsageAverage": 5]),
            Self.row(["cpuCost": "dear", "ramCost": -0.5]),
            ["properties": ["namespace": "prod"], "start": .string(Self.hour.rfc3339)],
            ["properties": ["cluster": "main"]],
        ])
        #expect(answer.rows.count == 2)
        #expect(answer.rows.first?.used == nil && answer.rows.first?.cost.total == Money(nanoDollars: 250_000_000))
        #expect(answer.rows.last?.cost.total == .zero)
        #expect(answer.malformed == ["main": 3, "": 1])
    }

    @Test("a step that reaches beyond the end is left out, and order does not matter")
    func overshooting() async throws {
        let server = try OpenCostServer()
        server.answer { asked in
            let hours = asked.hours + [asked.hours[asked.hours.count - 1].adding(seconds: 3_600)]
            let steps = hours.reversed().map { [OpenCostServer.row($0, controller: "shop")] }
            return .json(200, OpenCostServer.body(steps))
        }
        let answer = try await Self.client(server.url).allocations(Self.question)
        #expect(answer.rows.map(\.step) == [Self.hour.adding(seconds: 3_600), Self.hour])
        #expect(answer.malformed.isEmpty)
    }

    @Test(
        "reserved words are told wherever they stand, and identity comes from the properties",
        arguments: [
            (["name": "main/__idle__"], "{}", .idle), (["name": "__idle__"], "{}", .idle),
            (["name": "main/prod/__unmounted__/x"], #"{"pod":"__unmounted__"}"#, .unmounted),
            (["name": "x"], #"{"controllerKind":"__unallocated__","controller":"__unallocated__"}"#, .unallocated),
            (["name": "x"], #"{"controllerKind":"","controller":""}"#, .unallocated),
            (["name": "x"], #"{"controllerKind":"deployment"}"#, .unallocated),
            (
                ["name": "other/thing/altogether"], #"{"controllerKind":"StatefulSet","controller":"a/b"}"#,
                .controller(kind: "StatefulSet", name: "a/b")
            ),
        ] as [(JSONObject, String, OpenCostRow.Share)])
    func identity(fields: JSONObject, properties: String, share: OpenCostRow.Share) async throws {
        var row = Self.row(fields)
        var found: JSONObject = ["cluster": "main", "namespace": "__unallocated__", "node": "__unallocated__"]
        for (name, value) in try JSONValue(parsing: Array(properties.utf8)).objectValue ?? [:] { found[name] = value }
        row["properties"] = .object(found)
        let answer = try await Self.rows([row])
        #expect(answer.rows.map(\.share) == [share])
        #expect(answer.rows.first?.namespace == "" && answer.rows.first?.node == "")
    }
}
