import Actions
import Base
import TestSupport
import Testing

@Suite("The catalog's model and its short names", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogModelTests {
    @Test("the description tells every kind with its required fields and relations, as the checks have them")
    func description() async throws {
        let answer = try await Scene.withoutDatabase().invoke("catalog:get-catalog-model-description")
        let text = try #require(answer["description"]?.stringValue)
        for kind in ["API", "Component", "Domain", "Group", "Location", "Resource", "System", "User"] {
            #expect(text.contains("### \(kind)\n"), "\(kind)")
        }
        for line in [
            "| `spec.lifecycle` | yes | text |  |",
            "| `spec.system` | no | text | a System, unless it says another kind |",
            "| `spec.presence` | no | `required` or `optional` |  |",
            "| `spec.dependsOn` | no | list of text | an entity; the kind must be given |",
            "| `spec.dependencyOf` | no | list of text | an entity; the kind must be given |",
            "| Component | `spec.providesApis` | `providesApi` | `apiProvidedBy` |",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        #expect(text.contains("`backstage.io/v1alpha1` or `backstage.io/v1beta1`"))
    }

    @Test(
        "short names call the same action, and are not listed",
        arguments: [
            ("catalog:get", "catalog:get-catalog-entity"), ("catalog:query", "catalog:query-catalog-entities"),
            ("catalog:list", "catalog:query-catalog-entities"),
        ])
    func aliases(alias: String, id: String) async throws {
        try await Scene.with { scene async throws in
            let arguments: JSONObject = alias == "catalog:get" ? ["name": "shop"] : ["filter": ["kind": "resource"]]
            #expect(try await scene.invoke(alias, arguments) == (try await scene.invoke(id, arguments)))
            #expect(!scene.registry.actions.contains { $0.definition.id == alias })
        }
    }
}
