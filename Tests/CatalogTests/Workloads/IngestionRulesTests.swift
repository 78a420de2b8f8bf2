import Base
import TestSupport
import Testing

@testable import Catalog

@Suite("Which objects become entities")
struct IngestionFilterTests {
    private static func admits(
        _ object: JSONValue, _ change: (inout IngestionSettings) -> Void = { _ in }
    ) -> Bool {
        var settings = IngestionSettings()
        change(&settings)
        return IngestionFilter(settings).admits(object)
    }

    private static func annotated(_ name: String, _ value: String) -> JSONValue {
        ["metadata": ["namespace": "shop", "annotations": ["terasky.backstage.io/\(name)": .string(value)]]]
    }

    @Test(
        "exclude-from-catalog and add-to-catalog mean what they say (I14)",
        arguments: [
            ("true", true), ("yes", true), ("x", true), ("false", false), ("False", false), ("no", false), ("", false),
        ])
    func booleans(text: String, isTrue: Bool) {
        #expect(Self.admits(Self.annotated("exclude-from-catalog", text)) == !isTrue)
        #expect(Self.admits(Self.annotated("add-to-catalog", text)) { $0.onlyAnnotated = true } == isTrue)
    }

    @Test("excluded namespaces count in every mode (I14)", arguments: [false, true])
    func excludedNamespaces(onlyAnnotated: Bool) {
        let object = Self.annotated("add-to-catalog", "true")
        #expect(Self.admits(object) { $0.onlyAnnotated = onlyAnnotated })
        #expect(
            !Self.admits(object) { settings in
                settings.onlyAnnotated = onlyAnnotated
                settings.excludedNamespaces = ["shop"]
            })
    }

    @Test(
        "objects of Crossplane and KRO are none",
        arguments: [
            ["spec": ["resourceRef": ["name": "x"]]], ["spec": ["crossplane": [:]]],
            ["metadata": ["labels": ["kro.run/resource-graph-definition-id": "x"]]],
        ] as [JSONValue])
    func others(object: JSONValue) {
        #expect(!Self.admits(object))
    }

    @Test("another prefix makes the annotations others")
    func prefix() {
        let object = Self.annotated("exclude-from-catalog", "true")
        #expect(Self.admits(object) { $0.annotationPrefix = "example.com" })
        var settings = IngestionSettings()
        settings.annotationPrefix = "example.com"
        #expect(IngestionFilter(settings).keeps(annotation: "example.com/owner"))
        #expect(!IngestionFilter(settings).keeps(annotation: "terasky.backstage.io/owner"))
    }
}

@Suite("Selectors as kubectl writes them")
struct SelectorNotationTests {
    @Test(
        "every form of a LabelSelector is written (I3)",
        arguments: [
            (["matchLabels": ["b": "2", "a": "1"]], "a=1,b=2"),
            (["matchExpressions": [["key": "a", "operator": "In", "values": ["x", "y"]]]], "a in (x,y)"),
            (["matchExpressions": [["key": "a", "operator": "NotIn", "values": ["x"]]]], "a notin (x)"),
            (
                [
                    "matchLabels": ["c": "d"],
                    "matchExpressions": [
                        ["key": "a", "operator": "Exists"], ["key": "b", "operator": "DoesNotExist"],
                    ],
                ], "c=d,a,!b"
            ),
            ([:], nil), (["matchExpressions": [["key": "a", "operator": "Like"]]], nil),
            // A Service's selector is of another form.
            (["app": "x"], nil),
        ] as [(JSONValue, String?)])
    func forms(selector: JSONValue, expected: String?) {
        #expect(SelectorNotation.text(selector) == expected)
    }

    @Test("a Deployment's own labels have no part in its selector (I3)")
    func ownLabels() {
        let object: JSONValue = [
            "metadata": ["labels": ["app": "other", "team": "x"]], "spec": ["selector": ["matchLabels": ["app": "a"]]],
        ]
        #expect(SelectorNotation.automatic(for: object, isCronJob: false) == "app=a")
    }

    @Test("a CronJob is found by its Jobs' pod template, else by its own labels (I2)")
    func cronJobs() {
        let template: JSONValue = ["metadata": ["labels": ["job": "a"]]]
        let object: JSONValue = [
            "metadata": ["labels": ["own": "x"]], "spec": ["jobTemplate": ["spec": ["template": template]]],
        ]
        #expect(SelectorNotation.automatic(for: object, isCronJob: true) == "job=a")
        #expect(SelectorNotation.automatic(for: ["metadata": ["labels": ["own": "x"]]], isCronJob: true) == "own=x")
        #expect(SelectorNotation.automatic(for: [:], isCronJob: true) == nil)
    }
}

