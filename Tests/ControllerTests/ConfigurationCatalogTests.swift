import Base
import Catalog
import CatalogSources
import Reconcilers
import Store
import Testing

@testable import Controller

@Suite("Configuration of the catalog")
struct ConfigurationCatalogTests {
    @Test("rules, orphans and the interval have Backstage's keys and defaults")
    func keys() throws {
        let standard = try configuration("").catalog
        #expect(standard.rules == nil && standard.orphans == .delete && standard.interval == .seconds(100))
        let found = try configuration(
            """
            catalog:
              rules:
                - allow: [Component, user]
                - {allow: [Group], locations: [{type: url, exact: 'https://h/a'}, {type: url, pattern: 'https://h/*'}, {type: file}]}
              orphanStrategy: keep
              processingInterval: {minutes: 2, seconds: 30}
              locations: [{type: file, target: /srv/a, rules: [{allow: [System]}]}, {type: file, target: b}]
            """)
        let glob = try #require(Glob("https://h/*"))
        #expect(
            found.catalog.rules == [
                CatalogRule(kinds: ["Component", "user"]),
                CatalogRule(
                    kinds: ["Group"],
                    places: [
                        .init(type: "url", target: .exact("https://h/a")), .init(type: "url", target: .pattern(glob)),
                        .init(type: "file", target: .any),
                    ]),
            ])
        #expect(found.catalog.orphans == .keep && found.catalog.interval == .seconds(150))
        #expect(found.catalog.locations.map(\.rules) == [[CatalogRule(kinds: ["System"])], nil])
        #expect(found.warnings.count == 1)
    }

    @Test(
        "the interval is seconds, an object, or false",
        arguments: [
            ("30", 30), ("'30'", 30), ("{hours: 1}", 3_600), ("{milliseconds: 1500, days: 1}", 86_401.5),
            ("false", nil),
        ]
            as [(String, Double?)])
    func interval(text: String, seconds: Double?) throws {
        #expect(
            try configuration("catalog: {processingInterval: \(text)}").catalog.interval == seconds.map { .seconds($0) }
        )
    }

    @Test(
        "a wrong value is refused with its place and what was expected",
        arguments: [
            ("{rules: ~}", "0.yaml:1:18: catalog.rules: is missing; expected a list of rules"),
            ("{rules: x}", "0.yaml:1:18: catalog.rules: expected a list, found string"),
            ("{rules: [{}]}", "0.yaml:1:19: catalog.rules[0].allow: is missing; expected a list of kinds"),
            ("{rules: [{allow: 1}]}", "0.yaml:1:27: catalog.rules[0].allow: expected a list, found integer"),
            (
                "{rules: [{allow: [A], locations: [{type: url, exact: a, pattern: b}]}]}",
                "0.yaml:1:44: catalog.rules[0].locations[0]: cannot have both exact and pattern values"
            ),
            (
                "{rules: [{allow: [A], locations: [{exact: a}]}]}",
                "0.yaml:1:44: catalog.rules[0].locations[0].type: is missing; expected a type of locations, such as url"
            ),
            ("{orphanStrategy: burn}", "0.yaml:1:27: catalog.orphanStrategy: expected keep or delete, found \"burn\""),
            (
                "{processingInterval: 0}",
                "0.yaml:1:31: catalog.processingInterval: expected false, seconds, or an object"
            ),
            (
                "{processingInterval: true}",
                "0.yaml:1:31: catalog.processingInterval: expected false, seconds, or an object"
            ),
            ("{processingInterval: {weeks: 1}}", "0.yaml:1:31: catalog.processingInterval: expected false, seconds"),
        ])
    func refused(text: String, message: String) throws {
        let found = try refusal("catalog: \(text)")
        #expect(found.hasPrefix("app-config." + message), "\(found)")
    }

    @Test("the operator's files and the ConfigMaps beside the program may hold every kind, the others may not")
    func processing() throws {
        let reader = TargetReader(urls: nil, executor: ThreadExecutor(name: "test"))
        let catalog = try configuration("catalog: {locations: [{type: file, target: /srv/./a/}]}").catalog
        let rules = catalog.processing(cluster: "home", namespace: "callboard", targets: reader).rules
        let text = "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: x}\nspec: {memberOf: []}\n"
        let entity = try #require(CatalogFile.documents(Array(text.utf8), name: "f")[0].entity)
        let file = Provenance(location: "file:/srv/a/u.yaml", source: "file:/srv/a")
        #expect(rules.refusal(of: entity, at: file) == nil)
        for (namespace, isAllowed) in [("callboard", true), ("other", false)] {
            let map = Provenance(location: "configmap:home/\(namespace)/m/u.yaml", source: "configmap:home")
            #expect((rules.refusal(of: entity, at: map) == nil) == isAllowed)
        }
    }
}
