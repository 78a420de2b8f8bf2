import Base
import Catalog
import Testing

@Suite("entity validation")
struct EntityValidatorTests {
    @Test("a valid document becomes an entity with its namespace filled in, keys in the author's order")
    func valid() throws {
        let entity = try EntityValidator.entity(
            from: [
                "kind": "Component", "apiVersion": "backstage.io/v1alpha1",
                "spec": ["owner": "team-a", "type": "service", "lifecycle": "production", "custom": ["x": 1]],
                "metadata": [
                    "title": "Shop", "name": "Shop", "labels": ["a": ""], "annotations": ["b.c/d": "any Text \n"],
                    "tags": ["java", "c++"], "links": [["url": "https://x", "title": "X", "icon": "web", "other": 1]],
                    "extra": [1, nil],
                ],
            ])
        #expect(entity.ref.canonical == "component:default/shop")
        #expect(entity.definition.keys == ["kind", "apiVersion", "spec", "metadata"])
        #expect(entity.spec.keys == ["owner", "type", "lifecycle", "custom"])
        #expect(entity.namespace == "default" && entity.metadata["namespace"] == "default")
        #expect(entity.name == "Shop" && entity.kind == "Component" && entity.apiVersion == "backstage.io/v1alpha1")
        #expect(entity.annotations == ["b.c/d": "any Text \n"] && entity.labels == ["a": ""])
        #expect(Entity(validated: entity.definition) == entity)
    }

    @Test(
        "a broken envelope is described as the schema engine does",
        arguments: [
            ([], "Expected object at root, got array"),
            ("text", "Expected object at root, got string"),
            (
                ["kind": "A", "metadata": ["name": "x"]],
                "Malformed envelope, <root> must have required property 'apiVersion'"
            ),
            (
                ["apiVersion": "v1", "metadata": ["name": "x"]],
                "Malformed envelope, <root> must have required property 'kind'"
            ),
            (["apiVersion": "v1", "kind": "A"], "Malformed envelope, <root> must have required property 'metadata'"),
        ] as [(JSONValue, String)])
    func envelope(document: JSONValue, message: String) {
        #expect(problems(document).contains(message))
    }

    @Test(
        "wrong metadata is described as the schema engine does",
        arguments: [
            (["namespace": "x"], "/metadata must have required property 'name'"),
            (["name": 1], "/metadata/name must be string"),
            (["name": ""], "/metadata/name must NOT have fewer than 1 characters"),
            (["name": nil], "/metadata/name must be string"),
            (["name": "x", "namespace": nil], "/metadata/namespace must be string"),
            (["name": "x", "namespace": ""], "/metadata/namespace must NOT have fewer than 1 characters"),
            (["name": "x", "uid": ""], "/metadata/uid must NOT have fewer than 1 characters"),
            (["name": "x", "etag": 1], "/metadata/etag must be string"),
            (["name": "x", "title": ""], "/metadata/title must NOT have fewer than 1 characters"),
            (["name": "x", "description": 1], "/metadata/description must be string"),
            (["name": "x", "labels": ["a"]], "/metadata/labels must be object"),
            (["name": "x", "labels": ["a/b": 1]], "/metadata/labels/a~1b must be string"),
            (["name": "x", "annotations": ["a~b": true]], "/metadata/annotations/a~0b must be string"),
            (["name": "x", "tags": "java"], "/metadata/tags must be array"),
            (["name": "x", "tags": nil], "/metadata/tags must be array"),
            (["name": "x", "tags": ["a", 1]], "/metadata/tags/1 must be string"),
            (["name": "x", "tags": [""]], "/metadata/tags/0 must NOT have fewer than 1 characters"),
            (["name": "x", "links": [[:]]], "/metadata/links/0 must have required property 'url'"),
            (["name": "x", "links": ["https://x"]], "/metadata/links/0 must be object"),
            (["name": "x", "links": [["url": ""]]], "/metadata/links/0/url must NOT have fewer than 1 characters"),
            (["name": "x", "links": [["url": "a:b", "type": 1]]], "/metadata/links/0/type must be string"),
        ] as [(JSONObject, String)])
    func metadata(metadata: JSONObject, message: String) {
        let document: JSONValue = [
            "apiVersion": "backstage.io/v1alpha1", "kind": "Location", "metadata": .object(metadata), "spec": [:],
        ]
        #expect(problems(document) == ["Malformed envelope, " + message])
    }

