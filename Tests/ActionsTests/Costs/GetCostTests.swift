import Actions
import Base
import Store
import TestSupport
import Testing

@Suite("callboard:get-cost", .serialized, .enabled(if: TestDatabase.isAvailable))
struct GetCostTests {
    private static let id = "callboard:get-cost"

    @Test("everything is told with totals first, by owner, with what nobody owns and the day that is not over")
    func everything() async throws {
        try await Scene.withCosts { scene async throws in
            let answer = try await scene.invoke(Self.id, ["window": "yesterday", "compareTo": "previous"])
            #expect(answer["window"] == ["from": "2036-03-09T00:00:00Z", "to": "2036-03-10T00:00:00Z"])
            #expect((answer["currency"], answer["source"]) == ("EUR", "estimate"))
            #expect(answer["dataThrough"] == "2036-03-10T12:20:00Z")
            #expect(answer["actual"]?["cost"]?["total"] == 8.0)
            #expect(answer["actual"]?["cpuCoreHours"] == 8.0)
            #expect(answer["compared"]?["previousCost"] == 1.0)
            #expect(answer["compared"]?["difference"] == 7.0 && answer["compared"]?["ratio"] == 7.0)
            #expect(answer["compared"]?["window"]?["from"] == "2036-03-08T00:00:00Z")
            #expect(answer["today"]?["cost"]?["total"] == 1.0)
            #expect(answer["groupBy"] == "owner" && answer["groupCount"] == 3)
            #expect(answer["groups"]?.each("key") == ["user:default/sam", "group:default/payments", .null])
            #expect(answer["groups"]?.actualTotals == [4.0, 3.0, 1.0])
            #expect(answer["groups"]?.each("share") == [0.5, 0.375, 0.125])
            #expect(answer["groups"]?.each("difference") == [4.0, 2.0, 1.0])
        }
    }

    @Test("each scope holds what belongs to it, under whatever name it is meant")
    func scopes() async throws {
        let cases: [(String, String, String, Double)] = [
            ("owner", "payments", "group:default/payments", 3), ("owner", "sam", "user:default/sam", 4),
            ("owner", "Group:default/Payments", "group:default/payments", 3),
            ("system", "front", "system:default/front", 1), ("domain", "sales", "domain:default/sales", 1),
            ("entity", "web", "component:default/web", 1), ("entity", "component:shop", "component:default/shop", 2),
            ("entity", "api:orders", "api:default/orders", 0), ("kind", "Component", "component", 7),
            ("type", "website", "website", 1), ("lifecycle", "production", "production", 6),
            ("namespace", "kube-system", "kube-system", 1), ("cluster", "main", "main", 8),
        ]
        try await Scene.withCosts { scene async throws in
            for (scope, name, found, total) in cases {
                let answer = try await scene.invoke(
                    Self.id, ["scope": .string(scope), "name": .string(name), "window": "yesterday"])
                #expect(answer["scope"] == ["kind": .string(scope), "name": .string(found)])
                #expect(answer["actual"]?["cost"]?["total"] == .double(total), "\(scope) \(name)")
            }
        }
    }

    @Test("groups are what was asked for, page by page, and a group of none is null")
    func groups() async throws {
        try await Scene.withCosts { scene async throws in
            var arguments: JSONObject = ["window": "yesterday", "groupBy": "entity", "limit": 2]
            let first = try await scene.invoke(Self.id, arguments)
            #expect(first["groups"]?.each("key") == ["component:default/orders", "component:default/shop"])
            arguments["cursor"] = first["nextCursor"]
            let second = try await scene.invoke(Self.id, arguments)
            #expect(second["groups"]?.each("key") == ["component:default/web", .null])
            #expect(second["nextCursor"] == nil && second["actual"]?["cost"]?["total"] == 8.0)
            let days = try await scene.invoke(Self.id, ["window": "7d", "groupBy": "day"])
            #expect(days["groups"]?.each("key") == ["2036-03-09", "2036-03-08"])
            let workloads = try await scene.invoke(
                Self.id, ["scope": "entity", "name": "shop", "window": "yesterday"])
            #expect(workloads["groups"]?.each("key") == ["main/prod/Deployment/shop"])
            let orphans = try await scene.invoke(
                Self.id, ["category": "orphan", "window": "yesterday", "groupBy": "namespace"])
            #expect(orphans["groups"]?.each("key") == ["kube-system"])
        }
    }

    @Test("what runs now is told apart from what was spent, and a month has a forecast")
    func runRate() async throws {
        try await Scene.withCosts { scene async throws in
            let owner = try await scene.invoke(
                Self.id, ["scope": "owner", "name": "payments", "window": "month-to-date"])
            // shop, shop-cache and web: 3 cores at 1 and 6 GiB at 0.5.
            #expect(owner["runRate"]?["hourly"]?["total"] == 7.0 && owner["runRate"]?["workloads"] == 3)
            #expect(owner["runRate"]?["monthly"]?["total"] == 5110.0)
            #expect(owner["actual"]?["cost"]?["total"] == 5.0)
            // Nine days, 12 hours and 20 minutes of 31 days.
            let forecast = try #require(owner["forecast"]?["month"]?.doubleValue)
            #expect(abs(forecast - 5 * 31 / (9 + 740.0 / 1_440)) < 1e-6)
            let system = try await scene.invoke(Self.id, ["scope": "domain", "name": "sales"])
            #expect(system["runRate"]?["workloads"] == 1 && system["forecast"] == .null)
            for (scope, name, workloads) in [
                ("type", "website", 1), ("lifecycle", "production", 4), ("namespace", "kube-system", 2),
                ("kind", "component", 5), ("cluster", "main", 8),
            ] as [(String, String, Int64)] {
                let answer = try await scene.invoke(Self.id, ["scope": .string(scope), "name": .string(name)])
                #expect(answer["runRate"]?["workloads"] == .int(workloads), "\(scope)")
            }
        }
    }

    @Test("a name that means nothing comes with what may have been meant")
    func unknown() async throws {
        let cases = [
            ("owner", "paymets", "group:default/payments"), ("entity", "shp", "component:default/shop"),
            ("system", "fron", "system:default/front"), ("namespace", "kube", "kube-system"),
            ("type", "websit", "website"), ("cluster", "mai", "main"),
        ]
        try await Scene.withCosts { scene async throws in
            for (scope, name, meant) in cases {
                let error = try #require(
                    try await scene.refusal(Self.id, ["scope": .string(scope), "name": .string(name)]))
                #expect(error.kind == .notFound)
                #expect(error.message.contains("No \(scope) \(name); did you mean"), "\(error.message)")
                #expect(error.message.contains(meant), "\(error.message)")
            }
        }
    }

    @Test(
        "what cannot be understood is refused by name",
        arguments: [
            (["scope": "owner"], "name"), (["name": "payments"], "name"), (["scope": "team", "name": "a"], "scope"),
            (["window": "soon"], "window"), (["groupBy": "label"], "groupBy"), (["source": "bill"], "source"),
            (["compareTo": "next"], "compareTo"), (["limit": 0], "limit"), (["cursor": "x"], "cursor"),
            (["category": "lost"], "category"), (["foo": 1], "foo"),
        ] as [(JSONObject, String)])
    func input(arguments: JSONObject, field: String) async throws {
        let error = try #require(try await Scene.withoutDatabase().refusal(Self.id, arguments))
        #expect(error.kind == .input)
        #expect(error.message.contains(field))
    }
}
