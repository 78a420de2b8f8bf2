import Base
import Catalog
import Testing

@Suite("Reading a canonical file")
struct CanonicalReadingTests {
    private static let head = "version: 1\n"

    @Test("every section becomes its entities, sorted, the same each time")
    func golden() throws {
        let reading = canonical(canonicalSample)
        #expect(reading.complaints == [] && reading.remarks == [])
        let expected = try YAML.documents(Array(canonicalGolden.utf8)).map { try $0.get().json }
        #expect(reading.entities.count == expected.count)
        for (found, wanted) in zip(reading.entities, expected) {
            #expect(JSONValue.object(found.entity.definition).yaml == wanted.yaml)
        }
        #expect(canonical(canonicalSample).entities.map(\.entity) == reading.entities.map(\.entity))
        #expect(canonical(canonicalSample).contentHash == reading.contentHash)
    }

    @Test(
        "what cannot be used is told with its line and column, and nothing of the file is used",
        arguments: [
            ("repositories: {}", "1:1 version is missing; expected 1.x"),
            ("version: 2.0", "1:1 version: expected 1.x, which is what this program reads"),
            ("version: 1\nrepositories: [a]", "2:1 repositories: expected an object"),
            ("version: 1\nrepositories:\n  a: text", "3:3 repositories.a: expected an object"),
            (
                "version: 1\nrepositories:\n  a: {github: nothing}",
                "3:7 repositories.a.github: expected owner/repository, or an object with org and repo"
            ),
            ("version: 1\nrepositories:\n  a: {features: x}", "3:7 repositories.a.features: expected a list"),
            ("version: 1\nrepositories:\n  a: {title: [x]}", "3:7 repositories.a.title: expected a text"),
            (
                "version: 1\nrepositories:\n  a: {techdocs: x}",
                "3:7 repositories.a.techdocs: expected true, dir:… or url:…"
            ),
            ("version: 1\nmcp: {global_servers: [a, 1]}", "2:27 mcp.global_servers[1]: expected the name of a server"),
            (
                "version: 1\nenvironment:\n  a: {keys: [A, 'x y']}",
                "3:17 environment.a.keys[1]: expected the name of a variable"
            ),
            (
                "version: 1\nenvironment:\n  a: {file: 'a b'}",
                "3:7 environment.a.file: expected a path of letters, digits and ._-/~ without spaces"
            ),
            ("version: 1\nclaudeflow: on", "2:1 claudeflow: expected an object"),
            (
                "version: 1\nrepositories:\n  a_b: {}\n  A-B: {}",
                "4:3 repositories.A-B becomes component:default/a-b, and so does repositories.a_b at canonical:main:3:3; "
                    + "give one of them an alias"
            ),
            (
                "version: 1\nrepositories:\n  'a b': {}",
                "3:3 repositories.a b gives no name for an entity; expected a string that is sequences of [a-zA-Z0-9] "
                    + "separated by any of [-_.], at most 63 characters in total, or an alias"
            ),
            (
                "version: 1\nrepositories:\n  a: {owner: 'a:b:c:'}",
                "3:7 repositories.a.owner: expected [<kind>:][<namespace>/]<name>"
            ),
            (
                "version: 1\na: *secret",
                "2:4 not readable as YAML from here on; values with special characters need quotes"
            ),
            ("[]", "1:1 the file: expected an object"),
            ("", "1:1 expected one YAML document, found 0"),
            ("version: 1\n---\nversion: 1", "1:1 expected one YAML document, found 2"),
        ])
    func problems(text: String, complaint: String) {
        let reading = canonical(text)
        #expect(reading.complaints == [complaint])
        #expect(reading.entities.isEmpty)
    }

    @Test(
        "what is odd is told, and the rest is used",
        arguments: [
            ("surprise: 1", "2:1 surprise is not known and is not used"),
            ("repositories: {a: {surprise: 1}}", "2:20 repositories.a.surprise is not known and is not used"),
            ("mcp: {surprise: 1}", "2:7 mcp.surprise is not known and is not used"),
            ("repositories: {a: {features: [x, x]}}", "2:34 repositories.a.features has x twice"),
            ("mcp: {global_servers: [x, x]}", "2:27 mcp.global_servers has x twice"),
            (
                "mcp: {servers: {a: {}}, profiles: {p: [b]}}",
                "2:40 mcp.profiles.p[0] names b, which mcp.servers does not have"
            ),
            (
                "environment: {a: [X], b: [X]}",
                "2:27 environment.b has X, and so has environment.a; a variable belongs to one group"
            ),
            ("environment: {a: [X, X]}", "2:22 environment.a has X twice"),
            ("environment: {note: text}", "2:15 environment.note is no group of variables and is not used"),
            ("global: {hooks: {Stop: [a/x.py, b/x.py]}}", "2:33 global.hooks.Stop has x.py twice"),
            (
                "claudeflow: {mode: 'a=b'}",
                "2:14 claudeflow.mode is not used; expected letters, digits, spaces and .-_+#/, at most 63"
            ),
        ])
    func warnings(text: String, remark: String) {
        let reading = canonical(Self.head + text)
        #expect(reading.complaints == [])
        #expect(reading.remarks == [remark])
    }

