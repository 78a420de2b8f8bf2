import API
import Base
import Catalog
import TestSupport
import Testing

/// A web that holds what a test puts there.
private func web(_ files: [String: String]) -> CatalogAPIConfiguration {
    struct Down: Error, CustomStringConvertible { let description = "the host is down" }
    var configuration = CatalogAPIConfiguration()
    configuration.readURL = { url in
        if url.hasSuffix("/down.yaml") { throw Down() }
        return files[url].map { Array($0.utf8) }
    }
    return configuration
}

private func locations(_ targets: String, _ more: String = "") -> String {
    "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: all}\nspec: {targets: [\(targets)]\(more)}\n"
}

@Suite("Trying a location out", .serialized, .enabled(if: TestDatabase.isAvailable))
struct DryRunTests {
    private static let path = "/api/catalog/locations?dryRun=true"
    private static let body: JSONValue = ["type": "url", "target": "https://h/a/all.yaml"]

    @Test("gives the Location, what it leads to over relative targets, and whether it is registered; writes nothing")
    func tree() async throws {
        let files = [
            "https://h/a/all.yaml": locations("./b.yaml, ../c.yaml") + "---\n" + Service.entity("one", type: "x"),
            "https://h/a/b.yaml": Service.entity("two", type: "x"),
            "https://h/c.yaml": locations("a/all.yaml").replacing("name: all", with: "name: back"),
        ]
        try await Service.with(catalog: web(files)) { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: Self.body)
            #expect(answer.status == 201)
            #expect(answer.json["exists"] == false)
            #expect(
                answer.json["location"]
                    == ["type": "url", "target": "https://h/a/all.yaml", "id": "url:https://h/a/all.yaml"])
            let root = try LocationRef(parsing: "url:https://h/a/all.yaml")
            #expect(answer.json["entities"]?.entityNames == [root.entityRef.name, "all", "one", "two", "back"])
            let annotations = answer.json["entities"]?[3]?["metadata"]?["annotations"]
            #expect(annotations?["backstage.io/managed-by-location"] == "url:https://h/a/b.yaml")
            #expect(annotations?["backstage.io/managed-by-origin-location"] == "url:https://h/a/all.yaml")
            #expect(try await service.client.get("/api/catalog/locations").json == [])
            _ = try await service.client.send("POST", "/api/catalog/locations", body: Self.body)
            let again = try await service.client.send("POST", Self.path, body: Self.body)
            #expect(again.json["exists"] == true)
        }
    }

    @Test(
        "everything that is wrong in the tree is told at once",
        arguments: [
            (
                ["https://h/a/all.yaml": locations("missing.yaml, down.yaml")],
                "url:https://h/a/missing.yaml could not be read: nothing is there; "
                    + "url:https://h/a/down.yaml could not be read: the host is down"
            ),
            (
                ["https://h/a/all.yaml": "kind: [\n"],
                "url:https://h/a/all.yaml:2:1: YAML error: while parsing a flow node: did not find expected node content"
            ),
            (
                [
                    "https://h/a/all.yaml": locations("b.yaml") + "---\n" + Service.entity("one", type: "x"),
                    "https://h/a/b.yaml": Service.entity("One", type: "x"),
                ], "Duplicate nested entity: component:default/one"
            ),
            (
                ["https://h/a/all.yaml": Service.entity("b", type: "x") + "---\n" + Service.entity("b", type: "x")],
                "Duplicate nested entity: component:default/b"
            ),
            (
                ["https://h/a/all.yaml": locations("/etc/x.yaml", ", type: file")],
                "No processor was able to handle reading of file:/etc/x.yaml"
            ),
        ] as [([String: String], String)])
    func wrong(files: [String: String], message: String) async throws {
        try await Service.with(catalog: web(files)) { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: Self.body)
            let path = "/api/catalog/locations"
            #expect(answer.json == errorBody(400, "InputError", message, path, method: "POST"))
        }
    }

    @Test("what is optional may be missing")
    func presence() async throws {
        let files = ["https://h/a/all.yaml": locations("missing.yaml", ", presence: optional")]
        try await Service.with(catalog: web(files)) { service async throws in
            #expect(try await service.client.send("POST", Self.path, body: Self.body).status == 201)
        }
    }

    @Test("without anything that reads URLs the error says so")
    func unconfigured() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: Self.body)
            #expect(answer.status == 400)
            #expect(
                answer.json["error"]?["message"]
                    == "No processor was able to handle reading of url:https://h/a/all.yaml: nothing that reads URLs is configured"
            )
        }
    }

    @Test("a tree without end is given up")
    func endless() async throws {
        var configuration = CatalogAPIConfiguration()
        configuration.readURL = { url in
            let number = (Int(url.split(separator: "/").last?.split(separator: ".").first ?? "") ?? 0) + 1
            return Array(locations("\(number).yaml").replacing("name: all", with: "name: n\(number)").utf8)
        }
        try await Service.with(catalog: configuration) { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: Self.body)
            #expect(
                answer.json["error"]?["message"]
                    == "url:https://h/a/all.yaml leads to more than 100 places or 10000 entities")
        }
    }
}

