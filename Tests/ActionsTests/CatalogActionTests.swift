import Actions
import Base
import TestSupport
import Testing

@Suite("catalog:get-catalog-entity", .serialized, .enabled(if: TestDatabase.isAvailable))
struct GetCatalogEntityTests {
    private static let id = "catalog:get-catalog-entity"

    @Test("finds by name, in any letter case, and by what else is given")
    func found() async throws {
        let cases: [(JSONObject, String)] = [
            (["name": "shop"], "component:default/shop"), (["name": "SHOP"], "component:default/shop"),
            (["name": "cart", "kind": "resource"], "resource:default/cart"),
            (["name": "cart", "kind": "COMPONENT", "namespace": "default"], "component:default/cart"),
            (["name": "cart", "namespace": "Staging"], "component:staging/cart"),
        ]
        try await Scene.with { scene async throws in
            for (arguments, ref) in cases {
                let entity = try await scene.invoke(Self.id, arguments)
                #expect(refs(["items": [entity]]) == [ref])
            }
        }
    }

    @Test("gives relations of both ends")
    func relations() async throws {
        try await Scene.with { scene async throws in
            let entity = try await scene.invoke(Self.id, ["name": "cart", "kind": "Resource"])
            #expect(
                entity["relations"]?.arrayValue?.contains([
                    "type": "dependencyOf", "targetRef": "component:default/shop",
                ]) == true)
        }
    }

    @Test("a name that is not there comes back with names that hold it")
    func candidates() async throws {
        try await Scene.with { scene async throws in
            let near = try #require(try await scene.refusal(Self.id, ["name": "car"]))
            #expect(near.kind == .input)
            #expect(
                near.message == "No entity found with name \"car\"; similar: component:default/cart, "
                    + "component:staging/cart, resource:default/cart")
            let far = try #require(try await scene.refusal(Self.id, ["name": "zzz"]))
            #expect(far.message == "No entity found with name \"zzz\"")
            let wildcard = try #require(try await scene.refusal(Self.id, ["name": "%"]))
            #expect(wildcard.message == "No entity found with name \"%\"")
        }
    }

    @Test("a name that several entities have is a conflict that lists them")
    func conflict() async throws {
        try await Scene.with { scene async throws in
            let error = try #require(try await scene.refusal(Self.id, ["name": "cart"]))
            #expect(error.kind == .conflict)
            for ref in ["component:default/cart", "component:staging/cart", "resource:default/cart"] {
                #expect(error.message.contains(ref))
            }
        }
    }

    @Test(
        "arguments that are missing, empty, of the wrong type or unknown are named",
        arguments: [
            ([:], "name"), (["name": ""], "name"), (["name": 7], "name"), (["name": "a", "kind": ""], "kind"),
            (["name": "a", "nam": "b"], "nam"), (["name": nil], "name"),
        ] as [(JSONObject, String)])
    func input(arguments: JSONObject, field: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal(Self.id, arguments))
        #expect(error.kind == .input)
        #expect(error.message.contains(field))
    }

    @Test("a character that the database cannot hold finds nothing, and does not fail")
    func unstorable() async throws {
        try await Scene.with { scene async throws in
            let error = try #require(try await scene.refusal(Self.id, ["name": "shop\u{0}"]))
            #expect(error.kind == .input)
        }
    }
}

@Suite("catalog:query-catalog-entities", .serialized, .enabled(if: TestDatabase.isAvailable))
struct QueryCatalogEntitiesTests {
    private static let id = "catalog:query-catalog-entities"

