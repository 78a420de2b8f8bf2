import Actions
import Base
import Store
import TestSupport
import Testing

@Suite("callboard:get-entity-cost", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityCostTests {
    private static let id = "callboard:get-entity-cost"

    /// One hour each: now, 23 h ago, 2, 8, 19 (the month before), 29 and 40 days ago.
    private static let hours = [
        "2036-03-10T12:00:00Z", "2036-03-09T13:00:00Z", "2036-03-08T12:00:00Z", "2036-03-02T12:00:00Z",
        "2036-02-20T12:00:00Z", "2036-02-10T12:00:00Z", "2036-01-30T12:00:00Z",
    ]

    @Test("a window holds the hours that lie in it, and tells the present day apart when it leaves it out")
    func windows() async throws {
        let now = "2036-03-10T12:30:00Z"
        let today = "2036-03-10T00:00:00Z"
        let cases: [(String?, String, String, Double)] = [
            ("1h", "2036-03-10T11:00:00Z", now, 1), ("24h", "2036-03-09T12:00:00Z", now, 2),
            (nil, "2036-03-01T00:00:00Z", now, 4), ("month-to-date", "2036-03-01T00:00:00Z", now, 4),
            ("today", today, now, 1), ("yesterday", "2036-03-09T00:00:00Z", today, 1),
            ("7d", "2036-03-03T00:00:00Z", today, 2), ("30d", "2036-02-09T00:00:00Z", today, 5),
            ("last-month", "2036-02-01T00:00:00Z", "2036-03-01T00:00:00Z", 2),
            ("400d", "2035-02-04T00:00:00Z", today, 6),
        ]
        try await Scene.with { scene async throws in
            try await scene.charge("shop", Self.hours)
            // Both before it is rolled up and after.
            for _ in 0..<2 {
                for (window, from, to, total) in cases {
                    var arguments: JSONObject = ["entityRef": "shop"]
                    arguments["window"] = window.map(JSONValue.string)
                    let answer = try await scene.invoke(Self.id, arguments)
                    #expect(answer["window"] == ["from": .string(from), "to": .string(to)])
                    #expect(
                        answer["actual"]?["cost"] == ["total": .double(total), "cpu": .double(total), "memory": 0.0])
                    #expect(answer["actual"]?["cpuCoreHours"] == .double(total))
                    #expect(answer["dataThrough"] == "2036-03-10T12:20:00Z")
                    #expect(answer["workloads"]?[0]?["hours"] == .int(Int64(total)))
                    #expect(answer["today"]?["cost"]?["total"] == (to == now ? nil : 1.0), "\(window ?? "")")
                }
                try await scene.store.costs.rollUp()
            }
        }
    }

    @Test("a window that is none is refused before anything is asked")
    func nonsense() async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal(Self.id, ["entityRef": "shop", "window": "soon"]))
        #expect(error.kind == .input && error.message.contains("window"))
    }

    @Test("what another entity owns is neither in the actual cost nor in the run rate")
    func owned() async throws {
        try await Scene.with { scene async throws in
            try await scene.charge("shop", ["2036-03-10T11:00:00Z"])
            try await scene.charge("shared", ["2036-03-10T11:00:00Z", "2036-03-10T10:00:00Z"])
            let shop = try await scene.invoke(Self.id, ["entityRef": "shop"])
            #expect(names(shop["workloads"]) == ["shop"])
            #expect(shop["runRate"]?["hourly"] == ["total": 6.0, "cpu": 3.0, "memory": 3.0])
            #expect(shop["runRate"]?["monthly"]?["total"] == 4380.0)
            let platform = try await scene.invoke(Self.id, ["entityRef": "platform"])
            #expect(platform["actual"]?["cost"]?["total"] == 2.0)
            #expect(platform["runRate"]?["hourly"]?["total"] == 8.0)
        }
    }

    @Test("the dearest come first, the limit leaves the rest out of the list and not out of the total")
    func limit() async throws {
        try await Scene.with { scene async throws in
            try await scene.charge("shop", ["2036-03-10T11:00:00Z"])
            try await scene.charge("shop-cache", ["2036-03-10T11:00:00Z", "2036-03-10T10:00:00Z"])
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop", "limit": 1])
            #expect(names(answer["workloads"]) == ["shop-cache"])
            #expect(answer["omitted"] == 1)
            #expect(answer["actual"]?["cost"]?["total"] == 3.0)
        }
    }

    @Test("before anything was recorded there is no cost and no time up to which it is known")
    func empty() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "plain"])
            #expect(answer["dataThrough"] == .null)
            #expect(answer["workloads"] == [])
            #expect(answer["runRate"]?["monthly"]?["total"] == 0.0)
            #expect(answer["source"] == "estimate")
        }
    }
}