    @Test(
        "the other roots have their shapes",
        arguments: [
            ("spec", [1], "/spec must be object"),
            ("relations", [:], "/relations must be array"),
            ("relations", [["type": "a-b", "targetRef": "x"]], #"/relations/0/type must match pattern "^\w+$""#),
            ("relations", [["type": "a"]], "/relations/0 must have required property 'targetRef'"),
            (
                "relations", [["type": "a", "targetRef": "x", "y": 1]],
                "/relations/0 must NOT have additional properties"
            ),
            (
                "relations", [["type": "a", "targetRef": "x", "target": ["kind": "k", "name": "n"]]],
                "/relations/0/target must have required property 'namespace'"
            ),
            ("status", "ok", "/status must be object"),
            (
                "status", ["items": [["type": "a", "level": "bad", "message": ""]]],
                "/status/items/0/level must be equal to one of the allowed values"
            ),
            (
                "status", ["items": [["type": "a", "level": "info"]]],
                "/status/items/0 must have required property 'message'"
            ),
            (
                "status", ["items": [["type": "a", "level": "info", "message": "", "error": ["name": "E"]]]],
                "/status/items/0/error must have required property 'message'"
            ),
        ] as [(String, JSONValue, String)])
    func roots(field: String, value: JSONValue, message: String) {
        var document = document(kind: "Location", spec: [:]).objectValue ?? [:]
        document[field] = value
        #expect(problems(.object(document)) == ["Malformed envelope, " + message])
    }

    @Test("an unknown root key is named")
    func unknownField() {
        var document = component().objectValue ?? [:]
        document["metdata"] = [:]
        #expect(problems(.object(document)) == ["Unknown field metdata"])
    }

    @Test("authored relations and status are accepted when they have their shape")
    func authoredExtras() {
        var document = component().objectValue ?? [:]
        document["relations"] = [
            ["type": "a_1", "targetRef": "x:y/z", "target": ["kind": "x", "namespace": "y", "name": "z"]]
        ]
        document["status"] = [
            "items": [["type": "a", "level": "error", "message": "", "error": ["name": "E", "message": "m"]]]
        ]
        #expect(problems(.object(document)) == [])
    }

    @Test(
        "a field without its form is quoted with what was expected",
        arguments: [
            (
                "metadata.name", "name", "a b",
                "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total",
                "a b"
            ),
            (
                "metadata.namespace", "namespace", "Ops",
                "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total", "Ops"
            ),
            ("labels.a b", "labels", ["a b": "x"], "a valid prefix and/or suffix", "a b"),
            (
                "labels.a", "labels", ["a": "x y"],
                "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total",
                "x y"
            ),
            ("annotations.Ex.com/a", "annotations", ["Ex.com/a": ""], "a valid prefix and/or suffix", "Ex.com/a"),
            (
                "tags.1", "tags", ["a", "AI/ML"],
                "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total", "AI/ML"
            ),
            ("links.0.url", "links", [["url": "nowhere"]], "a string that is a valid url", "nowhere"),
            ("links.0.title", "links", [["url": "a:b", "title": " "]], "a non empty string", " "),
            (
                "links.0.icon", "links", [["url": "a:b", "icon": "x y"]],
                "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], at most 63 characters in total",
                "x y"
            ),
        ] as [(String, String, JSONValue, String, String)])
    func formats(field: String, key: String, value: JSONValue, expectation: String, found: String) {
        let document = component { metadata, _ in metadata[key] = value }
        #expect(
            problems(document) == [
                "\"\(field)\" is not valid; expected \(expectation) but found \"\(found)\". To learn more about catalog "
                    + "file format, visit: https://github.com/backstage/backstage/blob/master/docs/"
                    + "architecture-decisions/adr002-default-catalog-file-format.md"
            ])
    }

