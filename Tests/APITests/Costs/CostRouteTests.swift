import Base
import Costs
import Store
import TestSupport
import Testing

@Suite("Routes of costs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CostRouteTests {
    /// The shop and the stray run for the present hour.
    private static func with(_ body: @Sendable (Service) async throws -> Void) async throws {
        try await Service.with { service async throws in
            let present = try await service.store.workloads.present(cluster: "main")
            let hour = Timestamp.now().startOfHour
            let rows = present.values.map { id in
                HourlyCost(
                    workloadID: id,
                    usage: HourUsage(
                        hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: 3_600,
                        use: CapacityTime(millicoreSeconds: 3_600_000, byteSeconds: 0), podSeconds: 3_600,
                        maximumPods: 1),
                    cost: ResourceCost(cpu: Money(nanoDollars: 2_000_000_000), memory: .zero))
            }
            try await service.store.costs.write(rows)
            try await service.store.costs.rollUp()
            try await body(service)
        }
    }

    private static let paths = [
        "", "/trend", "/change", "/dependencies?entityRef=shop", "/coverage", "/budgets", "/recommendations",
        "/recommendation?name=shop", "/ghosts", "/ownership?name=shop", "/health",
    ].map { "/api/callboard/costs" + $0 }

    @Test("every route answers what its action does, with the query as arguments")
    func json() async throws {
        try await Self.with { service async throws in
            for path in Self.paths { #expect(try await service.client.get(path).status == 200, "\(path)") }
            let answer = try await service.client.get(
                "/api/callboard/costs?scope=entity&name=shop&window=today&limit=1&compareTo=none")
            #expect(answer.json["actual"]?["cost"]?["total"] == 2.0)
            #expect(answer.json["groups"]?[0]?["key"] == "main/prod/Deployment/shop")
            let saving = try await service.client.get(
                "/api/callboard/costs/recommendations?minimumMonthlySaving=1.5&byOwner=true")
            #expect(saving.json["owners"] == [])
            let follow = try await service.client.get(
                "/api/callboard/costs/dependencies?entityRef=shop&follow=dependsOn,hasPart&follow=consumesApi")
            #expect(follow.status == 200)
            // A list that others may be asked for is no table.
            #expect(try await service.client.get("/api/callboard/costs/health?format=csv").status == 400)
        }
    }

    @Test("a table holds all groups, by format or by Accept, and one page when a limit is given")
    func csv() async throws {
        try await Self.with { service async throws in
            let path = "/api/callboard/costs?window=today&groupBy=workload"
            let table = try await service.client.get(path + "&format=csv")
            #expect(table.status == 200)
            #expect(table.headers["Content-Type"] == "text/csv; charset=utf-8; header=present")
            #expect(table.headers["Content-Disposition"] == "attachment; filename=\"get-cost.csv\"")
            let lines = table.text.split(separator: "\r\n")
            #expect(lines.count == 3 && lines[0].hasPrefix("key,actual.cost.total,"))
            #expect(lines[1].hasPrefix("main/prod/Deployment/shop,2.0,2.0,0.0,,"))
            let accepted = try await service.client.get(path, [("Accept", "text/csv")])
            #expect(accepted.headers["Content-Type"] == table.headers["Content-Type"])
            #expect(accepted.text.split(separator: "\r\n").count == 3)
            #expect(try await service.client.get(path + "&format=json", [("Accept", "text/csv")]).json != .null)
            let one = try await service.client.get(path + "&format=csv&limit=1")
            #expect(one.text.split(separator: "\r\n").count == 2)
            #expect(try await service.client.get(path + "&format=xml").status == 400)
        }
    }

    @Test("FOCUS has a line for each workload, day and resource of the window, and wants whole days")
    func focus() async throws {
        try await Self.with { service async throws in
            let path = "/api/callboard/costs/focus"
            let answer = try await service.client.get(path + "?window=today")
            let lines = answer.text.split(separator: "\r\n")
            #expect(answer.status == 200 && lines.count == 3)
            #expect(lines[0].hasPrefix("BilledCost,BillingAccountId,"))
            #expect(lines.dropFirst().filter { $0.contains("component:default/shop") }.count == 1)
            #expect(
                lines.dropFirst().allSatisfy { $0.contains(",2.000000000,2.000000000,2.000000000,1.0,Core-Hours,") })
            let none = try await service.client.get(path + "?window=2020-01-01/2020-02-01&source=opencost")
            #expect(none.text.split(separator: "\r\n").count == 1)
            for (query, field) in [
                ("window=24h", "window"), ("window=x", "window"), ("source=x", "source"), ("x=1", "x"),
            ] {
                let refused = try await service.client.get("\(path)?\(query)")
                #expect(refused.status == 400, "\(query)")
                #expect(refused.json["error"]?["message"]?.stringValue?.contains(field) == true, "\(refused.text)")
            }
        }
    }

    @Test("who may not read costs gets none of them, in no form")
    func denied() async throws {
        try await Self.with { service async throws in
            let costs = service.client(Service.costsOnly)
            for path in Self.paths + ["/api/callboard/costs/focus"] {
                #expect(try await service.client(Service.catalogOnly).get(path).status == 403, "\(path)")
                #expect(try await service.client(nil).get(path).status == 401, "\(path)")
                let allowed = path.contains("ownership") ? 403 : 200
                let answer = try await costs.get(path)
                #expect(answer.status == allowed, "\(path): \(answer.text)")
            }
        }
    }
}
