import Base
import Costs
import TestSupport
import Testing

@testable import Reconcilers
@testable import Store

@Suite("What is notified of stored costs", .enabled(if: TestDatabase.isAvailable), .serialized)
struct NotificationTopicTests {
    private static func budget(_ scene: NotificationScene, _ ref: String = "prod", amount: Int64 = 10) async throws {
        let budget = try Budget(amount: NotificationScene.units(amount))
        try await scene.store.costs.keep(
            budgets: [ScopedBudget(kind: .namespace, ref: ref, budget: budget, currency: "EUR")])
    }

    @Test("each level of a budget is told once a month, and of several the highest")
    func budgets() async throws {
        try await NotificationScene.with { scene async throws in
            try await Self.budget(scene)
            let topic = BudgetTopic(desk: scene.desk())
            try await scene.charge(scene.stray, day: -1, 4)
            try await scene.rollUp()
            #expect(try await scene.decide(topic).isEmpty)
            try await scene.charge(scene.web, day: 0, 1)
            try await scene.rollUp()
            let half = try #require(try await scene.decide(topic).first)
            #expect(
                half.title == "50 % of the budget of prod is spent"
                    && half.window.lowerBound.rfc3339 == "2026-03-01T00:00:00Z")
            #expect(half.data["spent"] == 5.0 && half.data["level"] == 0.5 && half.data["currency"] == "EUR")
            #expect(half.data["scope"] == ["kind": "namespace", "name": "prod"])
            #expect(half.lines.map(\.text).prefix(2) == ["namespace prod", "5.00 EUR of 10.00 EUR spent"])
            #expect(try await scene.decide(topic).isEmpty)
            try await scene.charge(scene.web, day: 0, 7)
            try await scene.rollUp()
            #expect(try await scene.decide(topic).map(\.title) == ["100 % of the budget of prod is spent"])
            // Hours are corrected.
            try await scene.charge(scene.web, day: 0, 4)
            try await scene.rollUp()
            #expect(try await scene.decide(topic).isEmpty, "80 % is no news after 100 %")
        }
    }

    @Test(
        "a month's last levels are told on the first day of the next, and what was told is forgotten after that month")
    func months() async throws {
        try await NotificationScene.with { scene async throws in
            try await Self.budget(scene)
            let topic = BudgetTopic(desk: scene.desk())
            try await scene.charge(scene.stray, day: 0, 6)
            scene.time.advance(seconds: 23 * 86_400 - 12 * 3_600 + 60)
            try await scene.rollUp()
            let late = try await scene.decide(topic)
            #expect(late.map(\.title) == ["50 % of the budget of prod is spent"])
            #expect(late.first?.window.upperBound.rfc3339 == "2026-04-01T00:00:00Z")
            #expect(try await scene.store.notifications.told("ops", prefix: "budget 2026-03").count == 1)
            scene.time.advance(seconds: 31 * 86_400)
            _ = try await scene.decide(topic)
            #expect(try await scene.store.notifications.told("ops", prefix: "budget ").isEmpty)
        }
    }

    @Test("a target with a scope is told of the budget of that scope alone")
    func scope() async throws {
        try await NotificationScene.with { scene async throws in
            try await Self.budget(scene)
            try await scene.charge(scene.stray, day: 0, 6)
            try await scene.rollUp()
            for (name, count) in [("other", 0), ("prod", 1)] {
                let desk = scene.desk { $0.scope = CostScope(kind: .namespace, value: name) }
                #expect(try await BudgetTopic(desk: desk).decision(now: scene.time.now).notifications.count == count)
            }
        }
    }

    @Test("a jump is told once as long as it lasts, by whole days alone")
    func jumps() async throws {
        try await NotificationScene.with { scene async throws in
            let topic = JumpTopic(desk: scene.desk(baseURL: "https://portal"))
            for day in -8 ... -2 { try await scene.charge(scene.web, day: Int64(day), 20) }
            try await scene.charge(scene.web, day: -1, 40)
            try await scene.charge(scene.stray, day: -1, 400)
            #expect(try await scene.decide(topic).isEmpty, "nothing is recorded yet")
            try await scene.rollUp()
            let found = try await scene.decide(topic)
            #expect(found.map(\.title) == ["\(NotificationScene.shop) cost +100 % on 2026-03-08"])
            #expect(
                found.first?.data["jumps"]?[0] == [
                    "ref": "component:default/shop", "cost": 40.0, "mean": 20.0, "difference": 20.0, "ratio": 1.0,
                    "link": "https://portal/catalog/default/component/shop",
                ])
            #expect(try await scene.decide(topic).isEmpty, "a day is looked at once")
            for (cost, count) in [(Int64(40), 0), (20, 0), (90, 1)] {
                try await scene.charge(scene.web, day: 0, cost)
                scene.time.advance(seconds: 86_400)
                try await scene.rollUp()
                #expect(try await scene.decide(topic).count == count, "after \(cost)")
            }
        }
    }

    @Test("a day whose costs are not complete is waited for, but not for ever")
    func patience() async throws {
        try await NotificationScene.with { scene async throws in
            for day in -8 ... -2 { try await scene.charge(scene.web, day: Int64(day), 20) }
            try await scene.charge(scene.web, day: -1, 40)
            try await scene.rollUp()
            try await scene.store.costs.complete(
                cluster: "late", through: scene.time.now.startOfDay.adding(seconds: -60))
            let topic = JumpTopic(desk: scene.desk())
            #expect(try await topic.decision(now: scene.time.now).isEmpty)
            scene.time.advance(seconds: NotificationDesk.patience - 1)
            #expect(try await topic.decision(now: scene.time.now).isEmpty)
            scene.time.advance(seconds: 1)
            #expect(try await topic.decision(now: scene.time.now).notifications.count == 1)
        }
    }

    @Test("a recommendation is told when it is urgent or saves much, once until it was away")
    func recommendations() async throws {
        try await NotificationScene.with { scene async throws in
            let topic = RecommendationTopic(desk: scene.desk { $0.minimumSaving = NotificationScene.units(50) })
            for (sizing, saving, title) in [
                (.ok, 0, nil), (.over, 49, nil), (.over, 50, "1 new recommendation"), (.over, 70, nil),
                (.under, 0, "1 new recommendation, 1 urgent"), (.under, -5, nil),
                (.outOfMemory, 0, "1 new recommendation, 1 urgent"), (.ok, 0, nil),
                (.under, 0, "1 new recommendation, 1 urgent"),
            ] as [(SizingClass, Int64, String?)] {
                try await scene.recommend(sizing, saving: saving)
                scene.time.advance(seconds: 60)
                #expect(try await scene.decide(topic).first?.title == title, "\(sizing), \(saving)")
            }
            try await scene.recommend(.throttled, saving: -3)
            scene.time.advance(seconds: 60)
            let found = try #require(try await scene.decide(topic).first)
            #expect(found.lines.map(\.text) == ["throttled: c/prod/Deployment/web (main). because"])
            #expect(
                found.data["recommendations"]?[0] == [
                    "cluster": "c", "namespace": "prod", "kind": "Deployment", "workload": "web",
                    "container": "main", "class": "throttled", "entityRef": "component:default/shop",
                    "reason": "because", "monthlySaving": -3.0, "link": .null,
                ])
            let other = RecommendationTopic(
                desk: scene.desk { $0.scope = CostScope(kind: .entity, value: "component:default/x") })
            #expect(try await other.decision(now: scene.time.now).notifications.isEmpty)
        }
    }

    @Test("a report tells of the closed days before it was due, once")
    func report() async throws {
        try await NotificationScene.with { scene async throws in
            for day in 1...7 { try await scene.charge(scene.web, day: -Int64(day), 10) }
            try await scene.charge(scene.web, day: -8, 35)
            try await scene.charge(scene.stray, day: -2, 30)
            try await scene.charge(scene.stray, day: 0, 1_000)
            try await scene.recommend(.over, saving: 12)
            let topic = ReportTopic(desk: scene.desk(baseURL: "https://portal"))
            #expect(try await scene.decide(topic).isEmpty, "nothing is recorded yet")
            try await scene.rollUp()
            let report = try #require(try await scene.decide(topic).first)
            #expect(report.title == "Costs from 2026-03-02 to 2026-03-08: 100.00 EUR")
            #expect(
                JSONValue.object(report.data) == [
                    "scope": ["kind": "all", "name": .null], "cost": 100.0, "previousCost": 35.0, "owned": 70.0,
                    "orphan": 30.0, "idle": 0.0, "unmounted": 0.0, "unallocated": 0.0, "coverage": 0.7,
                    "topSpenders": [
                        [
                            "entityRef": "component:default/shop", "cost": 70.0, "previousCost": 35.0,
                            "link": "https://portal/catalog/default/component/shop",
                        ]
                    ],
                    "movers": [
                        [
                            "entityRef": "component:default/shop", "cost": 70.0, "previousCost": 35.0,
                            "link": "https://portal/catalog/default/component/shop",
                        ]
                    ],
                    "orphans": [["namespace": "prod", "cost": 30.0]],
                    "savings": [["source": "vpa", "containers": 1, "monthlySaving": 12.0]],
                ])
            #expect(
                report.lines.map(\.text) == [
                    "Before: 35.00 EUR (+186 %)", "70 % has an owner; orphans 30.00 EUR, idle 0.00 EUR",
                    "Spent most: component:default/shop, 70.00 EUR", "Changed most: component:default/shop, 35.00 EUR",
                    "Without an owner: namespace prod, 30.00 EUR", "Could be saved in a month by vpa: 12.00 EUR",
                ])
            #expect(try await scene.decide(topic).isEmpty)
            scene.time.advance(seconds: 7 * 86_400)
            try await scene.rollUp()
            #expect(try await scene.decide(topic).count == 1)
        }
    }
}
