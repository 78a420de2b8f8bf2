internal import Base
internal import Catalog
internal import Store

/// Entities of a kind and a type.
struct GetEntitiesByKindAndType: Action {
    let store: Store

    struct Input: Sendable {
        let kind: String
        let type: String
        let listing: EntityListing
    }

    static let definition = ActionDefinition(
        plugin: "catalog-mcp", name: "get_all_entities_by_kind_and_type", title: "Get All Entities by Kind and Type",
        description: """
            Lists the entities of a kind with a type, for example kind Component and type service. \
            get_entity_types_for_kind tells which types a kind has. Use it for an inventory, such as all databases \
            or websites.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            EntityListing.properties.adding([
                "kind": Schema.string("Kind, such as Component; any letter case."),
                "type": Schema.string("spec.type, such as service; any letter case."),
            ]), required: ["kind", "type"]),
        output: EntityListing.output(echo: ["kind": Schema.text("As asked."), "type": Schema.text("As asked.")]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let kind = arguments["kind"]?.stringValue ?? ""
        let type = arguments["type"]?.stringValue ?? ""
        let filter = EntityFilter.allOf([
            .match(key: "kind", values: [kind]), .match(key: "spec.type", values: [type]),
        ])
        return Input(kind: kind, type: type, listing: try EntityListing(arguments, filter: filter))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        try await input.listing.page(in: store, echo: ["kind": .string(input.kind), "type": .string(input.type)])
    }
}