    @Test("versions of the first kind are read", arguments: ["1", "1.0", "1.4", "'1'", "\"1.10\""])
    func versions(version: String) { #expect(canonical("version: \(version)").complaints == []) }

    @Test("an alias names an entity by the key, or by the path where the key means two things")
    func aliases() {
        let text =
            Self.head
            + "repositories: {liquidation_heatmap: {}, flow: {}}\nmcp: {servers: {flow: {}}, profiles: {p: [flow]}}"
        #expect(canonical(text).complaints.count == 1)
        let reading = canonical(text) {
            $0.aliases = ["liquidation_heatmap": "liquidheatmap", "mcp.servers.flow": "flow-server"]
        }
        #expect(
            reading.refs == [
                "component:default/flow", "component:default/flow-server", "component:default/liquidheatmap",
                "resource:default/mcp-profile-p",
            ])
        #expect(
            reading.entity("resource:default/mcp-profile-p")?["spec"]?["dependsOn"]
                == ["component:default/flow-server"])
    }

    @Test("the default system is created for others to refer to, unless the file has it")
    func defaultSystem() {
        let text = Self.head + "repositories: {a: {}}"
        let reading = canonical(text) { $0.system = "infra" }
        #expect(reading.refs == ["component:default/a", "system:default/infra"])
        #expect(reading.entities.map(\.isDefault) == [false, true])
        #expect(reading.entity("component:default/a")?["spec"]?["system"] == "infra")
        let given = canonical(text + "\nsystems: {infra: {title: Ours}}") { $0.system = "system:default/infra" }
        #expect(given.entities.map(\.isDefault) == [false, false])
        #expect(given.entity("system:default/infra")?["metadata"]?["title"] == "Ours")
    }

    @Test("what the settings say is what the file need not say")
    func defaults() {
        let reading = canonical(Self.head + "repositories: {a: null}") {
            ($0.namespace, $0.type, $0.lifecycle) = ("agents", "website", "experimental")
        }
        #expect(
            reading.entity("component:agents/a")?["spec"]
                == ["type": "website", "lifecycle": "experimental", "owner": "group:default/platform"])
    }

    @Test("a profile may be a list, an object with servers, or one as clients write it")
    func profiles() {
        let reading = canonical(
            Self.head
                + "mcp: {profiles: {a: [x], b: {servers: [y], description: B}, c: {mcpServers: {z: {command: npx}}}}}")
        let profiles = ["a", "b", "c"].map { reading.entity("resource:default/mcp-profile-\($0)") }
        #expect(
            profiles.map { $0?["spec"]?["dependsOn"]?[0]?.stringValue }
                == ["component:default/x", "component:default/y", "component:default/z"])
        #expect(profiles[1]?["metadata"]?["description"] == "B")
        #expect(reading.refs.count == 6)
    }

    @Test("no value reaches an entity or a message, wherever it stands")
    func secrets() {
        let secret = "S3cret!hunter2"
        for text in [
            "environment: {a: {keys: {API_KEY: '\(secret)'}}}", "environment: {a: {keys: ['API_KEY=\(secret)']}}",
            "environment: {a: {keys: ['\(secret)']}}", "environment: {a: '\(secret)'}",
            "environment: {a: {file: '\(secret)'}}", "environment: {a: {keys: [{name: K, value: '\(secret)'}]}}",
            "mcp: {servers: {a: {command: '\(secret)', args: ['\(secret)'], env: {K: '\(secret)'}, url: '\(secret)'}}}",
            "mcp: {profiles: {a: {mcpServers: {b: {env: {K: '\(secret)'}}}}}}", "mcp: {secrets_sources: ['\(secret)']}",
            "mcp: {global_servers: ['\(secret)']}",
            "global: {hooks: {Stop: ['K=\(secret) run.py', {command: '\(secret)'}]}}",
            "repositories: {a: {test_command: 'K=\(secret) make', lint_command: '\(secret)', surprise: '\(secret)'}}",
            "repositories: {a: {features: ['\(secret)'], language: '\(secret)', github: '\(secret)'}}",
            "repositories: {a: {owner: 'x:\(secret):y'}}", "repositories: {a: {techdocs: '\(secret)'}}",
            "claudeflow: {mode: '\(secret)', version: '\(secret)', session_sync: {token: '\(secret)'}}",
            "infrastructure: {database: {password: '\(secret)'}}", "version: '\(secret)'", "surprise: '\(secret)'",
            "password: *\(secret)", "password: !\(secret) x", "password: %\(secret)", "'\(secret)",
        ] {
            let reading = canonical(text.hasPrefix("version") ? text : Self.head + text)
            let all =
                reading.entities.map { JSONValue.object($0.entity.definition).text() } + reading.complaints
                + reading.remarks
            #expect(!all.contains { $0.contains("hunter2") }, "\(text): \(all)")
        }
    }

    @Test("a file that gives more entities than one transaction holds is refused")
    func bound() {
        let many = (0...CanonicalReading.maximumEntities).map { "  r\($0): {}" }.joined(separator: "\n")
        let reading = canonical(Self.head + "repositories:\n" + many)
        #expect(reading.complaints == ["1:1 gives 5001 entities; at most 5000 are applied at once"])
    }
}
