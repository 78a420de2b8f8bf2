import Base
import Testing

@testable import Controller

@Suite("callboard validate")
struct ValidateCommandTests {
    private static func run(_ paths: [String], _ options: [String] = []) throws -> ValidateCommand.Outcome {
        ValidateCommand(arguments: try ValidateArguments(options + paths)).run()
    }

    private static func component(_ name: String, _ spec: String = "owner: team", _ metadata: String = "") -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: Component
        metadata:
          name: \(name)
        \(metadata)
        spec:
          type: service
          lifecycle: production
          \(spec)

        """
    }
    private static let team = """
        apiVersion: backstage.io/v1alpha1
        kind: Group
        metadata: {name: team}
        spec: {type: team, children: []}

        """

    @Test("good files have nothing but a count")
    func good() throws {
        let folder = try ConfigurationFolder()
        try folder.write("a.yaml", Self.component("shop"))
        try folder.write("b.yml", Self.team)
        try folder.write("notes.txt", "kind: [")
        let outcome = try Self.run([folder.path])
        #expect(outcome.output == "2 files, 2 entities, 0 errors, 0 warnings\n")
        #expect(outcome.code == 0 && outcome.unreadable.isEmpty)
    }

    @Test("placeholders are filled in from the files beside them; URLs are not read; what is missing is told")
    func placeholders() throws {
        let folder = try ConfigurationFolder()
        func api(_ name: String, _ definition: String) -> String {
            """
            apiVersion: backstage.io/v1alpha1
            kind: API
            metadata: {name: \(name)}
            spec: {type: openapi, lifecycle: production, owner: team, definition: {\(definition)}}

