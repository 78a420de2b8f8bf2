import Base
import Costs
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import CostSources

@Suite("What ScaleOps' answers say")
struct ScaleOpsReadingTests {
    private static let whole = """
        {"workloads": [{"id": "EU/prod/Shop", "clusterName": "eu@1", "namespace": "prod", "workloadName": "shop",
          "type": "Deployment", "policyName": "high-availability", "auto": true, "cpuRequests": 1000,
          "memRequests": 1073741824, "cpuRecommended": 250.5, "memRecommended": 536870912, "cpuDiff": 749.5,
          "memoryDiff": 536870912, "isUnderProvisioned": false, "isOverProvisioned": true, "savingsAvailable": 102.364,
          "activeSavings": 0.1, "overallAvailableSavings": 12, "overridden": false, "shouldBinPack": true,
          "hasGPU": false, "hasHpa": true, "rollingStrategyDetails": {"rolloutPolicyValue": "OnCreate"},
          "priorityClassName": 0, "replicas": 3, "oomCountLast24h": 2, "oomLastTimestamp": "", "workloadErrors": null,
          "hpaStatusWarnings": "none yet"}]}
        """

    @Test("every field of a workload is read with its unit")
    func workload() async throws {
        let server = try ScaleOpsStandIn()
        server.answer(Self.whole)
        let found = try await server.client().workloads(labels: ["app=shop", "tier=a b"])
        let workload = try #require(found.items.first)
        #expect(found.problemCount == 0)
        #expect((workload.id, workload.cluster, workload.namespace) == ("EU/prod/Shop", "eu@1", "prod"))
        #expect((workload.name, workload.kind, workload.policyName) == ("shop", "Deployment", "high-availability"))
        #expect((workload.isAutomated, workload.isUnderProvisioned, workload.isOverProvisioned) == (true, false, true))
        #expect((workload.cpuRequest, workload.recommendedCPU, workload.cpuDifference) == (1_000, 250.5, 749.5))
        #expect((workload.memoryRequest, workload.recommendedMemory) == (1_073_741_824, 536_870_912))
        #expect(workload.memoryDifference == 536_870_912)
        #expect(workload.savingsAvailable?.nanoDollars == 102_364_000_000)
        #expect(workload.activeSavings?.nanoDollars == 100_000_000)
        #expect(workload.overallSavingsAvailable?.nanoDollars == 12_000_000_000)
        #expect((workload.isOverridden, workload.isBinPacked, workload.hasGPU) == (false, true, false))
        #expect((workload.hasAutoscaler, workload.rolloutPolicy, workload.priorityClassName) == (true, "OnCreate", "0"))
        #expect((workload.replicas, workload.oomKillsInLastDay, workload.lastOOMKill) == (3, 2, nil))
        #expect((workload.errors, workload.autoscalerWarnings) == (nil, "none yet"))
        let asked = try #require(server.asked.first)
        #expect(asked.target == "/api/v1/dashboard/byNamespace?multiCluster=true&logicalLabel=AND")
        #expect(asked.body == #"{"label":["app=shop","tier=a b"]}"#)
        #expect(asked.headers["Content-Type"] == "application/json")
    }

    @Test("what is kept of a row reads as the row did")
    func document() async throws {
        let server = try ScaleOpsStandIn()
        server.answer(Self.whole)
        let workload = try #require(try await server.client().workloads(labels: []).items.first)
        #expect(ScaleOpsWorkload(document: workload.document) == workload.value)
        #expect(ScaleOpsWorkload(document: ["workloadName": "x"]) == nil)
        var row = ScaleOpsRow(
            [
                "id": "A", "workloadName": "shop", "totalCost": 32.325, "hourlyCost": 0, "spotPercent": "40",
                "onDemandPercent": 60, "spotHours": 1, "onDemandHours": 504, "savingsAvailable": -0.1,
            ], path: "x")
        let cost = try #require(ScaleOpsCost(&row, range: .week))
        #expect(cost.hourly != .zero && ScaleOpsCost(document: cost.document, range: .week) == cost)
    }

