import Actions
import Base
import Matching
import Store
import TestSupport
import Testing

@Suite("What else is asked of costs", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CostQuestionTests {
    @Test("a trend has a point for each day or hour with a record, with mean, highest and lowest")
    func trend() async throws {
        try await Scene.withCosts { scene async throws in
            let days = try await scene.invoke("callboard:get-cost-trend", ["window": "7d"])
            #expect(days["unit"] == "day")
            #expect(days["points"]?.each("at") == ["2036-03-08T00:00:00Z", "2036-03-09T00:00:00Z"])
            #expect(days["actual"]?["total"] == 9.0 && days["mean"] == 4.5)
            #expect(days["highest"]?["at"] == "2036-03-09T00:00:00Z" && days["lowest"]?["cost"]?["total"] == 1.0)
            let hours = try await scene.invoke(
                "callboard:get-cost-trend", ["scope": "entity", "name": "shop", "window": "yesterday"])
            #expect(hours["unit"] == "hour")
            #expect(hours["points"]?.each("at") == ["2036-03-09T05:00:00Z", "2036-03-09T06:00:00Z"])
            let none = try await scene.invoke("callboard:get-cost-trend", ["window": "2030-01-01/2030-01-05"])
            #expect((none["points"], none["mean"], none["highest"]) == ([], .null, .null))
            let refusal = try await scene.refusal(
                "callboard:get-cost-trend", ["window": "30d", "unit": "hour"])
            #expect(refusal?.message.contains("unit") == true)
        }
    }

    @Test("a change is explained by parts that add up, workload by workload, and another window can be named")
    func change() async throws {
        try await Scene.withCosts { scene async throws in
            let id = "callboard:explain-cost-change"
            let answer = try await scene.invoke(id, ["window": "yesterday"])
            #expect((answer["actual"], answer["previousCost"], answer["difference"]) == (8.0, 1.0, 7.0))
            let parts = try #require(answer["parts"]?.objectValue)
            // The shop's second hour had no more pod-seconds on record; everything else is new.
            #expect(parts["new"] == 6.0)
            #expect(parts.reduce(0) { $0 + ($1.value.doubleValue ?? 0) } == 7)
            #expect(answer["workloads"]?.each("name") == ["orders", "dns", "shop", "web"])
            let back = try await scene.invoke(
                id, ["window": "2036-03-08/2036-03-09", "previousWindow": "yesterday", "limit": 1])
            #expect((back["difference"], back["parts"]?["gone"], back["omitted"]) == (-7.0, -6.0, 3))
            let owner = try await scene.invoke(id, ["scope": "owner", "name": "sam", "window": "yesterday"])
            #expect(owner["workloads"]?.each("name") == ["orders"])
        }
    }

    @Test("dependencies count once each, along what is asked for, as far as is asked for")
    func dependencies() async throws {
        try await Scene.withCosts { scene async throws in
            func ask(_ more: JSONObject) async throws -> JSONValue {
                let fixed: JSONObject = ["window": "yesterday"]
                return try await scene.invoke("callboard:get-dependency-cost", fixed.merging(more))
            }
            let web = try await ask(["entityRef": "web"])
            #expect(web["own"]?["total"] == 1.0 && web["dependencies"]?["total"] == 6.0)
            #expect(web["actual"]?["total"] == 7.0)
            #expect(
                web["entities"]?.each("entityRef")
                    == ["component:default/orders", "component:default/shop", "component:default/web"])
            #expect(web["entities"]?.each("depth") == [2, 1, 0])
            let direct = try await ask(["entityRef": "web", "follow": ["dependsOn"]])
            #expect(direct["actual"]?["total"] == 3.0)
            let near = try await ask(["entityRef": "web", "depth": 1])
            #expect(near["actual"]?["total"] == 3.0)
            let domain = try await ask(["entityRef": "domain:sales", "follow": ["hasPart"]])
            #expect(domain["actual"]?["total"] == 1.0 && domain["own"]?["total"] == 0.0)
            let refusal = try await scene.refusal("callboard:get-dependency-cost", ["entityRef": "wed"])
            #expect(refusal?.message == "No entity wed; did you mean component:default/web?")
        }
    }

    @Test("coverage is owned over owned and orphan, by cluster, and orphans' namespaces are named")
    func coverage() async throws {
        try await Scene.withCosts { scene async throws in
            let answer = try await scene.invoke("callboard:get-cost-coverage", ["window": "yesterday"])
            #expect((answer["coverage"], answer["owned"], answer["orphan"], answer["idle"]) == (0.875, 7.0, 1.0, 0.0))
            #expect(answer["clusters"]?.each("coverage") == [0.875])
            #expect(answer["namespaces"]?[0]?["namespace"] == "kube-system")
            let none = try await scene.invoke("callboard:get-cost-coverage", ["window": "2030-01-01/2030-01-02"])
            #expect(none["coverage"] == .null && none["clusters"] == [])
        }
    }

    @Test("an entity that matches nothing is a ghost, with since when, and one without a selector is none")
    func ghosts() async throws {
        let id = "callboard:list-ghost-entities"
        try await Scene.with { scene async throws in
            let before = try await scene.invoke(id)
            #expect(before["entities"]?.each("entityRef") == ["component:default/broken"])
            #expect(before["entities"]?[0]?["unmatchedSince"] == .null && before["totals"]?["neverMatched"] == 1)
            try await scene.run([], gone: ["shop", "shop-cache", "shared"].map { Scene.key($0) })
            let after = try await scene.invoke(id)
            let refs = after["entities"]?.each("entityRef").compactMap(\.stringValue) ?? []
            #expect(Set(refs) == ["component:default/shop", "component:default/platform", "component:default/broken"])
            #expect(refs.last == "component:default/broken", "what never matched comes last")
            #expect(after["totals"] == ["entities": 3, "neverMatched": 1])
            let shop = after["entities"]?.arrayValue?.first { $0["name"] == "shop" }
            #expect(shop?["unmatchedSince"]?.stringValue != nil && shop?["selector"]?.objectValue != nil)
            let owned = try await scene.invoke(id, ["owner": "platform-team"])
            #expect(owned["entities"]?.each("name") == ["platform"])
            let page = try await scene.invoke(id, ["limit": 1, "kind": "Component", "cursor": "1"])
            #expect(page["entities"]?.arrayValue?.count == 1 && page["nextCursor"] == "2")
        }
    }

    @Test("a workload's owner is told with its rule, now and at a moment of the past")
    func ownership() async throws {
        let id = "callboard:get-workload-ownership"
        try await Scene.with { scene async throws in
            let now = try await scene.invoke(id, ["name": "shared"])
            #expect(now["owner"]?["entityRef"] == "component:default/platform")
            #expect(now["owner"]?["rule"] == "label-selector" && now["owner"]?["matchedOn"] == "both")
            #expect(now["matches"]?.each("entityRef") == ["component:default/platform", "component:default/shop"])
            let since = try #require(now["owner"]?["since"]?.stringValue)
            try await scene.run([Scene.deployment("shared", links: [Scene.link("component:default/shop")])])
            let later = try await scene.invoke(id, ["name": "shared", "kind": "deployment"])
            #expect(later["owner"]?["entityRef"] == "component:default/shop")
            #expect(later["owners"]?.each("entityRef") == ["component:default/shop", "component:default/platform"])
            let then = try await scene.invoke(id, ["name": "shared", "at": .string(since)])
            #expect(then["owner"]?["entityRef"] == "component:default/platform")
            let orphan = try await scene.invoke(id, ["name": "dns"])
            #expect(orphan["owner"] == .null && orphan["matches"] == [])
        }
    }

    @Test("a workload's name that is not there, or is several, comes with the candidates")
    func names() async throws {
        let id = "callboard:get-workload-ownership"
        try await Scene.with { scene async throws in
            let missing = try await scene.refusal(id, ["name": "leg"])
            #expect(missing?.kind == .notFound)
            #expect(missing?.message == "No workload leg; did you mean main/prod/Deployment/legacy?")
            try await scene.run([Scene.deployment("legacy", in: "staging")])
            let several = try await scene.refusal(id, ["name": "legacy"])
            #expect(several?.kind == .conflict && several?.message.contains("staging") == true)
            let one = try await scene.invoke(id, ["name": "legacy", "namespace": "staging"])
            #expect(one["workload"]?["namespace"] == "staging")
            let when = try await scene.refusal(id, ["name": "legacy", "at": "yesterday"])
            #expect(when?.kind == .input && when?.message.hasPrefix("at: ") == true)
        }
    }

    @Test("health tells how far each source is, and where sources disagree")
    func health() async throws {
        try await Scene.withCosts { scene async throws in
            let id = "callboard:get-cost-data-health"
            let alone = try await scene.invoke(id, ["window": "yesterday"])
            #expect(alone["sources"]?.each("source") == ["estimate"])
            #expect(alone["sources"]?[0]?["isPrimary"] == true && alone["disagreements"] == [])
            #expect(alone["sources"]?[0]?["dataThrough"] == "2036-03-10T12:20:00Z")
            try await scene.sql(
                """
                INSERT INTO cost_entity_daily (day, attribution_id, source, cpu_cost, memory_cost, cpu_millicore_seconds,
                    memory_byte_seconds, workloads)
                SELECT day, attribution_id, 2, cpu_cost / 2, memory_cost, 0, 0, 1 FROM cost_entity_daily;
                INSERT INTO cost_entity_to_date (day, attribution_id, source, cpu_cost, memory_cost, cpu_millicore_seconds,
                    memory_byte_seconds, peaks, days, used_days)
                SELECT day, attribution_id, 2, cpu_cost / 2, memory_cost, 0, 0, peaks, days, 0 FROM cost_entity_to_date;
                INSERT INTO cost_cluster_daily (day, cluster, source, cpu_cost, memory_cost, attributions)
                SELECT day, cluster, 2, cpu_cost / 2, memory_cost, attributions FROM cost_cluster_daily;
                INSERT INTO price_book (cluster, node, cpu_hourly_cost, memory_hourly_cost, gpu_hourly_cost, price_quality,
                    is_spot, cpu_millicores, memory_bytes, gpus)
                VALUES ('main', 'a', 1, 1, 0, 'instance-type', false, 1, 1, 0);
                INSERT INTO node_price_source (cluster, told_at, nodes, error) VALUES ('main', '2036-03-10T12:00Z', 3, 'odd');
                INSERT INTO exported_node_price (cluster, node, per_hour, seen_at)
                VALUES ('main', 'a', 1, '2036-03-10T09:00Z'), ('main', 'gone', 1, '2036-03-10T09:00Z');
                """)
            let both = try await scene.invoke(id, ["window": "yesterday"])
            #expect(both["disagreements"]?.each("source") == ["estimate", "scaleops"])
            #expect(both["disagreements"]?.each("cost") == [8.0, 4.0])
            #expect(both["disagreements"]?.each("differenceToFirst") == [0.0, -0.5])
            #expect(both["prices"] == [["cluster": "main", "quality": "instance-type", "nodes": 1]])
            #expect(
                both["nodePrices"] == [
                    ["cluster": "main", "asOf": "2036-03-10T12:00:00Z", "nodes": 3, "outdated": 1, "error": "odd"]
                ])
            // Sources are never added up, and the price's quality stands beside each answer.
            let cost = try await scene.invoke("callboard:get-cost", ["window": "yesterday"])
            #expect(cost["actual"]?["cost"]?["total"] == 8.0 && cost["priceQuality"] == ["instance-type"])
            let other = try await scene.invoke("callboard:get-cost", ["window": "yesterday", "source": "scaleops"])
            #expect(other["actual"]?["cost"]?["total"] == 4.0 && other["source"] == "scaleops")
        }
    }
}