    @Test("wrong forms of apiVersion and kind are named, and that nothing claims them")
    func headers() {
        let document: JSONValue = ["apiVersion": "a/b/c", "kind": "9", "metadata": ["name": "x"], "spec": [:]]
        let messages = problems(document)
        #expect(messages.count == 3)
        #expect(
            messages[0].hasPrefix(
                "\"apiVersion\" is not valid; expected a valid prefix and/or suffix but found \"a/b/c\"."))
        #expect(
            messages[1].hasPrefix("\"kind\" is not valid; expected a string that is a sequence of [a-zA-Z][a-z0-9A-Z]"))
        #expect(messages[2].hasPrefix("No processor recognized the entity 9:default/x as valid"))
    }

    @Test(
        "a kind or apiVersion that nothing claims is refused",
        arguments: [
            ("backstage.io/v1alpha1", "Robot"), ("backstage.io/v1alpha1", "component"),
            ("backstage.io/v2", "Component"), ("scaffolder.backstage.io/v1beta3", "Template"),
        ])
    func unrecognized(apiVersion: String, kind: String) {
        let document: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": ["name": "X", "namespace": "n"],
        ]
        #expect(
            problems(document) == [
                "No processor recognized the entity \(kind.lowercased()):n/x as valid, "
                    + "possibly caused by a foreign kind or apiVersion"
            ])
    }

    @Test("the older apiVersion is accepted")
    func olderVersion() {
        var document = component().objectValue ?? [:]
        document["apiVersion"] = "backstage.io/v1beta1"
        #expect(problems(.object(document)) == [])
    }

    @Test("keys that differ only by letter case are refused, wherever they are")
    func duplicateKeys() {
        let document = component { metadata, spec in
            spec["Owner"] = "x"
            metadata["annotations"] = ["a.b/c": "1", "a.b/C": "2"]
        }
        #expect(
            problems(document) == [
                "Entity has duplicate keys that vary only in casing, 'metadata.annotations.a.b/c'",
                "Entity has duplicate keys that vary only in casing, 'spec.owner'",
            ])
    }

    @Test("what the database cannot hold is refused, in values and keys, and never repeated in messages")
    func unstorable() {
        let document = component { metadata, spec in
            metadata["title"] = "a\0b"
            spec["x\0"] = 1
            spec["number"] = .double(.infinity)
        }
        let messages = problems(document)
        #expect(
            messages == [
                "Malformed envelope, /metadata/title must NOT have the character U+0000, which the database cannot hold",
                "Malformed envelope, /spec/x\u{FFFD} must NOT have the character U+0000 in its key, "
                    + "which the database cannot hold",
                "Malformed envelope, /spec/number must be a finite number",
            ])
    }

    @Test("a name with U+0000 gives no ref")
    func unstorableName() {
        #expect(throws: InvalidEntity.self) { try EntityValidator.entity(from: component("a\0")) }
        do {
            _ = try EntityValidator.entity(from: component("a\0"))
        } catch {
            #expect(error.ref == nil)
            #expect(error.problems.allSatisfy { !$0.message.utf8.contains(0) })
        }
    }

    @Test("a document above the size limit is refused for that alone, one below it is accepted")
    func tooLarge() {
        let half = String(repeating: "x", count: EntityValidator.maximumBytes / 2)
        #expect(problems(component { _, spec in spec["definition"] = .string(half) }) == [])
        let document = component("a b") { _, spec in
            spec["a"] = .string(half)
            spec["b"] = .string(half)
        }
        #expect(problems(document) == ["Entity is larger than 1048576 bytes of JSON"])
    }

    @Test("all problems of a document are reported at once, up to a bound")
    func everything() throws {
        let document = component("a b") { metadata, spec in
            metadata["title"] = ""
            spec["owner"] = nil
            spec["dependsOn"] = ["no-kind"]
        }
        #expect(problems(document).count == 4)
        let many = component { metadata, _ in metadata["tags"] = .array(Array(repeating: "Ä", count: 5_000)) }
        #expect(problems(many).count == EntityValidator.maximumProblems)
    }

    @Test("each problem says where it is")
    func paths() throws {
        let document = component { metadata, spec in
            metadata["tags"] = ["ok", "Not OK"]
            spec["dependsOn"] = ["component:a", "b"]
        }
        do {
            _ = try EntityValidator.entity(from: document)
            Issue.record("the document is accepted")
        } catch {
            #expect(
                error.problems.map(\.path) == [
                    [.key("metadata"), .key("tags"), .index(1)], [.key("spec"), .key("dependsOn"), .index(1)],
                ])
            #expect(error.problems.map(\.code) == [.format, .reference])
            #expect(error.ref?.canonical == "component:default/shop")
        }
    }

    @Test("a long value is cut off in the message")
    func longValue() {
        let messages = problems(component(String(repeating: "ä", count: 100_000)))
        #expect(messages.count == 1 && messages[0].unicodeScalars.count <= 1_001)
    }
}