    @Test("null, missing and empty fields, numbers as texts and negative savings are taken as they are meant")
    func leniency() async throws {
        let server = try ScaleOpsStandIn()
        server.answer(
            """
            {"workloads": [
              {"clusterName": "a", "namespace": "b", "workloadName": "c", "type": "Deployment", "cpuRequests": "250",
               "memRequests": "1.5e3", "savingsAvailable": "-12.25", "auto": "true", "policyName": "N/A", "id": null,
               "replicas": "2", "activeSavings": null, "cpuRecommended": "", "isUnderProvisioned": 1},
              {"clusterName": "a", "namespace": "b", "workloadName": 7, "type": "Job", "savingsAvailable": -0.5}]}
            """)
        let found = try await server.client().workloads(labels: [])
        #expect(found.problemCount == 0 && found.items.count == 2)
        let workload = try #require(found.items.first)
        #expect((workload.cpuRequest, workload.memoryRequest, workload.recommendedCPU) == (250, 1_500, nil))
        #expect(workload.savingsAvailable?.nanoDollars == -12_250_000_000 && workload.activeSavings == nil)
        #expect((workload.isAutomated, workload.isUnderProvisioned, workload.isOverProvisioned) == (true, true, nil))
        #expect((workload.id, workload.policyName, workload.replicas) == (nil, nil, 2))
        #expect(found.items.last?.name == "7" && found.items.last?.savingsAvailable?.nanoDollars == -500_000_000)
    }