@Suite("POST /validate-entity", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ValidateEntityTests {
    private static let path = "/api/catalog/validate-entity"
    private static let good: JSONValue = [
        "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": ["name": "a"],
        "spec": ["type": "service", "lifecycle": "production", "owner": "team"],
    ]

    @Test("an entity that ingestion would take is answered with nothing")
    func valid() async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send(
                "POST", Self.path, body: ["entity": Self.good, "location": "url:https://h/a"])
            #expect((answer.status, answer.text) == (200, ""))
        }
    }

    @Test(
        "what is wrong is listed in this route's own form",
        arguments: [
            ([:], ["InputError: Malformed request: request/body must have required property 'entity'"]),
            (["entity": good], ["InputError: Malformed request: request/body must have required property 'location'"]),
            (
                ["entity": nil, "location": "url:https://h/a"],
                ["InputError: Malformed request: <root> must be object - type: object"]
            ),
            (
                ["entity": good, "location": "url:https://h/a", "x": 1],
                ["InputError: Malformed request: request/body must NOT have additional properties: x"]
            ),
            (
                ["entity": good, "location": "file:/etc/a"],
                [
                    "InputError: Invalid location ref file:/etc/a, only 'url:<target>' is supported, e.g. url:https://host/path"
                ]
            ),
            (
                ["entity": good, "location": "https://h/a"],
                [
                    "InputError: Invalid location ref 'https://h/a', please prefix it with 'url:', e.g. 'url:https://h/a'"
                ]
            ),
            (
                [
                    "entity": [
                        "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": ["name": "a"],
                        "spec": ["type": "service", "lifecycle": "production"], "other": 1,
                    ], "location": "url:https://h/a",
                ],
                [
                    "InputError: Unknown field other",
                    "TypeError: /spec must have required property 'owner' - missingProperty: owner",
                ]
            ),
            (
                [
                    "entity": ["kind": "A", "apiVersion": "v1", "metadata": ["name": "a", "annotations": 1]],
                    "location": "url:https://h/a",
                ],
                [
                    "InputError: Malformed envelope, /metadata/annotations must be object",
                    "InputError: No processor recognized the entity a:default/a as valid, possibly caused by a foreign kind or apiVersion",
                ]
            ),
        ] as [(JSONValue, [String])])
    func invalid(body: JSONValue, expected: [String]) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: body)
            #expect(answer.status == 400)
            #expect(answer.json.objectValue?.keys == ["errors"])
            let errors = answer.json["errors"]?.arrayValue?.map {
                "\($0["name"]?.stringValue ?? ""): \($0["message"]?.stringValue ?? "")"
            }
            #expect(errors == expected)
        }
    }
}

