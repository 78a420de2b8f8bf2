import API
import Base
import Catalog
import TestSupport
import Testing

@Suite("What catalog.rules would refuse is told before", .serialized, .enabled(if: TestDatabase.isAvailable))
struct RuleTrialTests {
    private static let url = "https://h/all.yaml"
    private static let system =
        "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: s}\nspec: {owner: o}\n"

    private static func configuration(_ text: String, _ rules: [CatalogRule]) -> CatalogAPIConfiguration {
        var configuration = CatalogAPIConfiguration()
        configuration.readURL = { $0 == url ? Array(text.utf8) : nil }
        var catalog = CatalogRules()
        catalog.rules = rules
        configuration.rules = catalog
        return configuration
    }

    private static func systems(at target: String) -> [CatalogRule] {
        let glob = Glob(target).map { CatalogRule.Place.Target.pattern($0) } ?? .any
        return CatalogRules.standard + [CatalogRule(kinds: ["System"], places: [.init(type: "url", target: glob)])]
    }

    @Test(
        "a dry run is refused with the rule that would refuse it",
        arguments: [
            (
                CatalogRules.standard,
                "Entity system:default/s at url:\(url), originated at url:\(url), is not of an allowed "
                    + "kind for that location: catalog.rules allow Component, API, Location there"
            ),
            (systems(at: "https://other/**"), "is not of an allowed kind"), (systems(at: "https://h/**"), nil),
            ([CatalogRule(kinds: ["System"])], "Entity location:default/generated-"),
        ] as [([CatalogRule], String?)])
    func dryRun(rules: [CatalogRule], refusal: String?) async throws {
        try await Service.with(catalog: Self.configuration(Self.system, rules)) { service async throws in
            let answer = try await service.client.send(
                "POST", "/api/catalog/locations?dryRun=true", body: ["type": "url", "target": .string(Self.url)])
            #expect(answer.status == (refusal == nil ? 201 : 400))
            let message = answer.json["error"]?["message"]?.stringValue
            #expect(refusal.map { message?.contains($0) == true } ?? (message == nil), "\(message ?? "")")
        }
    }

    @Test("so is the validation of an entity, by its location")
    func validation() async throws {
        let entity: JSONValue = [
            "apiVersion": "backstage.io/v1alpha1", "kind": "System", "metadata": ["name": "s"], "spec": ["owner": "o"],
        ]
        try await Service.with(catalog: Self.configuration("", Self.systems(at: "https://h/**"))) {
            service async throws in
            func validate(_ location: JSONValue) async throws -> WebClient.Answer {
                try await service.client.send(
                    "POST", "/api/catalog/validate-entity", body: ["entity": entity, "location": location])
            }
            #expect(try await validate("url:https://h/a.yaml").status == 200)
            let refused = try await validate("url:https://other/a.yaml")
            #expect(refused.status == 400 && refused.json["errors"]?[0]?["name"] == "NotAllowedError")
            #expect(refused.json["errors"]?[0]?["message"]?.stringValue?.contains("catalog.rules allow") == true)
        }
    }
}
