import Base
import Costs
import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import CostSources

@Suite("Costs and recommendations of ScaleOps")
struct ScaleOpsGroupingTests {
    private func workload(
        _ name: String, cluster: String = "eu", kind: String = "Deployment", _ more: JSONObject = [:]
    ) throws -> Shared<ScaleOpsWorkload> {
        var members: JSONObject = [
            "clusterName": .string(cluster), "namespace": "prod", "workloadName": .string(name), "type": .string(kind),
        ]
        for (key, value) in more { members[key] = value }
        var row = ScaleOpsRow(.object(members), path: "x")
        return Shared(try #require(ScaleOpsWorkload(&row)))
    }

    @Test("each cluster, namespace and kind is asked about once, rows are found by id in any case or by name")
    func costs() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { request in
            let asked = (try? JSONValue(parsing: request.body)) ?? .null
            let rows: [JSONValue] =
                switch (asked["clusterFilters"]?[0], asked["workloadTypes"]?[0]) {
                case ("eu", "Deployment"):
                    [
                        ["id": "EU-SHOP", "totalCost": 32.325, "hourlyCost": 0, "spotPercent": "40"],
                        ["id": "other", "totalCost": 99], ["workloadName": "cart", "totalCost": 2, "hourlyCost": 0.5],
                        ["totalCost": 1],
                    ]
                case ("us", _): [["id": "x", "workloadName": "shop", "totalCost": 7]]
                default: []
                }
            return .json(200, ["aggregatedWorkloads": .array(rows)])
        }
        let workloads = [
            try workload("shop", ["id": "eu-Shop"]), try workload("cart", ["id": "unknown"]),
            try workload("shop", cluster: "us"), try workload("db", kind: "StatefulSet", ["id": "db"]),
        ]
        let costs = await server.client().costs(of: workloads, labels: ["app=shop"], range: .week)
        let rows = workloads.map { workload in costs.rows.filter { $0.workload == workload } }
        #expect(rows.allSatisfy { $0.count == 1 } && costs.rows.count == 4 && costs.failures.isEmpty)
        let found = rows.map { $0.first?.cost }
        #expect(found.map { $0?.total?.dollars } == [32.325, 2, 7, nil])
        #expect(found.map { $0?.hourly?.nanoDollars } == [192_410_714, 500_000_000, 41_666_667, nil])
        #expect(found.first??.spotPercent == 40)
        #expect(costs.problemCounts[workloads[0].group] == 1 && costs.problemCounts.values.reduce(0, +) == 1)
        let asked = server.asked
        #expect(
            asked.count == 3 && asked.allSatisfy { $0.target.hasSuffix("/getWorkloads?multiCluster=true&range=7d") })
        #expect(Set(asked.map { $0.headers["X-Scaleops-Cluster"] }) == ["eu", "us"])
        #expect(asked.map(\.body).contains { $0.contains(#""labels":["app=shop"]"#) })
    }

    @Test("one cluster that fails leaves the others, and is told")
    func partialFailure() async throws {
        let server = try ScaleOpsStandIn()
        server.answer { request in
            request.headers["X-Scaleops-Cluster"] == "down"
                ? .json(500, ["error": "agent is gone"])
                : .json(200, ["aggregatedWorkloads": [["workloadName": "shop", "totalCost": 1]]])
        }
        let workloads = try ["eu", "down", "us"].map { try workload("shop", cluster: $0) }
        let costs = await server.client { $0.concurrency = 1 }.costs(of: workloads, labels: [], range: .quarter)
        #expect(costs.rows.map(\.workload.cluster).sorted() == ["eu", "us"])
        #expect(costs.failures.map(\.group.cluster) == ["down"])
        #expect(costs.failures.first?.error.detail.contains("agent is gone") == true)
    }

    @Test(
        "issue and priority, the first rule that holds",
        arguments: [
            ([:], "not-automated medium"), (["auto": true], nil),
            (["auto": true, "isOverProvisioned": true], "over-provisioned low"),
            (["isOverProvisioned": true], "over-provisioned high"),
            (["isUnderProvisioned": true], "under-provisioned high"),
            (["auto": true, "isUnderProvisioned": true, "isOverProvisioned": true], "under-provisioned high"),
        ] as [(JSONObject, String?)])
    func issues(fields: JSONObject, expected: String?) throws {
        let found = ScaleOpsRecommendation(try workload("a", fields).value)
        #expect(found.map { "\($0.issue.rawValue) \($0.priority.rawValue)" } == expected)
    }

    @Test("the urgent come first, then what saves most; a threshold never hides what has too little")
    func order() throws {
        let workloads = [
            try workload("low", ["auto": true, "isOverProvisioned": true, "savingsAvailable": 500]),
            try workload("small", ["isOverProvisioned": true, "savingsAvailable": 50]),
            try workload("large", ["isOverProvisioned": true, "savingsAvailable": 100]),
            try workload("starved", ["isUnderProvisioned": true, "savingsAvailable": -30]),
            try workload("manual", ["savingsAvailable": 700]), try workload("manual-b"), try workload("manual-a"),
            try workload("fine", ["auto": true, "savingsAvailable": 900]),
        ].map(\.value)
        let all = ScaleOpsRecommendation.recommendations(for: workloads).map(\.workload.name)
        #expect(all == ["large", "small", "starved", "manual", "manual-a", "manual-b", "low"])
        let some = ScaleOpsRecommendation.recommendations(
            for: workloads, minimumSavings: Money(nanoDollars: 100_000_000_000))
        #expect(some.map(\.workload.name) == ["large", "starved", "manual", "low"])
    }
}
