internal import Base
internal import Catalog
internal import Store

/// Entities that match a filter in the words of the REST API.
struct GetEntitiesWithCustomQuery: Action {
    let store: Store

    struct Input: Sendable {
        let echo: JSONObject
        let listing: EntityListing
    }

    static let definition = ActionDefinition(
        plugin: "catalog-mcp", name: "get_entities_with_custom_query", title: "Get Entities with Custom Query",
        description: """
            Lists the entities that match a filter as the catalog's REST API has it: kind=component,spec.type=service (all \
            must hold), the same key twice (either value), a key alone (it exists). A list of such filters matches when one \
            of them does. For values that hold a comma use query-catalog-entities.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            EntityListing.properties.adding([
                "filter": [
                    "description": "The filter, or a list of filters; all entities without it.",
                    "anyOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]],
                ]
            ])),
        output: EntityListing.output(
            echo: [:],
            optional: [
                "filter": ["description": "As asked.", "type": ["string", "array"]],
                "fields": ["description": "As asked.", "type": ["string", "array"]],
            ]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let given = arguments["filter"]
        let texts = given?.stringValue.map { [$0] } ?? given?.arrayValue?.compactMap(\.stringValue) ?? []
        let filter: EntityFilter?
        do throws(CatalogInputError) {
            filter = try EntityFilter.parsing(texts)
        } catch {
            throw ActionError(.input, error.description)
        }
        var echo = JSONObject()
        for name in ["filter", "fields"] { echo[name] = arguments[name] }
        return Input(echo: echo, listing: try EntityListing(arguments, filter: filter))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        try await input.listing.page(in: store, echo: input.echo)
    }
}
