import Actions
import Base
import TestSupport
import Testing

@Suite("callboard:get-entity-workloads", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityWorkloadsTests {
    private static let id = "callboard:get-entity-workloads"

    @Test("lists what matches, the dearest first, and adds up what is owned")
    func listed() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop"])
            #expect(answer["entityRef"] == "component:default/shop")
            #expect(answer["currency"] == "EUR")
            #expect(answer["asOf"] == "2036-03-10T12:30:00Z")
            #expect(names(answer["workloads"]) == ["shared", "shop", "shop-cache"])
            #expect(answer["omitted"] == 0)
            #expect(
                answer["totals"]
                    == [
                        "workloads": 3, "owned": 2, "pods": 4, "problems": 0, "workloadsWithProblems": 0,
                        "hourlyCost": ["total": 6.0, "cpu": 3.0, "memory": 3.0],
                        "monthlyRunRate": ["total": 4380.0, "cpu": 2190.0, "memory": 2190.0],
                    ])
            #expect(answer["clusters"]?[0]?["name"] == "main")
            #expect(answer["clusters"]?[0]?["error"] == .null)
            let shop = try #require(answer["workloads"]?[1])
            #expect(shop["replicas"] == ["desired": 2, "ready": 1, "available": nil, "updated": nil])
            #expect(shop["restarts"] == 3)
            #expect(shop["requests"] == ["cpuCores": 2.0, "memoryGiB": 4.0])
            #expect(shop["createdAt"] == "2026-01-02T03:04:05Z")
            #expect((shop["rule"], shop["matchedOn"]) == ("label-selector", "both"))
        }
    }

    @Test("a workload that another entity owns says whose it is")
    func ownedByAnother() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop", "limit": 1])
            let shared = try #require(answer["workloads"]?[0])
            #expect(shared["isOwner"] == false)
            #expect(shared["ownerRef"] == "component:default/platform")
            #expect(answer["omitted"] == 2)
            #expect(answer["totals"]?["workloads"] == 3)
        }
    }

    @Test("says by which annotation the entity selects")
    func selector() async throws {
        try await Scene.with { scene async throws in
            let byLabels = try await scene.invoke(Self.id, ["entityRef": "shop"])["selector"]
            #expect(
                byLabels
                    == [
                        "rule": "label-selector", "text": "app in (shop,shop-cache,shared)",
                        "namespaces": ["prod", "staging"], "clusters": [], "problem": nil,
                    ])
            let byID = try await scene.invoke(Self.id, ["entityRef": "platform"])["selector"]
            #expect((byID?["rule"], byID?["text"]) == ("kubernetes-id", "platform"))
        }
    }

    @Test("an entity without a selector has none and no workloads")
    func plain() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "plain"])
            #expect(answer["selector"] == .null)
            #expect(answer["workloads"] == [])
            #expect(answer["totals"]?["hourlyCost"] == ["total": 0.0, "cpu": 0.0, "memory": 0.0])
        }
    }

    @Test("a selector that cannot be used says why")
    func refused() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["entityRef": "broken"])
            #expect(answer["selector"]?["text"] == "app in (")
            let problem = try #require(answer["selector"]?["problem"]?.stringValue)
            #expect(problem.contains("backstage.io/kubernetes-label-selector"))
        }
    }

    @Test("when a workload goes its link goes too")
    func gone() async throws {
        try await Scene.with { scene async throws in
            try await scene.run([], gone: [Scene.key("shop")])
            let answer = try await scene.invoke(Self.id, ["entityRef": "shop"])
            #expect(names(answer["workloads"]) == ["shared", "shop-cache"])
        }
    }
}

/// What the two actions that take an `entityRef` share.
@Suite("The entityRef argument", .serialized, .enabled(if: TestDatabase.isAvailable))
struct EntityRefArgumentTests {
    private static let ids = ["callboard:get-entity-workloads", "callboard:get-entity-cost"]

    @Test("is read in all its forms", arguments: ids)
    func forms(id: String) async throws {
        try await Scene.with { scene async throws in
            for text in ["shop", "default/shop", "component:shop", "Component:Default/SHOP"] {
                let answer = try await scene.invoke(id, ["entityRef": .string(text)])
                #expect(answer["entityRef"] == "component:default/shop")
            }
        }
    }

    @Test("that names nothing comes back with what may have been meant", arguments: ids)
    func candidates(id: String) async throws {
        try await Scene.with { scene async throws in
            let near = try #require(try await scene.refusal(id, ["entityRef": "component:elsewhere/shop"]))
            #expect(near.kind == .notFound)
            #expect(near.message == "No entity component:elsewhere/shop; did you mean component:default/shop?")
            let far = try #require(try await scene.refusal(id, ["entityRef": "zzz"]))
            #expect(far.message == "No entity component:default/zzz")
        }
    }

    @Test("does not tell the names of the catalog to who may not read it", arguments: ids)
    func discretion(id: String) async throws {
        try await Scene.with { scene async throws in
            let caller = Caller(
                subject: "costs",
                restrictions: [AccessRestriction(plugin: "callboard", permissions: nil, attributes: nil)])
            let error = try #require(try await scene.refusal(id, ["entityRef": "sho"], for: caller))
            #expect(error.message == "No entity component:default/sho")
        }
    }

    @Test(
        "that is no reference is refused with the form that is expected",
        arguments: ids, ["", ":", "component:", "component:/shop", "a\u{0}b", "/"])
    func malformed(id: String, text: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal(id, ["entityRef": .string(text)]))
        #expect(error.kind == .input)
        #expect(error.message.contains("entityRef"))
    }

    @Test("is required and limits are bounded", arguments: ids)
    func required(id: String) async throws {
        let scene = try Scene.withoutDatabase()
        for arguments: JSONObject in [
            [:], ["entityRef": 5], ["entityRef": "shop", "limit": 0], ["entityRef": "shop", "limit": 501],
            ["entityRef": "shop", "limit": "ten"], ["entityRef": "shop", "cursor": "x"],
        ] {
            #expect(try await scene.refusal(id, arguments)?.kind == .input)
        }
    }
}