    @Test("without arguments lists everything by ref, with the count and no cursor on the last page")
    func all() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(Self.id)
            #expect(answer["totalItems"] == 7)
            #expect(answer["hasMoreEntities"] == false)
            #expect(answer["nextPageCursor"] == nil)
            let all = refs(answer)
            #expect(all.count == 7)
            #expect(all == all.sorted())
        }
    }

    @Test("a predicate chooses")
    func filter() async throws {
        let cases: [(JSONValue, [String])] = [
            (["kind": "Resource"], ["resource:default/cart"]),
            (["spec.type": ["$in": ["library", "database"]]], ["component:default/plain", "resource:default/cart"]),
            (["relations.ownedBy": "group:default/platform-team"], ["component:default/platform"]),
            (["metadata.name": ["$hasPrefix": "pl"]], ["component:default/plain", "component:default/platform"]),
            (["$not": ["kind": "Component"]], ["resource:default/cart"]), (["kind": "Nothing"], []),
            (["$any": []], []),
        ]
        try await Scene.with { scene async throws in
            for (filter, expected) in cases {
                let answer = try await scene.invoke(Self.id, ["filter": filter])
                #expect(refs(answer) == expected, "\(filter.text())")
                #expect(answer["totalItems"] == .int(Int64(expected.count)))
            }
        }
    }

    @Test("fields keep the answer small")
    func fields() async throws {
        try await Scene.with { scene async throws in
            let answer = try await scene.invoke(
                Self.id, ["filter": ["metadata.name": "shop"], "fields": ["metadata.name", "spec.owner", "nope"]])
            #expect(answer["items"] == [["metadata": ["name": "shop"], "spec": ["owner": "payments"]]])
        }
    }

    @Test("pages follow each other without gap or repetition", arguments: [nil, "asc", "desc"])
    func pages(order: String?) async throws {
        try await Scene.with { scene async throws in
            var arguments: JSONObject = ["limit": 3]
            if let order { arguments["orderFields"] = ["field": "metadata.name", "order": .string(order)] }
            var seen: [String] = []
            var pages = 0
            while true {
                let answer = try await scene.invoke(Self.id, arguments)
                seen += refs(answer)
                pages += 1
                #expect(answer["totalItems"] == 7)
                guard let cursor = answer["nextPageCursor"] else { break }
                #expect(answer["hasMoreEntities"] == true)
                arguments = ["cursor": cursor, "limit": 3]
                try #require(pages < 10)
            }
            #expect(pages == 3)
            #expect(seen.count == 7)
            #expect(Set(seen).count == 7)
            let names = seen.map { $0.split(separator: "/").last ?? "" }
            if order == "asc" { #expect(names == names.sorted()) }
            if order == "desc" { #expect(names == names.sorted(by: >)) }
        }
    }

    @Test("an offset leaves out the first, and text is looked for in the fields that are named")
    func offsetAndText() async throws {
        try await Scene.with { scene async throws in
            let all = refs(try await scene.invoke(Self.id))
            #expect(refs(try await scene.invoke(Self.id, ["offset": 5])) == Array(all.suffix(2)))
            let found = try await scene.invoke(
                Self.id, ["fullTextFilter": ["term": " the SHOP ", "fields": ["metadata.title"]]])
            #expect(refs(found) == ["component:default/shop"])
        }
    }

    @Test(
        "what cannot be understood is refused by name",
        arguments: [
            (["limit": 0], "limit"), (["limit": 501], "limit"), (["limit": "5"], "limit"), (["limit": 1.5], "limit"),
            (["offset": -1], "offset"), (["filter": "kind=Component"], "filter"),
            (["filter": ["$nor": []]], "unknown operator $nor"),
            (["filter": ["kind": ["$matches": "x"]]], "query.kind: unknown matcher $matches"),
            (["fields": ["a[0]"]], "array type fields are not supported"), (["fields": "kind"], "fields"),
            (["orderFields": ["field": "kind", "order": "up"]], "orderFields"),
            (["orderFields": ["field": "kind"]], "orderFields"),
            (["fullTextFilter": ["fields": ["kind"]]], "term"), (["cursor": ""], "cursor"),
            (["cursor": "nonsense"], "Malformed cursor"), (["cursor": "e30="], "Malformed cursor"),
            (
                ["cursor": "e30=", "filter": ["kind": "Component"]],
                "Cannot combine cursor with filter or offset. Use cursor alone for pagination."
            ),
            (
                ["cursor": "e30=", "offset": 1],
                "Cannot combine cursor with filter or offset. Use cursor alone for pagination."
            ),
            (["unknown": 1], "unknown"),
        ] as [(JSONObject, String)])
    func input(arguments: JSONObject, message: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal(Self.id, arguments))
        #expect(error.kind == .input)
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test(
        "a cursor that somebody altered is refused as such",
        arguments: [
            ["orderFields": [], "orderFieldValues": ["a", "b"], "isPrevious": false],
            ["orderFields": [["field": "kind", "order": "asc"]], "orderFieldValues": ["a"], "isPrevious": false],
        ] as [JSONValue])
    func altered(cursor: JSONValue) async throws {
        let scene = try Scene.withoutDatabase()
        let text = Base64.encode(cursor.serialized())
        let error = try #require(try await scene.refusal(Self.id, ["cursor": .string(text)]))
        #expect(error.kind == .input)
        #expect(error.message.hasPrefix("Malformed cursor"))
    }

    @Test("a character that the database cannot hold is refused or matches nothing, wherever it is")
    func unstorable() async throws {
        let cases: [JSONObject] = [
            ["filter": ["kind": "Component\u{0}"]], ["filter": ["kind\u{0}": "Component"]],
            ["filter": ["metadata.name": ["$hasPrefix": "sh\u{0}"]]],
            ["fullTextFilter": ["term": "shop\u{0}", "fields": ["metadata.title"]]],
            ["fullTextFilter": ["term": "shop", "fields": ["metadata.title\u{0}"]]],
            ["orderFields": ["field": "kind\u{0}", "order": "asc"]],
        ]
        try await Scene.with { scene async throws in
            for arguments in cases {
                if let refusal = try await scene.refusal(Self.id, arguments) {
                    #expect(refusal.kind == .input)
                } else {
                    let answer = try await scene.invoke(Self.id, arguments)
                    #expect(answer["totalItems"] == 0)
                }
            }
        }
    }
}

/// The refs of the items of a page.
private func refs(_ answer: JSONValue) -> [String] {
    answer["items"]?.arrayValue?.map { item in
        let part = { (key: String) in item["metadata"]?[key]?.stringValue ?? "" }
        return "\(item["kind"]?.stringValue ?? ""):\(part("namespace"))/\(part("name"))".lowercased()
    } ?? []
}
