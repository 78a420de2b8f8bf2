import Actions
import Base
import Store
import Testing

@testable import API

@Suite("Names of tools")
struct ToolNamesTests {
    private static func definitions() throws -> [ActionDefinition] {
        let store = Store(PostgresPool.Configuration(uri: "postgresql://nobody@127.0.0.1:1/none"))
        return try ActionRegistry(store: store, currency: "EUR").actions.map(\.definition)
    }

    @Test("with their plugin, names have letters, digits and underscores alone; bare, they are the actions' own")
    func forms() throws {
        let definitions = try Self.definitions()
        let (namespaced, bare) = (
            ToolNames(of: definitions, isNamespaced: true), ToolNames(of: definitions, isNamespaced: false)
        )
        #expect(namespaced["catalog:get-catalog-entity"] == "catalog_get_catalog_entity")
        #expect(bare["catalog:get-catalog-entity"] == "get-catalog-entity")
        #expect(bare["catalog-mcp:get_entities_by_owner"] == "get_entities_by_owner")
        #expect(namespaced["catalog:nothing"] == nil)
        for names in [namespaced, bare] {
            let all = definitions.compactMap { names[$0.id] }
            #expect(Set(all).count == definitions.count)
            #expect(all.allSatisfy { $0.utf8.count <= 64 })
        }
    }

    @Test("two actions of one name keep their plugins in it")
    func clash() throws {
        let definitions = try Self.definitions()
        let one = try #require(definitions.first { $0.id == "callboard:list-clusters" })
        let names = ToolNames(of: definitions + [one], isNamespaced: false)
        #expect(names["callboard:list-clusters"] == "callboard_list_clusters")
        #expect(names["callboard:get-cost"] == "get-cost")
    }

    @Test("every form in the wild is an alias of a tool")
    func aliases() throws {
        let action = try #require(try Self.definitions().first { $0.id == "catalog:get-catalog-entity" })
        #expect(
            Set(ToolNames.aliases(of: action)) == [
                "catalog_get_catalog_entity", "catalog.get-catalog-entity", "get-catalog-entity",
                "catalog:get-catalog-entity", "catalog.get", "catalog:get", "catalog_get",
            ])
    }
}