@Suite("Names of clusters elsewhere")
struct ClusterNameMappingTests {
    @Test(
        "the common part of two names begins with a word (I20)",
        arguments: [
            ("sa-cls-01", "oidc-cls-01", "cls-01"), ("sa-cls-01", "oi-cls-01", "cls-01"),
            ("cls-01", "oidc-cls-01", "cls-01"),
            ("a1x-prod", "b1x-prod", "prod"), ("one", "two", nil), ("same", "same", "same"), ("bone", "one", nil),
        ] as [(String, String, String?)])
    func explicit(source: String, target: String, expected: String?) {
        let mapping = ClusterNameMapping.explicit([source: target])
        #expect(mapping.mapped(source) == target && mapping.mapped("other") == "other")
        #expect(mapping.normalised(source) == expected ?? source)
        #expect(mapping.normalised(target) == expected ?? target)
        #expect(mapping.normalised("other") == "other")
    }

    @Test("prefixes of different lengths are exchanged and stripped")
    func prefixes() {
        let mapping = ClusterNameMapping.prefixes(source: "sa", target: "oidc")
        #expect(mapping.mapped("sa-cls-01") == "oidc-cls-01" && mapping.mapped("x") == "x")
        #expect(mapping.normalised("sa-cls-01") == "cls-01" && mapping.normalised("oidc-cls-01") == "cls-01")
        #expect(mapping.normalised("x") == "x" && mapping.normalised("sa") == "sa")
    }
}

@Suite("Texts made fit for names")
struct IngestedNameTests {
    @Test("what is valid stays as it is", arguments: ["a", "checkout", "a.b_c-D", String(repeating: "a", count: 63)])
    func valid(name: String) {
        #expect(IngestedName.name(name) == name)
    }

    @Test("long names that begin alike stay two (I10)")
    func long() {
        let names = ["x", "y"].map { IngestedName.name(String(repeating: "a", count: 100) + $0) }
        #expect(names[0] != names[1] && names.allSatisfy { $0.utf8.count == 63 && $0.hasPrefix("aaa") })
    }

    @Test("tags are valid whatever the cluster is called (I10)")
    func tags() {
        #expect(IngestedName.tag("cluster", "admin@Prod_EU.example") == "cluster:admin-prod-eu-example")
        #expect(IngestedName.tag("cluster", "@") == nil)
        #expect(IngestedName.tag("cluster", String(repeating: "a-", count: 60))?.utf8.count ?? 0 <= 63)
    }

    @Test("any text makes a valid name, namespace and tag", arguments: 0..<20)
    func random(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let letters = Array("abzAZ09-_.:/@ é#+\u{0}")
        for _ in 0..<200 {
            let text = String(
                (0..<Int.random(in: 0...90, using: &random)).map { _ in letters.randomElement(using: &random)! })
            #expect(FieldFormat.entityName.accepts(IngestedName.name(text)), "\(text)")
            #expect(FieldFormat.namespace.accepts(IngestedName.namespace(text)), "\(text)")
            if let tag = IngestedName.tag("cluster", text) { #expect(FieldFormat.tag.accepts(tag), "\(text)") }
        }
    }
}

@Suite("Hosts that may be asked")
struct AllowedHostsTests {
    @Test(
        "only what stands there is allowed (I18)",
        arguments: [
            ("http://api.example.com/x", true), ("https://API.example.com/x?y", true),
            ("http://api.example.com:8080/", false),
            ("http://10.0.0.7:8080/x", true), ("http://10.0.0.7/x", false), ("https://a.b.wild.example/", true),
            ("https://wild.example/", false), ("http://user@api.example.com/", false),
            ("http://api.example.com@evil.example/", false),
            ("http://api.example.com\\@evil.example/", false), ("ftp://api.example.com/", false),
            ("http://[::1]/", false),
            ("http://169.254.169.254/", false), ("api.example.com", false),
        ])
    func urls(url: String, isAllowed: Bool) throws {
        let hosts = try #require(AllowedHosts(["api.example.com", "10.0.0.7:8080", "*.wild.example"]))
        #expect(hosts.allows(url: url) == isAllowed)
    }

    @Test("what is no host is refused", arguments: ["", "http://x", "a:b", "a:1:2", "a/b", "*", "a b"])
    func refused(text: String) {
        #expect(AllowedHosts([text]) == nil)
    }
}
