import Base
import TestSupport
import Testing

@testable import Actions

@Suite("callboard:list-orphan-workloads", .serialized, .enabled(if: TestDatabase.isAvailable))
struct OrphanWorkloadsTests {
    private static let id = "callboard:list-orphan-workloads"

    @Test("lists what nobody owns, the dearest first, with what all of it costs")
    func listed() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id)
            #expect(names(answer["workloads"]) == ["legacy", "dns", "proxy"])
            #expect(answer["totals"] == ["workloads": 3, "hourlyCost": 10.0, "monthlyRunRate": 7300.0])
            #expect(answer["nextCursor"] == nil)
            #expect(answer["workloads"]?[0]?["labels"] == ["app": "legacy"])
            #expect(answer["workloads"]?[0]?["hourlyCost"] == ["total": 6.0, "cpu": 5.0, "memory": 1.0])
        }
    }

    @Test("a namespace and a cluster narrow both the list and the totals")
    func narrowed() async throws {
        try await Scene.with { scene async throws in
            let system = try await scene.invoke(Self.id, ["namespace": "kube-system"])
            #expect(names(system["workloads"]) == ["dns", "proxy"])
            #expect(system["totals"]?["hourlyCost"] == 4.0)
            let elsewhere = try await scene.invoke(Self.id, ["cluster": "other"])
            #expect(elsewhere["totals"] == ["workloads": 0, "hourlyCost": 0.0, "monthlyRunRate": 0.0])
            #expect(elsewhere["workloads"] == [])
        }
    }

    @Test("pages follow each other, each with the totals of all")
    func pages() async throws {
        try await Scene.with { scene async throws in
            var arguments: JSONObject = ["limit": 2]
            let first = try await scene.invoke(Self.id, arguments)
            #expect(names(first["workloads"]) == ["legacy", "dns"])
            arguments["cursor"] = first["nextCursor"]
            #expect(arguments["cursor"] != nil)
            let second = try await scene.invoke(Self.id, arguments)
            #expect(names(second["workloads"]) == ["proxy"])
            #expect(second["nextCursor"] == nil)
            #expect(second["totals"] == first["totals"])
            let beyond = try await scene.invoke(Self.id, ["cursor": "500"])
            #expect(beyond["workloads"] == [])
            #expect(beyond["nextCursor"] == nil)
        }
    }

    @Test("an owner that comes takes a workload off the list, one that goes puts it there")
    func changes() async throws {
        try await Scene.with { scene async throws in
            try await scene.run([
                Scene.deployment("legacy", cores: 5, gibibytes: 2, links: [Scene.link("component:default/plain")]),
                Scene.deployment("shop-cache", gibibytes: 2),
            ])
            try await scene.run([], gone: [Scene.key("dns", in: "kube-system")])
            #expect(names(try await scene.invoke(Self.id)["workloads"]) == ["shop-cache", "proxy"])
        }
    }

    @Test(
        "what cannot be understood is refused by name",
        arguments: [
            (["cursor": "x"], "cursor"), (["cursor": "-1"], "cursor"), (["cursor": "99999999999999999999"], "cursor"),
            (["cursor": "1000001"], "cursor"), (["limit": 0], "limit"), (["limit": 501], "limit"),
            (["namespace": ""], "namespace"), (["namespace": 1], "namespace"), (["window": "7d"], "window"),
        ] as [(JSONObject, String)])
    func input(arguments: JSONObject, field: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal(Self.id, arguments))
        #expect(error.kind == .input)
        #expect(error.message.contains(field))
    }
}
