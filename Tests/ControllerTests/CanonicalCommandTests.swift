import Base
import Catalog
import CatalogSources
import Testing

@testable import Controller

@Suite("Canonical files in the configuration")
struct ConfigurationCanonicalTests {
    @Test("every key has its meaning, and defaults where it may be left out")
    func keys() throws {
        let found = try configuration(
            """
            callboard:
              catalog:
                canonical:
                  - {name: plain, location: {type: file, target: /srv/canonical.yaml}}
                  - name: full
                    location: {type: configmap, target: tools/canonical/canonical.yaml}
                    onConflict: fail
                    deletionLimit: 0.25
                    defaults: {owner: group:default/a, system: infra, type: library, lifecycle: beta, namespace: agents}
                    aliases: {liquidation_heatmap: liquidheatmap, mcp.servers.flow: flow-server}
                  - {name: far, location: {type: url, target: 'https://h/c.yaml'}, frequency: {minutes: 10}}
            """)
        #expect(found.warnings.count == 1)
        let files = found.catalog.canonical
        #expect(files.map(\.settings.name) == ["plain", "full", "far"])
        #expect(
            files.map(\.place) == [
                .file("/srv/canonical.yaml"),
                .configMap(namespace: "tools", name: "canonical", key: "canonical.yaml"),
                .url("https://h/c.yaml", frequency: .seconds(600)),
            ])
        #expect(files[0].settings == CanonicalSettings(name: "plain"))
        var full = CanonicalSettings(name: "full")
        (full.onConflict, full.deletionLimit) = (.fail, 0.25)
        (full.owner, full.system, full.type) = ("group:default/a", "infra", "library")
        (full.lifecycle, full.namespace) = ("beta", "agents")
        full.aliases = ["liquidation_heatmap": "liquidheatmap", "mcp.servers.flow": "flow-server"]
        #expect(files[1].settings == full)
    }

    @Test(
        "what cannot be meant is refused with its path",
        arguments: [
            ("{}", "name"), ("{name: 'a b'}", "name"), ("{name: a}", "location.target"),
            ("{name: a, location: {type: git, target: x}}", "location.type"),
            ("{name: a, location: {type: configmap, target: a/b}}", "location.target"),
            ("{name: a, location: {type: url, target: x}}", "location.target"),
            ("{name: a, location: {type: file, target: x}, onConflict: adopt}", "onConflict"),
            ("{name: a, location: {type: file, target: x}, deletionLimit: 2}", "deletionLimit"),
            ("{name: a, location: {type: file, target: x}, defaults: {namespace: A}}", "defaults.namespace"),
            ("{name: a, location: {type: file, target: x}, defaults: {owner: ''}}", "defaults.owner"),
            ("{name: a, location: {type: file, target: x}, aliases: {b: 'c d'}}", "aliases"),
        ])
    func refused(text: String, path: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("callboard: {catalog: {canonical: [\(text)]}}")
        }
        #expect(error?.path == "callboard.catalog.canonical[0].\(path)")
    }

    @Test("two files of one name are refused")
    func twice() {
        let one = "{name: a, location: {type: file, target: x}}"
        let error = #expect(throws: ConfigurationError.self) {
            try configuration("callboard: {catalog: {canonical: [\(one), \(one)]}}")
        }
        #expect(error?.path == "callboard.catalog.canonical[1]")
    }
}

@Suite("callboard canonical")
struct CanonicalCommandTests {
    @Test("arguments are read, in either form")
    func arguments() throws {
        let found = try CanonicalArguments([
            "plan", "--name=main", "--config", "a", "--config=b", "--format", "json", "f",
        ])
        #expect(found.verb == .plan && found.file == "f" && found.name == "main" && found.format == .json)
        #expect(found.configurationFiles == ["a", "b"])
        #expect(try CanonicalArguments(["export", "f"]).verb == .export)
        #expect(try CanonicalArguments(["--help"]).wantsHelp)
    }

    @Test(
        "wrong arguments are named",
        arguments: [
            ([], "canonical needs plan or export"),
            (["x"], "unknown command \"canonical x\", expected plan or export"),
            (["plan"], "canonical plan needs a file"),
            (["plan", "a", "b"], "expected one file, found \"b\" too"), (["plan", "--x"], "unknown argument \"--x\""),
            (["plan", "a", "--name"], "--name needs a value"),
            (["plan", "a", "--format=xml"], "--format: expected text or json, found \"xml\""),
        ])
    func wrong(words: [String], message: String) {
        let error = #expect(throws: ArgumentError.self) { try CanonicalArguments(words) }
        #expect(error?.description == message)
    }

    @Test("what is exported is a catalog file that gives the same entities")
    func export() throws {
        let settings = CanonicalSettings(name: "main")
        let file = Array("version: 1\nrepositories: {a: {tags: [x]}, b: {}}\nenvironment: {c: [K]}".utf8)
        let (output, complaint) = CanonicalCommand.export(file, settings, file: "f")
        #expect(complaint == nil)
        let read = CatalogFile.documents(Array(output.utf8), name: "catalog-info.yaml").map(\.entity)
        #expect(read == CanonicalReading(file, settings: settings).entities.map(\.entity))
        let bad = CanonicalCommand.export(Array("version: 3".utf8), settings, file: "f")
        #expect(bad.output.isEmpty && bad.complaint?.hasPrefix("f:1:1: version") == true)
    }

    @Test("a plan is told line by line")
    func text() throws {
        let settings = CanonicalSettings(name: "main")
        func reading(_ text: String) -> CanonicalReading { CanonicalReading(Array(text.utf8), settings: settings) }
        let before = reading("version: 1\nrepositories: {a: {}, b: {}}").entities.map {
            CatalogedEntity(
                ref: $0.entity.ref, location: "canonical:main", definition: $0.entity.definition, isOrphan: false)
        }
        let plan = CanonicalPlan(
            reading("version: 1\nrepositories: {a: {title: A}, c: {}}\nx: 1"), settings: settings, catalog: before)
        #expect(
            CanonicalPlanText(plan).text == """
                + component:default/c
                ~ component:default/a
                    /metadata/title: (none) -> "A"
                - component:default/b
                canonical:main:3:1: x is not known and is not used (warning)
                1 to add, 1 to change, 1 to remove, 0 in conflict, 0 unchanged

                """)
    }
}