@Suite("POST /analyze-location", .serialized, .enabled(if: TestDatabase.isAvailable))
struct AnalyzeLocationTests {
    private static let path = "/api/catalog/analyze-location"

    private static func body(_ target: String) -> JSONValue {
        ["location": ["type": "url", "target": .string(target)]]
    }

    @Test("a repository's catalog file is found, with its entities and whether it is registered")
    func existing() async throws {
        let file = "https://github.com/org/repo/blob/HEAD/catalog-info.yaml"
        let text = Service.entity("one", type: "x") + "---\n" + Service.entity("two", type: "x")
        let other = "https://github.com/org/repo/blob/dev/docs/about.yaml"
        try await Service.with(catalog: web([file: text, other: text])) { service async throws in
            for (isRegistered, target) in [(false, "https://github.com/org/repo"), (true, file)]
                as [(JSONValue, String)]
            {
                let answer = try await service.client.send("POST", Self.path, body: Self.body(target))
                #expect(answer.json["generateEntities"] == [])
                let files = answer.json["existingEntityFiles"]?.arrayValue ?? []
                #expect(files.compactMap { $0["entity"]?["metadata"]?["name"]?.stringValue } == ["one", "two"])
                #expect(files.allSatisfy { $0["location"] == ["type": "url", "target": .string(file)] })
                #expect(files.allSatisfy { $0["isRegistered"] == isRegistered })
                _ = try await service.client.send(
                    "POST", "/api/catalog/locations", body: ["type": "url", "target": .string(file)])
            }
            let named = try await service.client.send(
                "POST", Self.path,
                body: [
                    "location": ["type": "url", "target": "https://github.com/org/repo/tree/dev"],
                    "catalogFilename": "docs/about.yaml",
                ])
            #expect(named.json["existingEntityFiles"]?.arrayValue?.count == 2)
        }
    }

    @Test(
        "where nothing is, a Component called like the repository is suggested",
        arguments: [
            ("https://github.com/org/repo", "repo", "org/repo"),
            ("https://github.com/org/my_repo.git?x=1", "my_repo", "org/my_repo"),
            ("https://github.com/org/-odd%20name-/tree/main", "odd-20name", "org/-odd%20name-"),
            ("https://git.example.com/org/repo/", "repo", nil), ("https://host/", "host", nil),
        ] as [(String, String, String?)])
    func suggestion(target: String, name: String, slug: String?) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: Self.body(target))
            #expect(answer.status == 200)
            #expect(answer.json["existingEntityFiles"] == [])
            let entity = answer.json["generateEntities"]?[0]?["entity"]
            #expect(entity?["metadata"]?["name"] == .string(name))
            #expect(entity?["kind"] == "Component")
            #expect(entity?["spec"] == ["type": "other", "lifecycle": "unknown"])
            #expect(
                entity?["metadata"]?["annotations"]?["github.com/project-slug"]?.stringValue == slug)
            #expect(answer.json["generateEntities"]?[0]?["fields"]?[0]?["state"] == "needsUserInput")
        }
    }

    @Test(
        "what is no URL is refused",
        arguments: [
            (["location": ["type": "url", "target": "org/repo"]], "The given location.target is not a URL"),
            ([:], "Malformed request: request/body must have required property 'location'"),
            (
                ["location": ["type": "url"]],
                "Malformed request: request/body/location must be {type: string, target: string}"
            ),
            (
                ["location": ["type": "url", "target": "https://host/", "url": "a"]],
                "Malformed request: request/body/location must NOT have additional properties: url"
            ),
            (
                ["location": ["type": "url", "target": "https://host/", "presence": 1]],
                "Malformed request: request/body/location/presence must be equal to one of the allowed values: "
                    + "required, optional"
            ),
        ] as [(JSONValue, String)])
    func refused(body: JSONValue, message: String) async throws {
        try await Service.with { service async throws in
            let answer = try await service.client.send("POST", Self.path, body: body)
            #expect(answer.json == errorBody(400, "InputError", message, Self.path, method: "POST"))
        }
    }
}
