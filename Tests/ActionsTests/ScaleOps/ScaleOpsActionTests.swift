import Base
import CostSources
import Matching
import Store
import TestSupport
import Testing

@testable import Actions

@Suite("Actions about ScaleOps", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ScaleOpsActionTests {
    private static let data = "get_scaleops_data_for_entity"
    private static let costs = "get_scaleops_cost_analysis_for_entity"
    private static let advice = "get_scaleops_recommendations_for_entity"
    private static let network = "get_scaleops_network_usage_for_entity"
    private static let policies = "get_scaleops_policy_definitions_for_entity"
    private static let all = [data, costs, advice, network, policies]

    private typealias S = ScaleOpsScene

    @Test("there are five with the names of Backstage's plugin, and none without a ScaleOps")
    func registered() throws {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        let without = try ActionRegistry(store: store, currency: "EUR").actions
        #expect(!without.contains { $0.definition.plugin == "scaleops" })
        let with = try ActionRegistry(
            store: store, currency: "EUR", scaleOps: S.settings("http://127.0.0.1:1")
        ).actions.map(\.definition).filter { $0.plugin == "scaleops" }
        #expect(Set(with.map(\.name)) == Set(Self.all))
        #expect(with.allSatisfy { $0.attributes == .readOnly && $0.permissions == [.readScaleOps] })
        #expect(
            Set(with.map(\.title)) == [
                "Get ScaleOps Data for Backstage Entity", "Get ScaleOps Cost Analysis for Entity",
                "Get ScaleOps Optimization Recommendations for Entity",
                "Get ScaleOps Network Usage for a Backstage Entity",
                "Get ScaleOps Policy Definitions for Entity Workloads",
            ])
    }

    @Test("the stored figures of what Callboard matches, with when they were told and without asking ScaleOps")
    func stored() async throws {
        let rows = [
            S.row("shop", ["auto": true]),
            S.row("shop-cache", ["savingsAvailable": -17.5, "policyName": nil, "activeSavings": nil]),
            S.row("legacy"),
        ]
        try await S.with(rows) { scene async throws in
            let found = try await scene.answer(Self.data)
            #expect(found["entity"] == ["name": "shop", "namespace": "default", "kind": "Component"])
            #expect(values(found["workloads"], "workloadName") == ["shop", "shop-cache"])
            let cache = found["workloads"]?[1]
            #expect(cache?["policyName"] == .null && cache?["activeSavings"] == .null)
            #expect(cache?["cpuRequests"] == 1000.0 && cache?["cpuRecommended"] == 250.5 && cache?["isOwner"] == true)
            #expect(
                cache?["dashboardUrl"]?.stringValue?.hasPrefix(
                    "\(scene.server.url)/cost-report/compute?searchTerms=shop-cache&") == true)
            let summary = found["summary"]
            #expect(summary?["totalWorkloads"] == 2 && summary?["totalSavingsAvailable"] == 84.864)
            #expect(summary?["totalActiveSavings"] == 3.5 && summary?["automatedWorkloads"] == 1)
            #expect(summary?["overProvisionedCount"] == 2 && summary?["underProvisionedCount"] == 0)
            #expect(found["notInScaleOps"] == 1 && found["currency"] == "EUR" && found["live"] == false)
            #expect(found["asOf"] == .string(S.asOf.rfc3339) && found["errors"] == [])
            #expect(found["clusters"]?[0]?["unmatched"] == 7)
            #expect(scene.server.asked.isEmpty)
        }
    }

    @Test("pages follow each other and the summary covers all")
    func pages() async throws {
        try await S.with([S.row("shop"), S.row("shop-cache"), S.row("shared")]) { scene async throws in
            let first = try await scene.answer(Self.data, ["limit": 2])
            #expect(values(first["workloads"], "workloadName") == ["shared", "shop"])
            #expect(values(first["workloads"], "isOwner") == [false, true] && first["summary"]?["totalWorkloads"] == 3)
            let cursor = try #require(first["nextCursor"])
            let second = try await scene.answer(Self.data, ["limit": 2, "cursor": cursor])
            #expect(values(second["workloads"], "workloadName") == ["shop-cache"] && second["nextCursor"] == nil)
        }
    }

    @Test("live asks ScaleOps with what it understands of the selector and keeps what Callboard matches")
    func live() async throws {
        try await S.with([S.row("shop")]) { scene async throws in
            scene.server.change {
                $0.workloads = [
                    S.row("shop", ["clusterName": "theirs@1", "type": "deployment", "auto": true]), S.row("legacy"),
                    S.row("shop-cache", ["namespace": "staging"]), S.row("shop-cache", ["clusterName": "other"]),
                ]
            }
            let found = try await scene.answer(Self.data, ["live": true])
            #expect(values(found["workloads"], "clusterName") == ["theirs@1"] && found["live"] == true)
            #expect(values(found["workloads"], "auto") == [true] && found["asOf"] == .string(Scene.now.rfc3339))
            // The selector is a set, which ScaleOps does not understand.
            #expect(scene.server.asked.map(\.body) == [["label": []]])
        }
    }

    @Test("an outage is no fault of who asks, and is told as what it is")
    func outage() async throws {
        try await S.with([S.row("shop")]) { scene async throws in
            scene.server.change { $0.isDown = true }
            let calls: [(String, JSONObject)] = [
                (Self.data, ["live": true]), (Self.advice, ["live": true]), (Self.costs, ["range": "30d"]),
                (Self.network, [:]), (Self.policies, [:]),
            ]
            for (name, more) in calls {
                let error = try #require(try await scene.refusal(name, more), "\(name)")
                #expect(error.kind == .unavailable && error.message.contains("answered 500"), "\(name)")
            }
            // What is stored is there all the same.
            #expect(try await scene.answer(Self.data)["summary"]?["totalWorkloads"] == 1)
            #expect(try await scene.answer(Self.costs)["summary"]?["totalCost"] == 16.8)
        }
    }

    @Test("who names an entity that is not there, selects nothing, or selects wrongly learns what is wrong")
    func refusals() async throws {
        try await S.with { scene async throws in
            for name in Self.all {
                let plain = try await scene.refusal(name, ref: "component:default/plain")
                #expect(
                    plain?.kind == .input && plain?.message.contains("backstage.io/kubernetes-label-selector") == true)
                let broken = try await scene.refusal(name, ref: "component:default/broken")
                #expect(broken?.kind == .input && broken?.message.contains("label-selector") == true)
                #expect(try await scene.refusal(name, ref: "component:default/nothing")?.kind == .notFound)
                let empty = try await scene.answer(name)
                #expect(empty["asOf"] == .null && empty["notInScaleOps"] == 3 && empty["nextCursor"] == nil)
            }
            let nobody = Caller(subject: "x", restrictions: [])
            #expect(
                try await scene.scene.refusal(
                    "scaleops:\(Self.data)", ["entityRef": "component:default/shop"], for: nobody)?.kind == .notAllowed)
        }
    }

    @Test("each workload has its own cluster, namespace and cost; the rate is there where ScaleOps says 0")
    func costs() async throws {
        let rows = [
            S.row("shop", cost: ["totalCost": 33.6, "hourlyCost": 0, "spotPercent": 40, "savingsAvailable": 5]),
            S.row("shop-cache", cost: ["totalCost": 84, "hourlyCost": 0.5]), S.row("shared", cost: nil),
        ]
        try await S.with(rows) { scene async throws in
            let found = try await scene.answer(Self.costs)
            #expect(values(found["costAnalysis"], "workloadName") == ["shop-cache", "shop", "shared"])
            #expect(values(found["costAnalysis"], "hourlyCost") == [0.5, 0.2, .null])
            #expect(values(found["costAnalysis"], "spotPercent") == [.null, 40.0, .null])
            #expect(found["costAnalysis"]?[2]?["error"] != .null && found["costAnalysis"]?[0]?["error"] == .null)
            let summary = found["summary"]
            #expect(summary?["totalCost"] == 117.6 && summary?["totalHourlyCost"] == 0.7)
            #expect(summary?["averageHourlyCost"] == 0.35 && summary?["totalSavingsAvailable"] == 5.0)
            #expect(summary?["workloadsWithoutCost"] == 1 && found["range"] == "7d" && found["live"] == false)
        }
    }

    @Test("longer ranges are asked for, group by group; one that fails is told at its rows")
    func liveCosts() async throws {
        try await S.with { scene async throws in
            _ = try await scene.store.workloads.write(
                present: [
                    Scene.deployment("shop-far", in: "staging", links: [Scene.link("component:default/shop")])
                ], gone: [])
            scene.server.change {
                $0.workloads = [
                    S.row("shop", cost: ["totalCost": 72]), S.row("shop-cache", ["clusterName": "theirs@1"]),
                    S.row("shop-far", ["namespace": "staging", "id": nil], cost: ["totalCost": 720]),
                ]
                $0.down = ["theirs@1"]
            }
            let found = try await scene.answer(Self.costs, ["range": "30d"])
            #expect(values(found["costAnalysis"], "workloadName") == ["shop-far", "shop", "shop-cache"])
            #expect(values(found["costAnalysis"], "namespace") == ["staging", "prod", "prod"])
            #expect(values(found["costAnalysis"], "hourlyCost") == [1.0, 0.1, .null])
            #expect(found["costAnalysis"]?[2]?["error"]?.stringValue?.contains("the agent is gone") == true)
            #expect(found["range"] == "30d" && found["live"] == true && found["summary"]?["totalCost"] == 792.0)
            #expect(scene.server.asked.count == 4)
        }
    }

    @Test("what is urgent comes first, and a threshold hides nothing that has too little")
    func advice() async throws {
        let rows = [
            S.row("shop", ["savingsAvailable": 50]), S.row("shared", ["savingsAvailable": 100, "auto": nil]),
            S.row("shop-cache", ["isUnderProvisioned": true, "savingsAvailable": -17.5, "cpuRecommended": nil]),
        ]
        try await S.with(rows) { scene async throws in
            let found = try await scene.answer(Self.advice, ["minSavingsThreshold": 60])
            #expect(values(found["recommendations"], "workloadName") == ["shared", "shop-cache"])
            #expect(values(found["recommendations"], "issue") == ["over-provisioned", "under-provisioned"])
            #expect(values(found["recommendations"], "priority") == ["high", "high"])
            #expect(values(found["recommendations"], "recommendedCPU") == [250.5, .null])
            #expect(values(found["recommendations"], "automated") == [false, false])
            #expect(found["summary"] == ["totalRecommendations": 2, "highPriority": 2, "totalPotentialSavings": 82.5])
        }
    }

    @Test("which clusters are followed is asked once; a failure is not taken for a cluster that is not followed")
    func network() async throws {
        let flow: JSONValue = ["total": 10, "egress": 6, "ingress": nil]
        let rows = [
            S.row("shop"), S.row("shop-cache", ["clusterName": "theirs@1"]), S.row("shared", ["clusterName": "off"]),
        ]
        try await S.with(rows) { scene async throws in
            scene.server.change {
                $0.networkClusters = ["main": true, "theirs@1": true, "off": false]
                $0.destinations = [
                    ["Name": "dns", "totalCost": flow, "totalTraffic": ["total": 1000]],
                    ["Name": "db", "totalCost": ["total": 20], "WorkloadType": "daemonset"],
                ]
                $0.down = ["theirs@1"]
            }
            let found = try await scene.answer(Self.network, ["timeRangeHours": 0.5, "destinations": 1])
            let rows = found["workloadNetworkData"]
            #expect(values(rows, "workloadName") == ["shared", "shop", "shop-cache"])
            #expect(values(rows, "networkCostEnabled") == [false, true, true])
            #expect(values(rows, "error")[0] == .null && values(rows, "error")[2]?.stringValue != nil)
            #expect(rows?[1]?["destinations"]?[0]?["Name"] == "db" && rows?[1]?["omittedDestinations"] == 1)
            #expect(rows?[1]?["destinations"]?[0]?["crossAZCost"] == .null)
            #expect(found["summary"] == ["totalWorkloads": 3, "totalNetworkCost": 30.0, "totalTraffic": 1000.0])
            #expect(scene.server.asked.count == 3)
            #expect(try await scene.answer(Self.network, ["workloadName": "shop"])["summary"]?["totalWorkloads"] == 1)
            let unknown = try await scene.refusal(Self.network, ["workloadName": "Shop"])
            #expect(unknown?.kind == .input && unknown?.message.contains("Shop") == true)
            for hours in [0, -1, 1e9] as [JSONValue] {
                #expect(try await scene.refusal(Self.network, ["timeRangeHours": hours])?.kind == .input)
            }
        }
    }

    @Test("policies are asked for once a cluster; one that is not there is not one that could not be had")
    func policies() async throws {
        let rows = [
            S.row("shop"), S.row("shop-cache", ["policyName": "gone"]),
            S.row("shared", ["clusterName": "theirs@1"]),
        ]
        try await S.with(rows) { scene async throws in
            let policy: JSONValue = ["metadata": ["name": "high-availability"], "spec": ["headroom": 20]]
            scene.server.change {
                $0.policies = [policy]
                $0.down = ["theirs@1"]
            }
            let found = try await scene.answer(Self.policies)
            let rows = found["workloadPolicies"]
            #expect(values(rows, "workloadName") == ["shared", "shop", "shop-cache"])
            #expect(values(rows, "policyDefinition") == [.null, policy, .null])
            #expect(values(rows, "error")[0]?.stringValue?.contains("the agent is gone") == true)
            #expect(values(rows, "error").dropFirst() == [.null, .null])
            #expect(
                found["summary"] == [
                    "totalWorkloads": 3, "workloadsWithPolicies": 1, "uniquePolicies": ["high-availability", "gone"],
                ])
            #expect(scene.server.asked.compactMap(\.cluster).sorted() == ["main", "theirs@1"])
        }
    }

    @Test("a workload under no policy says so, and ScaleOps is not asked for it")
    func noPolicy() async throws {
        try await S.with([S.row("shop", ["policyName": "N/A"])]) { scene async throws in
            let found = try await scene.answer(Self.policies)
            #expect(values(found["workloadPolicies"], "policyName") == ["N/A"] && scene.server.asked.isEmpty)
        }
    }
}

@Suite("What ScaleOps understands of selectors")
struct ScaleOpsLabelTests {
    @Test(
        "equality terms go on, the others are Callboard's to judge",
        arguments: [
            ("app=shop", ["app=shop"]), ("app == shop , tier=web", ["app=shop", "tier=web"]),
            ("app in (a,b),tier=web,!legacy,env!=test", ["tier=web"]), ("app in (a)", []),
        ])
    func labels(selector: String, expected: [String]) throws {
        #expect(ScaleOpsReader.labels(try LabelSelector(parsing: selector)) == expected)
    }
}
