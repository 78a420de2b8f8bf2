import Actions
import Base
import Store
import TestSupport
import Testing

@Suite("Recommendations", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RecommendationTests {
    private static let id = "callboard:get-recommendations"

    private static func with(_ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with { scene async throws in
            let rows = [
                ("shop", "app", "vpa", "over", 1_000, 200, 40), ("shop", "app", "krr", "over", 1_000, 210, 38),
                ("shop", "", "scaleops", "over", 1_000, 500, 25),
                ("shop-cache", "app", "vpa", "under", 100, 200, -3),
                ("shared", "app", "vpa", "over", 8_000, 4_000, 90), ("legacy", "app", "vpa", "hpa-skip", 500, 500, 0),
            ]
            for (name, container, source, sizing, request, recommended, saving) in rows {
                try await scene.sql(
                    """
                    INSERT INTO recommendation (workload_id, container, source, class, cpu_request_millicores,
                        cpu_recommended_millicores, monthly_saving, confidence, reason, samples, history_seconds, details,
                        computed_at)
                    SELECT id, '\(container)', '\(source)', '\(sizing)', \(request), \(recommended),
                        \(saving)::bigint * 1000000000, 2.5, 'because', 3600, 691200, '{"policy": "a", "containersInPod": 1}',
                        '2036-03-10T12:00:00Z'
                    FROM workload WHERE name = '\(name)'
                    """)
            }
            try await body(scene)
        }
    }

    @Test("the highest saving comes first, with every source's word side by side and where they disagree")
    func sideBySide() async throws {
        try await Self.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["byOwner": true])
            #expect(answer["containers"] == 4)
            #expect(answer["recommendations"]?.each("name") == ["shared", "shop", "legacy", "shop-cache"])
            let shop = answer["recommendations"]?[1]
            #expect(shop?["entityRef"] == "component:default/shop" && shop?["ownerRef"] == "group:default/payments")
            #expect(shop?["sources"]?.each("source") == ["krr", "vpa", "scaleops"])
            #expect(shop?["sources"]?.each("container") == ["app", "app", ""])
            #expect(shop?["sources"]?[1]?["recommended"] == ["cpuCores": 0.2, "memoryMiB": .null])
            #expect(shop?["sources"]?[1]?["monthlySaving"] == 40.0)
            // vpa is within a tenth of krr.
            #expect(shop?["disagreements"]?.each("source") == ["scaleops"])
            let difference = try #require(shop?["disagreements"]?[0]?["cpu"]?.doubleValue)
            #expect(abs(difference - 290.0 / 210) < 1e-9)
            #expect(answer["totals"]?.each("source") == ["krr", "scaleops", "vpa"])
            #expect(answer["totals"]?.each("monthlySaving") == [38.0, 25.0, 130.0])
            #expect(answer["owners"]?[0]?["ownerRef"] == "group:default/platform-team")
            #expect(answer["owners"]?.arrayValue?.contains { $0["ownerRef"] == .null } == true)
        }
    }

    @Test(
        "they are narrowed by scope, saving, class and source",
        arguments: [
            (["scope": "owner", "name": "payments"], ["shop", "shop-cache"]), (["class": "under"], ["shop-cache"]),
            (["minimumMonthlySaving": 39.0], ["shared", "shop"]),
            (["minimumMonthlySaving": 38.5], ["shared", "shop"]), (["source": "scaleops"], ["shop"]),
            (["scope": "entity", "name": "platform"], ["shared"]), (["limit": 1, "cursor": "2"], ["legacy"]),
            (["scope": "namespace", "name": "kube-system"], []), (["minimumMonthlySaving": 1_000], []),
        ] as [(JSONObject, [JSONValue])])
    func narrowed(arguments: JSONObject, expected: [JSONValue]) async throws {
        try await Self.with { scene async throws in
            let answer = try await scene.invoke(Self.id, arguments)
            #expect(answer["recommendations"]?.each("name") == expected)
        }
    }

    @Test("a source that does not meet the conditions is shown beside one that does")
    func contradicted() async throws {
        try await Self.with { scene async throws in
            try await scene.sql("UPDATE recommendation SET class = 'ok', monthly_saving = 0 WHERE container = 'app'")
            let answer = try await scene.invoke(Self.id, ["class": "over"])
            #expect(answer["containers"] == 1 && answer["recommendations"]?.each("container") == [""])
            #expect(answer["recommendations"]?[0]?["sources"]?.each("class") == ["over", "ok", "ok"])
        }
    }

    @Test("one workload's word is told with its grounds, and that there is none is told too")
    func explained() async throws {
        try await Self.with { scene async throws in
            let id = "callboard:explain-recommendation"
            let shop = try await scene.invoke(id, ["name": "shop"])
            let vpa = shop["containers"]?[0]?["sources"]?[1]
            #expect((vpa?["samples"], vpa?["historyDays"], vpa?["confidenceDays"]) == (3600, 8.0, 2.5))
            #expect(vpa?["reason"] == "because" && vpa?["details"] == ["policy": "a", "containersInPod": 1])
            #expect(shop["classes"]?["over"]?.stringValue?.contains("request less") == true)
            let skipped = try await scene.invoke(id, ["name": "legacy", "container": "app"])
            #expect(skipped["classes"]?["hpa-skip"]?.stringValue?.contains("HorizontalPodAutoscaler") == true)
            #expect(try await scene.invoke(id, ["name": "dns"])["containers"] == [])
            #expect(try await scene.refusal(id, ["name": "dnss"])?.kind == .notFound)
        }
    }

    @Test("what is gone is not recommended for")
    func gone() async throws {
        try await Self.with { scene async throws in
            try await scene.run([], gone: [Scene.key("shared")])
            let answer = try await scene.invoke(Self.id)
            #expect(answer["recommendations"]?.each("name") == ["shop", "legacy", "shop-cache"])
        }
    }
}
