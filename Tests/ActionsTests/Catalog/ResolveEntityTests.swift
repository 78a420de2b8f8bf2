import Actions
import Base
import TestSupport
import Testing

@Suite("catalog:resolve-entity", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ResolveEntityTests {
    private static let id = "catalog:resolve-entity"

    @Test("a reference, a name and a shortened reference are resolved, Component before other kinds")
    func resolved() async throws {
        let cases: [(JSONObject, ref: String, match: String)] = [
            (["name": "component:default/lending"], "component:default/lending", "ref"),
            (["name": "API:Default/Lending"], "api:default/lending", "ref"),
            (["name": "lending"], "component:default/lending", "preferred"),
            (["name": "LENDING", "kind": "Api"], "api:default/lending", "name"),
            (["name": "api:lending"], "api:default/lending", "name"),
            (["name": "history/archive"], "component:history/archive", "name"),
            (["name": "archive"], "component:history/archive", "name"),
            (["name": "cart", "namespace": "staging"], "component:staging/cart", "name"),
            (["name": "cart"], "component:default/cart", "preferred"),
            (["name": "shelf"], "resource:default/shelf", "name"), (["name": "ada"], "user:default/ada", "name"),
        ]
        try await Bookshop.with { scene async throws in
            for (arguments, ref, match) in cases {
                let answer = try await scene.invoke(Self.id, arguments)
                #expect(answer["resolved"]?["entityRef"]?.stringValue == ref, "\(arguments)")
                #expect(answer["match"]?.stringValue == match, "\(arguments)")
            }
        }
    }

    @Test("what else has the name, or holds it, is told after it with the total")
    func others() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["name": "lending"])
            #expect(
                texts(answer["candidates"], "entityRef") == ["api:default/lending", "component:default/lending-web"])
            #expect(answer["totalFound"] == 3)
            let first = try await scene.invoke(Self.id, ["name": "lending", "limit": 1])
            #expect(texts(first["candidates"], "entityRef") == ["api:default/lending"])
            #expect(first["totalFound"] == 3)
        }
    }

    @Test(
        "an inexact name is not resolved but has candidates: parts of names, titles, slips of the pen, other kinds",
        arguments: [
            (["name": "lend"], "component:default/lending"), (["name": "book club"], "group:default/books"),
            (["name": "Lending Desk"], "component:default/lending"), (["name": "lendign"], "component:default/lending"),
            (["name": "libary"], "system:default/library"), (["name": "resource:library"], "system:default/library"),
            (["name": "shelf", "kind": "Component"], "resource:default/shelf"),
        ] as [(JSONObject, String)])
    func candidates(arguments: JSONObject, ref: String) async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, arguments)
            #expect(answer["resolved"] == .null && answer["match"] == .null)
            #expect(texts(answer["candidates"], "entityRef").first == ref)
        }
    }

    @Test("a candidate has what tells it from others")
    func summary() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["name": "lending"])
            #expect(
                answer["resolved"] == [
                    "entityRef": "component:default/lending", "kind": "component", "namespace": "default",
                    "name": "lending", "title": "Lending desk", "description": nil, "type": "service",
                    "lifecycle": "production", "ownerRef": "group:default/books",
                ])
        }
    }

    @Test(
        "nothing like it is an answer without candidates, and wildcards of SQL are letters",
        arguments: ["zzzzzz", "%%%"])
    func nothing(name: String) async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(Self.id, ["name": .string(name)])
            #expect(answer["candidates"] == [] && answer["totalFound"] == 0)
        }
    }

    @Test("what is no reference is refused by the argument's name", arguments: ["", ":", "component:", "a/", "x\u{0}"])
    func refused(name: String) async throws {
        let error = try #require(
            try await Scene.withoutDatabase().refusal(Self.id, ["name": .string(name)]))
        #expect(error.kind == .input && error.message.contains("name"))
    }
}
