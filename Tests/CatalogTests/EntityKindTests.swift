import Base
import Catalog
import Testing

@Suite("kinds")
struct EntityKindTests {
    /// The smallest valid spec of each kind.
    static let minimal: [(kind: String, spec: JSONObject)] = [
        ("Component", ["type": "a", "lifecycle": "b", "owner": "c"]),
        ("API", ["type": "a", "lifecycle": "b", "owner": "c", "definition": "d"]),
        ("Resource", ["type": "a", "owner": "c"]),
        ("System", ["owner": "c"]),
        ("Domain", ["owner": "c"]),
        ("Group", ["type": "a", "children": []]),
        ("User", ["memberOf": []]),
        ("Location", [:]),
    ]

    @Test("the smallest spec of each kind is accepted, with unknown keys too", arguments: minimal)
    func accepted(kind: String, spec: JSONObject) {
        #expect(problems(document(kind: kind, spec: spec)) == [])
        #expect(problems(document(kind: kind, spec: spec) { $1["unknown"] = [nil, 1] }) == [])
    }

    @Test("each required field is missed by name", arguments: minimal)
    func required(kind: String, spec: JSONObject) {
        for field in spec.keys {
            let expected = "/spec must have required property '\(field)' - missingProperty: \(field)"
            #expect(problems(document(kind: kind, spec: spec) { $1[field] = nil }) == [expected])
            let found = problems(document(kind: kind, spec: spec) { $1[field] = .null })
            let type = spec[field]?.arrayValue == nil ? "string" : "array"
            #expect(found == ["/spec/\(field) must be \(type) - type: \(type)"])
        }
    }

    @Test("every kind must have a spec", arguments: minimal)
    func spec(kind: String, spec: JSONObject) {
        var document = document(kind: kind, spec: spec).objectValue ?? [:]
        document["spec"] = nil
        #expect(problems(.object(document)) == ["<root> must have required property 'spec' - missingProperty: spec"])
    }

    static let textFields: [(String, [String])] = [
        ("Component", ["type", "lifecycle", "owner", "system", "subcomponentOf"]),
        ("API", ["type", "lifecycle", "owner", "definition", "system"]),
        ("Resource", ["type", "owner", "system"]),
        ("System", ["owner", "domain", "type"]),
        ("Domain", ["owner", "subdomainOf", "type"]),
        ("Group", ["type", "parent"]),
        ("Location", ["type", "target"]),
    ]

    @Test("text fields hold text of at least one character", arguments: textFields)
    func texts(kind: String, fields: [String]) {
        let spec = Self.minimal.first { $0.kind == kind }?.spec ?? [:]
        for field in fields {
            #expect(problems(document(kind: kind, spec: spec) { $1[field] = "x" }) == [])
            #expect(
                problems(document(kind: kind, spec: spec) { $1[field] = 1 }) == [
                    "/spec/\(field) must be string - type: string"
                ])
            #expect(
                problems(document(kind: kind, spec: spec) { $1[field] = "" }) == [
                    "/spec/\(field) must NOT have fewer than 1 characters - limit: 1"
                ])
        }
    }

    static let listFields: [(String, [String])] = [
        ("Component", ["providesApis", "consumesApis", "dependsOn"]),
        ("Resource", ["dependsOn", "dependencyOf"]),
        ("Group", ["children", "members"]),
        ("User", ["memberOf"]),
        ("Location", ["targets"]),
    ]

    @Test("lists may be empty and hold no empty texts", arguments: listFields)
    func lists(kind: String, fields: [String]) {
        let spec = Self.minimal.first { $0.kind == kind }?.spec ?? [:]
        for field in fields {
            #expect(problems(document(kind: kind, spec: spec) { $1[field] = [] }) == [])
            #expect(problems(document(kind: kind, spec: spec) { $1[field] = ["k:x"] }) == [])
            #expect(
                problems(document(kind: kind, spec: spec) { $1[field] = "k:x" }) == [
                    "/spec/\(field) must be array - type: array"
                ])
            #expect(
                problems(document(kind: kind, spec: spec) { $1[field] = ["k:x", "", nil] }) == [
                    "/spec/\(field)/1 must NOT have fewer than 1 characters - limit: 1",
                    "/spec/\(field)/2 must be string - type: string",
                ])
        }
    }

    @Test("a profile's fields are texts; it may have others", arguments: ["Group", "User"])
    func profile(kind: String) {
        let spec = Self.minimal.first { $0.kind == kind }?.spec ?? [:]
        let good: JSONValue = ["displayName": "a", "email": "b", "picture": "c", "phone": 1]
        #expect(problems(document(kind: kind, spec: spec) { $1["profile"] = good }) == [])
        #expect(
            problems(document(kind: kind, spec: spec) { $1["profile"] = "x" }) == [
                "/spec/profile must be object - type: object"
            ])
        #expect(
            problems(document(kind: kind, spec: spec) { $1["profile"] = ["email": ""] }) == [
                "/spec/profile/email must NOT have fewer than 1 characters - limit: 1"
            ])
    }

    @Test("a location's presence is required or optional")
    func presence() {
        for value in ["required", "optional"] {
            #expect(problems(document(kind: "Location", spec: ["presence": .string(value)])) == [])
        }
        #expect(
            problems(document(kind: "Location", spec: ["presence": "maybe"])) == [
                "/spec/presence must be equal to one of the allowed values - allowedValues: required,optional"
            ])
    }
}
