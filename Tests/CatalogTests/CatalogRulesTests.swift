import Testing

@testable import Catalog

@Suite("Which kinds may come from where")
struct CatalogRulesTests {
    private static func document(_ kind: String, at location: String) -> ParsedDocument {
        let spec = ["User": "{memberOf: []}", "Location": "{}"][kind] ?? "{type: a, lifecycle: b, owner: c}"
        let text = "apiVersion: backstage.io/v1alpha1\nkind: \(kind)\nmetadata: {name: x}\nspec: \(spec)\n"
        return CatalogFile.documents(Array(text.utf8), name: location)[0]
    }

    private static func refusal(_ rules: CatalogRules, _ kind: String, at place: Provenance) -> String? {
        document(kind, at: place.location).checked(by: rules, at: [place]).problems.first?.message
    }

    private static let foreign = Provenance(location: "url:https://h/b", origin: "url:https://h/a", source: "github:o")

    @Test(
        "without rules Component, API and Location may come from anywhere, and nothing else",
        arguments: [("Component", true), ("Location", true), ("User", false)])
    func standard(kind: String, isAllowed: Bool) {
        #expect((Self.refusal(CatalogRules(), kind, at: Self.foreign) == nil) == isAllowed)
    }

    @Test("what may come by one way may come, by whatever other ways it is named too")
    func ways() {
        var rules = CatalogRules()
        rules.rules = [CatalogRule(kinds: ["User"], places: [.init(type: "url", target: .exact("https://h/org"))])]
        let ways = ["https://evil/x", "https://h/org"].map {
            Provenance(location: "url:https://h/groups", origin: "url:" + $0, source: "registered:locations")
        }
        let document = Self.document("User", at: "url:https://h/groups")
        #expect(document.checked(by: rules, at: ways).entity != nil)
        #expect(document.checked(by: rules, at: [ways[0]]).problems.first?.code == .notAllowed)
    }

    @Test("a refusal says what, where, by which way, and what is allowed there")
    func message() {
        let document = Self.document("User", at: "url:https://h/b").checked(by: CatalogRules(), at: [Self.foreign])
        #expect(document.ref?.canonical == "user:default/x" && document.problems.map(\.label) == ["not_allowed"])
        #expect(
            document.problems[0].message
                == "Entity user:default/x at url:https://h/b, originated at url:https://h/a, is not of an allowed kind "
                + "for that location: catalog.rules allow Component, API, Location there")
    }

    @Test("a given list replaces the standard, and an empty one allows nothing")
    func replaced() {
        var rules = CatalogRules()
        rules.rules = [CatalogRule(kinds: ["uSER"])]
        #expect(Self.refusal(rules, "User", at: Self.foreign) == nil)
        #expect(Self.refusal(rules, "Component", at: Self.foreign) != nil)
        rules.rules = []
        #expect(Self.refusal(rules, "User", at: Self.foreign)?.hasSuffix("catalog.rules allow no kind there") == true)
    }

    @Test(
        "a rule for some locations is about the origin",
        arguments: [
            ("url", CatalogRule.Place.Target.exact("https://h/a"), true), ("url", .exact("https://h/b"), false),
            ("url", .exact("https://H/a"), false), ("url", .any, true), ("file", .any, false),
            ("url", .pattern(Glob("https://H/*")!), true), ("url", .pattern(Glob("https://h/b*")!), false),
        ])
    func places(type: String, target: CatalogRule.Place.Target, isAllowed: Bool) {
        var rules = CatalogRules()
        rules.rules = [CatalogRule(kinds: ["User"], places: [CatalogRule.Place(type: type, target: target)])]
        #expect((Self.refusal(rules, "User", at: Self.foreign) == nil) == isAllowed)
    }

    @Test("the operator's own sources may hold every kind, what Locations there lead to may not")
    func own() {
        var rules = CatalogRules()
        rules.sources = ["file:/srv": nil]
        rules.ownLocations = ["configmap:home/callboard/"]
        let file = "file:/srv/a.yaml"
        #expect(Self.refusal(rules, "User", at: Provenance(location: file, source: "file:/srv")) == nil)
        let followed = Provenance(location: "file:/srv/b.yaml", origin: file, source: "file:/srv")
        #expect(Self.refusal(rules, "User", at: followed) != nil)
        for (namespace, isAllowed) in [("callboard", true), ("shop", false)] {
            let map = Provenance(location: "configmap:home/\(namespace)/m/a.yaml", source: "configmap:home")
            #expect((Self.refusal(rules, "User", at: map) == nil) == isAllowed)
        }
    }

    @Test("rules of a source narrow it to what they and catalog.rules allow, and widen what it leads to")
    func sourceRules() {
        var rules = CatalogRules()
        rules.sources = ["file:/srv": [CatalogRule(kinds: ["User"])]]
        let place = Provenance(location: "file:/srv/a.yaml", source: "file:/srv")
        let followed = Provenance(location: "url:https://h/b", origin: "file:/srv/a.yaml", source: "file:/srv")
        for kind in ["User", "Component"] {
            #expect(Self.refusal(rules, kind, at: place) == nil)
            #expect(Self.refusal(rules, kind, at: followed) == nil)
        }
        rules.rules = []
        #expect(
            Self.refusal(rules, "Component", at: place)?
                .hasSuffix("catalog.rules and the rules of file:/srv allow User there") == true)
    }
}
