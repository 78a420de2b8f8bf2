import Actions
import Base
import Synchronization
import TestSupport
import Testing

@Suite("catalog:validate-entity", .serialized, .enabled(if: TestDatabase.isAvailable))
struct ValidateEntityTests {
    private static let id = "catalog:validate-entity"
    private static let document = """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata: {name: new}
        spec: {type: service, lifecycle: production, owner: books, dependsOn: ['resource:shelf']}
        """

    private static func validate(
        _ text: String, _ more: JSONObject = [:], for caller: Caller = Scene.anybody
    ) async throws -> JSONValue {
        var arguments = more
        arguments["entity"] = .string(text)
        let answer = Mutex(JSONValue.null)
        try await Bookshop.with { [arguments] scene async throws in
            let before = try await scene.invoke("catalog:query", ["limit": 500])
            let found = try await scene.invoke(id, arguments, for: caller)
            answer.withLock { $0 = found }
            #expect(try await scene.invoke("catalog:query", ["limit": 500]) == before)
        }
        return answer.withLock { $0 }
    }

    @Test("a good document is valid and comes back with its namespace and where it stands")
    func valid() async throws {
        let answer = try await Self.validate(Self.document)
        #expect(answer["isValid"] == true && answer["isValidYaml"] == true && answer["errors"] == [])
        #expect(answer["warnings"] == [])
        let metadata = answer["entity"]?["metadata"]
        #expect(metadata?["namespace"] == "default")
        #expect(
            metadata?["annotations"] == [
                "backstage.io/managed-by-location": "url:https://localhost/entity-validator",
                "backstage.io/managed-by-origin-location": "url:https://localhost/entity-validator",
            ])
    }

    @Test("a placeholder is no mistake: what it names is not read here")
    func placeholder() async throws {
        let answer = try await Self.validate(
            """
            apiVersion: backstage.io/v1alpha1
            kind: API
            metadata: {name: new}
            spec: {type: openapi, lifecycle: production, owner: books, definition: {$text: ./openapi.yaml}}
            """)
        #expect(answer["isValid"] == true, "\(answer)")
    }

    @Test("the location is the caller's, and an annotation of the author's stays")
    func location() async throws {
        let text = Self.document.replacing(
            "{name: new}", with: "{name: new, annotations: {backstage.io/managed-by-location: 'url:https://mine/'}}")
        for location in ["https://host/path", "url:https://host/path"] {
            let answer = try await Self.validate(text, ["location": .string(location)])
            let annotations = answer["entity"]?["metadata"]?["annotations"]
            #expect(annotations?["backstage.io/managed-by-location"] == "url:https://mine/")
            #expect(annotations?["backstage.io/managed-by-origin-location"] == "url:https://host/path")
        }
    }

    @Test("another kind of location is refused", arguments: ["file:a.yaml", "url:", "x"])
    func wrongLocation(location: String) async throws {
        let scene = try Scene.withoutDatabase()
        let error = try #require(
            try await scene.refusal(Self.id, ["entity": "a", "location": .string(location)]))
        #expect(
            error.message == "Invalid location ref \(location), only 'url:<target>' is supported, "
                + "e.g. url:https://host/path")
    }

    @Test("everything that is wrong is told with its place and its rule, and nothing is stored")
    func wrong() async throws {
        let text = """
            apiVersion: backstage.io/v1alpha1
            kind: Component
            metadata:
              name: not a name
            extra: 1
            spec:
              type: service
              lifecycle: [production]
            """
        let answer = try await Self.validate(text)
        #expect(answer["isValid"] == false && answer["isValidYaml"] == true && answer["entity"] == nil)
        let errors = answer["errors"]?.arrayValue ?? []
        let places = errors.map {
            "\($0["line"]?.text() ?? ""):\($0["column"]?.text() ?? "") \($0["code"]?.stringValue ?? "")"
        }
        #expect(Set(places) == ["5:1 unknown_field", "4:3 format", "6:1 kind", "8:3 kind"])
    }

    @Test("what is no YAML is told so, with line and column")
    func syntax() async throws {
        let answer = try await Self.validate("kind: [Component\nmetadata: x")
        #expect(answer["isValid"] == false && answer["isValidYaml"] == false)
        let error = answer["errors"]?[0]
        #expect(error?["code"] == "syntax" && error?["line"] == 2 && error?["name"] == "InputError")
    }

    @Test("one document is asked for")
    func count() async throws {
        for (text, count) in [("# nothing", 0), (Self.document + "\n---\n" + Self.document, 2)] {
            let answer = try await Self.validate(text)
            #expect(answer["isValid"] == false)
            #expect(answer["errors"]?[0]?["message"]?.stringValue == "Expected one document, found \(count)")
        }
    }

    @Test("what is hardly meant is a warning: targets that are not there, a selector that cannot be used")
    func warnings() async throws {
        let text = Self.document.replacing("shelf", with: "gone").replacing(
            "{name: new}", with: "{name: new, annotations: {backstage.io/kubernetes-label-selector: 'app in ('}}")
        let warnings = try await Self.validate(text)["warnings"]?.arrayValue ?? []
        #expect(warnings.count == 2)
        #expect(warnings.last == "The catalog has no entity resource:default/gone")
    }

    @Test("who may validate and not read learns nothing of what the catalog has")
    func reader() async throws {
        let validator = Caller(
            subject: "ci",
            restrictions: [
                AccessRestriction(plugin: "catalog", permissions: ["catalog.entity.validate"], attributes: nil)
            ])
        let answer = try await Self.validate(
            Self.document.replacing("shelf", with: "gone"), for: validator)
        #expect(answer["isValid"] == true && answer["warnings"] == [])
    }

    @Test("a token that is held to reading may not validate")
    func attribute() async throws {
        let reader = Caller(
            subject: "ci", restrictions: [AccessRestriction(plugin: "catalog", permissions: nil, attributes: [.read])])
        let error = try #require(
            try await Scene.withoutDatabase().refusal(Self.id, ["entity": "a"], for: reader))
        #expect(error.kind == .notAllowed && error.message.contains("catalog.entity.validate"))
    }
}
