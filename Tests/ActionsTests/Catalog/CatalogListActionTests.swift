import Actions
import Base
import TestSupport
import Testing

@Suite("Lists of the plugin catalog-mcp", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogListActionTests {
    @Test("an owner is found however it is written")
    func owner() async throws {
        let books = [
            "api:default/lending", "api:default/loans", "component:default/lending", "resource:default/shelf",
            "system:default/library",
        ]
        let cases: [(String, [String])] = [
            ("group:default/books", books), ("group:books", books), ("default/books", books),
            ("GROUP:Default/Books", books),
            // As written in the definition, it is also the group of the namespace history.
            ("books", (books + ["component:history/archive"]).sorted()),
            ("group:history/books", ["component:history/archive"]), ("ada", ["component:default/lending-web"]),
            ("user:default/ada", ["component:default/lending-web"]), ("nobody", []),
        ]
        try await Bookshop.with { scene async throws in
            for (owner, refs) in cases {
                let answer = try await scene.invoke("catalog-mcp:get_entities_by_owner", ["owner": .string(owner)])
                #expect(entityRefs(answer["entities"]) == refs, "\(owner)")
                #expect(answer["count"] == .int(Int64(refs.count)) && answer["owner"]?.stringValue == owner)
            }
        }
    }

    @Test("an annotation is found by its key, and with its value whatever characters that has")
    func annotation() async throws {
        let id = "catalog-mcp:get_entities_by_annotation"
        let cases: [(JSONObject, Int64)] = [
            (["annotation": "github.com/project-slug"], 1),
            (["annotation": "github.com/project-slug", "value": "acme/lending,v2"], 1),
            (["annotation": "github.com/project-slug", "value": "Acme/Lending,v2"], 1),
            (["annotation": "github.com/project-slug", "value": "acme%2Flending,v2"], 0),
            (["annotation": "github.com/project-slug", "value": ""], 0),
            (["annotation": "acme.io/empty", "value": ""], 1), (["annotation": "acme.io/none"], 0),
        ]
        try await Bookshop.with { scene async throws in
            for (arguments, count) in cases {
                let answer = try await scene.invoke(id, arguments)
                #expect(answer["count"] == .int(count), "\(arguments)")
                #expect(answer["value"] == arguments["value"] && answer["annotation"] == arguments["annotation"])
            }
        }
    }

    @Test("the types of a kind are counted over the whole catalog")
    func types() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke("catalog-mcp:get_entity_types_for_kind", ["kind": "COMPONENT"])
            #expect(answer["types"] == ["Service", "library", "service", "website"])
            #expect(answer["count"] == 4 && answer["kind"] == "COMPONENT")
            #expect(answer["usage"]?[0] == ["type": "service", "entities": 6])
            let users = try await scene.invoke("catalog-mcp:get_entity_types_for_kind", ["kind": "User"])
            #expect(users["types"] == [] && users["count"] == 0)
        }
    }

    @Test("kind and type narrow together, in any letter case")
    func kindAndType() async throws {
        try await Bookshop.with { scene async throws in
            let answer = try await scene.invoke(
                "catalog-mcp:get_all_entities_by_kind_and_type", ["kind": "api", "type": "GraphQL"])
            #expect(entityRefs(answer["entities"]) == ["api:default/lending"])
            #expect(answer["kind"] == "api" && answer["type"] == "GraphQL")
        }
    }

    @Test("a filter of the REST API works as there, and a list of them matches when one does")
    func custom() async throws {
        let cases: [(JSONValue?, Int64)] = [
            (nil, 16), ("kind=api", 2), ("kind=api,spec.type=graphql", 1), ("kind=api,kind=system", 3),
            ("metadata.annotations.github.com/project-slug", 1), (["kind=api", "kind=user"], 3), ("", 16),
        ]
        try await Bookshop.with { scene async throws in
            for (filter, count) in cases {
                var arguments: JSONObject = ["fields": "metadata.name,kind"]
                arguments["filter"] = filter
                let answer = try await scene.invoke("catalog-mcp:get_entities_with_custom_query", arguments)
                #expect(answer["count"] == .int(count), "\(filter?.text() ?? "none")")
                #expect(answer["filter"] == filter && answer["fields"] == "metadata.name,kind")
                #expect(answer["entities"]?[0]?.objectValue?.keys.sorted() == ["kind", "metadata"])
            }
            let error = try #require(
                try await scene.refusal("catalog-mcp:get_entities_with_custom_query", ["filter": "=x"]))
            #expect(error.kind == .input && error.message.contains("=x"))
        }
    }

    @Test("count is of all, and pages follow each other without gap or repetition")
    func pages() async throws {
        let id = "catalog-mcp:get_all_entities_by_kind_and_type"
        try await Bookshop.with { scene async throws in
            var arguments: JSONObject = [
                "kind": "component", "type": "service", "limit": 3, "fields": ["kind", "metadata"],
            ]
            var seen: [String] = []
            while true {
                let answer = try await scene.invoke(id, arguments)
                seen += entityRefs(answer["entities"])
                #expect(answer["count"] == 7)
                guard let cursor = answer["nextCursor"] else { break }
                arguments["cursor"] = cursor
                try #require(seen.count < 20)
            }
            #expect(seen.count == 7 && Set(seen).count == 7)
            arguments["type"] = "website"
            let error = try #require(try await scene.refusal(id, arguments))
            #expect(error.kind == .input && error.message.hasPrefix("cursor: it belongs to other arguments"))
        }
    }

    @Test(
        "arguments that are missing, of the wrong type or unknown are named",
        arguments: [
            ("get_entities_by_owner", [:], "owner"), ("get_entities_by_owner", ["owner": ":x"], "owner"),
            ("get_entities_by_annotation", ["annotation": ""], "annotation"),
            ("get_entity_types_for_kind", ["kind": 1], "kind"),
            ("get_all_entities_by_kind_and_type", ["kind": "api"], "type"),
            ("get_entities_with_custom_query", ["filters": "kind"], "filters"),
            ("get_entities_with_custom_query", ["fields": "a[0]"], "a[0]"),
            ("get_entities_with_custom_query", ["cursor": "x"], "cursor"),
        ] as [(String, JSONObject, String)])
    func input(name: String, arguments: JSONObject, field: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(try await scene.refusal("catalog-mcp:\(name)", arguments))
        #expect(error.kind == .input && error.message.contains(field))
    }
}