    @Test(
        "a field that cannot be used is named, and only it is missing",
        arguments: [
            (#""cpuRequests": {}"#, "workloads[0].cpuRequests: expected a number, found object"),
            (#""cpuRequests": "much""#, "workloads[0].cpuRequests: expected a number, found string"),
            (#""cpuRequests": "0x10""#, "workloads[0].cpuRequests: expected a number, found string"),
            (
                #""savingsAvailable": "1e99""#,
                "workloads[0].savingsAvailable: expected an amount of money, found string"
            ),
            (#""auto": "perhaps""#, "workloads[0].auto: expected true or false, found string"),
            (#""replicas": 1.5"#, "workloads[0].replicas: expected a whole number, found number"),
            (#""policyName": []"#, "workloads[0].policyName: expected a string, found array"),
            (
                #""policyName": "a\u0000""#,
                "workloads[0].policyName: expected a string without U+0000, found string"
            ),
            (#""rollingStrategyDetails": 3"#, "workloads[0].rollingStrategyDetails: expected an object, found integer"),
            (
                #""rollingStrategyDetails": {"rolloutPolicyValue": {}}"#,
                "workloads[0].rollingStrategyDetails.rolloutPolicyValue: expected a string, found object"
            ),
        ])
    func unusableField(field: String, problem: String) async throws {
        let server = try ScaleOpsStandIn()
        server.answer(
            #"{"workloads": [{"clusterName": "a", "namespace": "b", "workloadName": "c", "type": "D", \#(field)}]}"#)
        let found = try await server.client().workloads(labels: [])
        #expect(found.items.count == 1 && found.problems.map(\.description) == [problem])
    }

    @Test("a row that does not say what it is about is left out and noted, and the others are there")
    func unusableRow() async throws {
        let server = try ScaleOpsStandIn()
        let good = #"{"clusterName": "a", "namespace": "b", "workloadName": "c", "type": "D"}"#
        let bad = (0..<30).map { _ in #"{"clusterName": "a"}"# }.joined(separator: ",")
        server.answer(#"{"workloads": [3, \#(bad), \#(good)]}"#)
        let found = try await server.client().workloads(labels: [])
        #expect(found.items.count == 1 && found.problemCount == 31 && found.problems.count == 20)
        #expect(found.problems.first?.description == "workloads[0]: expected an object, found integer")
        #expect(found.problems.last?.description == "workloads[19]: left out: it does not say what it is about")
    }

    @Test("whatever stands in the fields, each row is given or noted")
    func anything() throws {
        var random = SeededRandom(seed: 11)
        let values: [JSONValue] = [
            .null, true, 0, -1, 1.5, 1e300, .int(.max), .uint(.max), "", "x", "-3.5", "1e400", "N/A", [], [1], [:],
            ["a": 1],
        ]
        let whole = try JSONValue(parsing: Self.whole)["workloads"]?[0]?.objectValue ?? [:]
        #expect(whole.count == 29)
        for _ in 0..<3_000 {
            var members = whole
            for key in whole.keys where Bool.random(using: &random) {
                members[key] = Int.random(in: 0..<6, using: &random) == 0 ? nil : values.randomElement(using: &random)
            }
            var row = ScaleOpsRow(.object(members), path: "workloads[0]")
            let workload = ScaleOpsWorkload(&row)
            let isNamed = ["clusterName", "namespace", "workloadName", "type"].allSatisfy {
                guard let value = members[$0], value != "", value != "N/A" else { return false }
                return value.stringValue != nil || value.intValue != nil || value == .uint(.max)
            }
            #expect((workload != nil) == isNamed, "\(members)")
            #expect(row.problems.allSatisfy { $0.field.hasPrefix("workloads[0].") })
        }
    }

    @Test("no workloads are no error", arguments: ["{}", #"{"workloads": null}"#, #"{"workloads": []}"#])
    func empty(answer: String) async throws {
        let server = try ScaleOpsStandIn()
        server.answer(answer)
        #expect(try await server.client().workloads(labels: []).items.isEmpty)
    }

    @Test(
        "an answer of another shape is an error that names what is wrong",
        arguments: [
            ("<html>login</html>", "not valid JSON"), ("", "not valid JSON"),
            ("null", "the answer: expected an object"),
            (#"{"workloads": 3}"#, "workloads: expected a list"), (#"{"workloads": {}}"#, "workloads: expected a list"),
            (#"{"workloads": [{"a""#, "not valid JSON"),
        ])
    func undecodable(answer: String, words: String) async throws {
        let server = try ScaleOpsStandIn()
        server.answer(answer)
        do {
            _ = try await server.client().workloads(labels: [])
            Issue.record("it was read")
        } catch {
            #expect(error.code == .undecodable && error.detail.contains(words), "\(error)")
        }
    }

    @Test(
        "a status that is no success is an error with what the server said, shortened", arguments: [400, 403, 404, 500])
    func refusal(status: Int) async throws {
        let server = try ScaleOpsStandIn()
        server.answer { _ in
            HTTPServerResponse(
                status: status, body: .bytes(Array(("no\nsuch thing " + String(repeating: "x", count: 999)).utf8)))
        }
        do {
            _ = try await server.client().policies(cluster: "a")
            Issue.record("it was read")
        } catch {
            #expect(error.code == .refused && error.status == status)
            #expect(error.detail.contains("answered \(status): no such thing xx") && error.detail.utf8.count < 500)
        }
    }

    @Test("an answer that breaks off is asked for once more")
    func brokenOff() async throws {
        let server = try ScaleOpsStandIn()
        let broken = Mutex(false)
        server.answer { _ in
            let isFirst = broken.withLock { broken in
                defer { broken = true }
                return !broken
            }
            guard isFirst else { return .json(200, ["workloads": []]) }
            return HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x7B])
                    throw CancellationError()
                })
        }
        #expect(try await server.client().workloads(labels: []).items.isEmpty)
        #expect(server.asked.count == 2)
    }

    @Test("an answer is the same however its bytes are cut")
    func everySplit() throws {
        let text = #"{"n": [1], "workloads": [3, {"clusterName": "a"}, \#(Self.whole.dropFirst(1).drop { $0 != "{" })"#
        let bytes = Array(text.utf8)
        func read(_ parts: [ArraySlice<UInt8>]) throws -> ScaleOpsList<ScaleOpsWorkload> {
            var reader = ScaleOpsListReader("workloads", maximumBytes: 1 << 20) { ScaleOpsWorkload(&$0) }
            for part in parts { try reader.feed(Array(part)) }
            return try reader.finish()
        }
        let whole = try read([bytes[...]])
        #expect(whole.items.first?.name == "shop" && whole.problems.map(\.field) == ["workloads[0]", "workloads[1]"])
        for cut in bytes.indices {
            let parts = try read([bytes[..<cut], bytes[cut...]])
            #expect(parts.items == whole.items && parts.problems == whole.problems, "cut at \(cut)")
            #expect(throws: ScaleOpsFieldProblem.self) { try read([bytes[..<cut]]) }
        }
    }

    @Test("10,000 workloads are read")
    func many() async throws {
        let server = try ScaleOpsStandIn()
        let rows: [JSONValue] = (0..<10_000).map {
            ["clusterName": "a", "namespace": "b", "workloadName": .string("w\($0)"), "type": "D", "cpuRequests": 1]
        }
        server.answer(String(decoding: JSONValue.object(["workloads": .array(rows)]).serialized(), as: UTF8.self))
        let found = try await server.client().workloads(labels: [])
        #expect(found.items.count == 10_000 && found.items.last?.name == "w9999")
    }

    @Test("clusters with network costs, destinations in both forms, and policies by name")
    func others() async throws {
        let server = try ScaleOpsStandIn()
        let client = server.client()
        server.answer(#"{"networkCostEnabled": {"a": true, "b": false, "c": null}}"#)
        #expect(try await client.clustersWithNetworkCosts() == ["a"])
        server.answer("{}")
        #expect(try await client.clustersWithNetworkCosts() == [])

        let row = #"""
            {"Name": "dns", "Namespace": "kube-system", "WorkloadType": "daemonset", "replicas": 2,
             "totalCost": {"total": 10, "egress": "6", "ingress": null}, "totalTraffic": {"total": 1000}}
            """#
        let workload = try await self.workload(server, "a&b/ü", cluster: "eu@1")
        for text in [#"{"destinations": [\#(row)]}"#, "[\(row)]"] {
            server.answer(text)
            let found = try await client.networkDestinations(
                of: workload, from: Timestamp(seconds: 1_000), to: Timestamp(seconds: 2_000))
            let destination = try #require(found.items.first)
            #expect((destination.name, destination.namespace, destination.kind) == ("dns", "kube-system", "daemonset"))
            #expect(destination.totalCost?.total?.dollars == 10 && destination.totalCost?.egress?.dollars == 6)
            #expect(destination.totalCost?.ingress == nil && destination.costAcrossZones == nil)
            #expect(destination.totalTraffic?.total == 1_000)
        }
        let asked = try #require(server.asked.last)
        #expect(
            asked.target
                == "/api/v1/workload-network?name=a%26b%2F%C3%BC&namespace=prod&workloadType=Deployment&from=1000000"
                + "&to=2000000")
        #expect(asked.headers["X-Scaleops-Cluster"] == "eu@1")

        server.answer(#"{"policies": [{"metadata": {"name": "ha"}, "spec": {"x": 1}}, {"metadata": {}}, 3]}"#)
        #expect(try await client.policies(cluster: "a") == ["ha": ["metadata": ["name": "ha"], "spec": ["x": 1]]])
    }

    private func workload(
        _ server: ScaleOpsStandIn, _ name: String, cluster: String = "eu", more: String = ""
    ) async throws -> ScaleOpsWorkload {
        server.answer(
            #"{"workloads": [{"clusterName": "\#(cluster)", "namespace": "prod", "workloadName": "\#(name)", "#
                + #""type": "Deployment"\#(more)}]}"#)
        return try #require(try await server.client().workloads(labels: []).items.first).value
    }
}