            """
        }
        try folder.write("openapi.txt", "openapi: 3.1.0")
        try folder.write("team.yaml", Self.team)
        let both = [api("near", "$text: ./openapi.txt"), api("far", "$text: https://h/o.yaml")]
        try folder.write("a.yaml", both.joined(separator: "---\n"))
        #expect(try Self.run([folder.path]).output == "2 files, 3 entities, 0 errors, 0 warnings\n")
        let bad = try folder.write("b.yaml", api("none", "$text: ./missing.txt"))
        let outcome = try Self.run([folder.path])
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("\(bad):4:"), "\(outcome.output)")
        #expect(outcome.output.contains("placeholder: "), "\(outcome.output)")
    }

    @Test("all problems of all files come at once, each with file, line and column")
    func problems() throws {
        let folder = try ConfigurationFolder()
        let bad = try folder.write("a.yaml", Self.component("shop", "owner: 5") + "---\nkind: [\n")
        let twin = try folder.write("b.yaml", Self.team + "---\n" + Self.team)
        let other = try folder.write("c.yaml", "# moved\n" + Self.team)
        let outcome = try Self.run([folder.path])
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 5)
        #expect(lines[0] == "\(bad):9:3: kind: /spec/owner must be string - type: string")
        #expect(lines[1].hasPrefix("\(bad):12:1: syntax: YAML error: "))
        #expect(lines[2].hasPrefix("\(twin):6:1: duplicate: group:default/team is defined again"))
        #expect(
            lines[3] == "\(other):2:1: conflict: group:default/team is already defined at \(twin):1:1; "
                + "remove one of them")
        #expect(lines[4] == "3 files, 1 entity, 4 errors, 0 warnings")
        #expect(outcome.code == 1)
    }

    @Test("a reference that leads nowhere is a warning at its place, and an error when strict")
    func dangling() throws {
        let folder = try ConfigurationFolder()
        let file = try folder.write("a.yaml", Self.component("shop", "owner: team\n  dependsOn: ['resource:db']"))
        let outcome = try Self.run([folder.path])
        #expect(outcome.code == 0)
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 3)
        #expect(
            lines[0] == "\(file):9:3: dangling: component:default/shop names group:default/team, "
                + "which none of these files defines (warning)")
        #expect(lines[1].hasPrefix("\(file):10:15: dangling: "))
        #expect(lines.last == "1 file, 1 entity, 0 errors, 2 warnings")
        let strict = try Self.run([folder.path], ["--strict"])
        #expect(strict.code == 1 && strict.output.hasSuffix("1 file, 1 entity, 2 errors, 0 warnings\n"))
        #expect(!strict.output.contains("(warning)"))
    }

    @Test("what is named by a document that is wrong is not dangling besides")
    func refused() throws {
        let folder = try ConfigurationFolder()
        try folder.write("a.yaml", Self.component("shop"))
        try folder.write("b.yaml", Self.team.replacing("children: []", with: "children: 5"))
        #expect(try Self.run([folder.path]).output.hasSuffix("2 files, 1 entity, 1 error, 0 warnings\n"))
    }

    @Test("a selector that cannot be used is an error at its annotation, one that matches too much a warning")
    func selector() throws {
        func annotated(_ selector: String) -> String {
            Self.component(
                "shop", "owner: team", "  annotations:\n    backstage.io/kubernetes-label-selector: '\(selector)'")
                + "---\n" + Self.team
        }
        let folder = try ConfigurationFolder()
        let file = try folder.write("a.yaml", annotated("app in ("))
        let bad = try Self.run([file])
        #expect(bad.output.hasPrefix("\(file):6:5: selector: ") && bad.code == 1)
        try folder.write("a.yaml", annotated("!app"))
        let broad = try Self.run([file])
        #expect(broad.output.hasPrefix("\(file):6:5: selector: ") && broad.code == 0)
    }

    @Test("as JSON the same is a document")
    func json() throws {
        let folder = try ConfigurationFolder()
        let file = try folder.write("a.yaml", Self.component("shop", "owner: 5"))
        let outcome = try Self.run([file], ["--format", "json"])
        #expect(
            try JSONValue(parsing: Array(outcome.output.utf8)) == [
                "files": 1, "entities": 0, "errors": 1, "warnings": 0, "unreadable": [],
                "problems": [
                    [
                        "severity": "error", "file": .string(file), "line": 9, "column": 3, "code": "kind",
                        "entityRef": "component:default/shop",
                        "message": "/spec/owner must be string - type: string",
                    ]
                ],
            ])
    }

    @Test("for GitHub each is an annotation whose text cannot end it")
    func github() throws {
        let folder = try ConfigurationFolder()
        let file = try folder.write("a,b.yaml", Self.component("\"100%\\n::error::x\""))
        let outcome = try Self.run([file], ["--format", "github"])
        let name = file.replacing(",", with: "%2C")
        let first = outcome.output.split(separator: "\n").first ?? ""
        #expect(first.hasPrefix("::error file=\(name),line=4,col=3,title=format::"))
        #expect(first.contains("found \"100%25%0A::error::x\""))
        #expect(outcome.output.split(separator: "\n").count == 2)
    }

    @Test("a problem stays on its line and holds no commands for a terminal")
    func printable() throws {
        let folder = try ConfigurationFolder()
        let file = try folder.write("a.yaml", Self.component("\"a\\n\\e[31mb\""))
        let outcome = try Self.run([file])
        #expect(outcome.output.split(separator: "\n").count == 2)
        #expect(!outcome.output.unicodeScalars.contains("\u{1B}"))
    }

    @Test("what cannot be looked at is told after the rest, and has a code of its own")
    func unreadable() throws {
        let folder = try ConfigurationFolder()
        let bad = try folder.write("a.yaml", Self.component("shop", "owner: 5"))
        try folder.write("notes.txt", "")
        let missing = try Self.run(["/nowhere/at-all", bad])
        #expect(missing.code == 2 && missing.output.contains(":9:3: kind: "))
        #expect(missing.unreadable.count == 1 && missing.unreadable[0].contains("/nowhere/at-all"))
        let empty = try ConfigurationFolder()
        #expect(try Self.run([empty.path]).code == 2)
    }

    @Test("a file is looked at once, however often and in whatever way it is named")
    func once() throws {
        let folder = try ConfigurationFolder()
        let file = try folder.write("a.yaml", Self.team)
        let outcome = try Self.run([file, folder.path + "//", folder.path + "/./a.yaml"])
        #expect(outcome.output == "1 file, 1 entity, 0 errors, 0 warnings\n")
    }

    @Test(
        "paths are written as GitHub knows them",
        arguments: [
            (".", "."), ("./catalog/", "catalog"), ("/a//b/./c", "/a/b/c"), ("a/../b", "a/../b"), ("/", "/"),
            ("./x.yaml", "x.yaml"),
        ])
    func plain(path: String, expected: String) {
        #expect(ValidateCommand.plain(path) == expected)
    }
}
