import Base
import Catalog
import Store
import TestSupport
import Testing

@Suite("Callboard's own routes", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CallboardRouteTests {
    private static let shop = "/api/callboard/entities/component/default/shop"

    @Test("an entity's workloads and costs are what the actions answer, with the query as arguments")
    func actions() async throws {
        try await Service.with { service async throws in
            let workloads = try await service.client.get("\(Self.shop)/workloads?limit=1")
            #expect(workloads.status == 200)
            #expect(workloads.json["entityRef"] == "component:default/shop")
            #expect(workloads.json["workloads"]?[0]?["name"] == "shop")
            let costs = try await service.client.get("\(Self.shop)/costs?window=24h&limit=5&entityRef=component:x/y")
            #expect(costs.json["entityRef"] == "component:default/shop")
            #expect(costs.json["currency"] == "EUR")
            #expect(costs.json["runRate"]?["hourly"]?["total"] == 2.0)
        }
    }

    @Test("the overview holds the entity, its workloads and its costs")
    func overview() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get("/api/callboard/entities/Component/DEFAULT/%53hop?window=1h")
            #expect(answer.json["entity"]?["metadata"]?["title"] == "The Shop")
            #expect(answer.json["workloads"]?["totals"]?["owned"] == 1)
            #expect(answer.json["cost"]?["entityRef"] == "component:default/shop")
        }
    }

    @Test("what nobody owns")
    func orphans() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.get("/api/callboard/orphans?namespace=prod&limit=5")
            #expect(answer.json["workloads"]?[0]?["name"] == "stray")
            #expect(answer.json["totals"] == ["workloads": 1, "hourlyCost": 2.0, "monthlyRunRate": 1460.0])
        }
    }

    @Test("what is not there comes with what may have been meant")
    func missing() async throws {
        try await Service.with { service async throws in
            for path in ["", "/workloads", "/costs"] {
                let url = "/api/callboard/entities/component/default/sho\(path)"
                let answer = try await service.client.get(url)
                #expect(
                    answer.json
                        == errorBody(
                            404, "NotFoundError",
                            "No entity component:default/sho; did you mean component:default/shop?", url))
            }
        }
    }

    @Test("arguments that an action does not take are refused by name")
    func input() async throws {
        try await Service.with { service async throws in
            for (target, field) in [
                ("\(Self.shop)/workloads?limit=ten", "limit"), ("\(Self.shop)/workloads?limit=0", "limit"),
                ("\(Self.shop)/workloads?window=7d", "window"), ("\(Self.shop)/costs?window=soon", "window"),
                ("\(Self.shop)?window=soon", "window"), ("/api/callboard/orphans?cursor=x", "cursor"),
                ("/api/callboard/orphans?namespace=", "namespace"), ("/api/callboard/orphans?foo=1", "foo"),
                ("/api/callboard/entities//default/x/costs", "entityRef"),
            ] {
                let answer = try await service.client.get(target)
                #expect(answer.status == 400, "\(target)")
                #expect(answer.json["error"]?["name"] == "InputError")
                #expect(answer.json["error"]?["message"]?.stringValue?.contains(field) == true, "\(target)")
            }
        }
    }

    @Test("a source shows how it stands: locations, entities, problems with file, line and reason")
    func sources() async throws {
        try await Service.with { service async throws in
            let good = try await service.client.get("/api/callboard/sources").json["sources"]?[0]
            #expect(good?["state"] == "ok")
            #expect((good?["type"], good?["target"]) == ("file", "catalog"))
            #expect((good?["locations"], good?["entities"]) == (1, 7))
            #expect((good?["error"], good?["problems"]) == (.null, []))
            #expect(good?["lastAttemptAt"] == good?["lastSuccessAt"])

            try await Service.define(
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: 'a b'\nspec: {}\n",
                location: "file:bad.yaml", in: service.store)
            let bad = try await service.client.get("/api/callboard/sources").json["sources"]?[0]
            #expect(bad?["state"] == "problems")
            let problem = try #require(bad?["problems"]?.arrayValue?.first)
            #expect(problem["location"] == "file:bad.yaml")
            #expect(problem["line"] == 4)
            #expect(problem["message"]?.stringValue?.isEmpty == false)

            let id = try await service.store.catalog.register(type: "configmap", target: "main")
            let pending = try await service.client.get("/api/callboard/sources").json["sources"]?[0]
            #expect((pending?["target"], pending?["state"], pending?["lastAttemptAt"]) == ("main", "pending", .null))
            try await service.store.catalog.note(source: id, error: "forbidden")
            let failing = try await service.client.get("/api/callboard/sources").json["sources"]?[0]
            #expect((failing?["state"], failing?["error"]) == ("failing", "forbidden"))
            #expect(failing?["lastSuccessAt"] == .null)
        }
    }

    @Test("the runs of a source are given by its id, the latest first, which the source shows too")
    func runs() async throws {
        try await Service.with { service async throws in
            let catalog = service.store.catalog
            let source = try await service.client.get("/api/callboard/sources").json["sources"]?[0]
            let id = Int(try #require(source?["id"]?.intValue))
            #expect(source?["lastRun"] == .null)
            for (second, added) in [(100, 4), (200, 0), (300, 1)] as [(Int64, Int)] {
                var tally = SourceTally()
                (tally.locations, tally.added) = (2, added)
                let run = SourceRun(
                    sourceID: id, beganAt: Timestamp(seconds: second), endedAt: Timestamp(seconds: second + 2),
                    tally: tally)
                try await catalog.note(runs: [run])
            }
            let answer = try await service.client.get("/api/callboard/sources/\(id)/runs")
            #expect(answer.json["source"] == "file:catalog")
            let runs = answer.json["runs"]?.arrayValue ?? []
            #expect(runs.map { $0["added"] } == [1, 4] && runs.map { $0["repeats"] } == [0, 1])
            #expect(runs.last?["seconds"] == 2.0 && runs.last?["beganAt"] == "1970-01-01T00:01:40Z")
            let shown = try await service.client.get("/api/callboard/sources").json["sources"]?[0]?["lastRun"]
            #expect(shown == runs.first)
            #expect(try await service.client.get("/api/callboard/sources/4711/runs").status == 404)
            #expect(try await service.client.get("/api/callboard/sources/x/runs").status == 400)
            let path = "/api/callboard/sources/\(id)/runs"
            #expect(try await service.client(Service.costsOnly).get(path).status == 403)
        }
    }
}
