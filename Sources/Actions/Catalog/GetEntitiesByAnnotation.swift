internal import Base
internal import Catalog
internal import Store

/// Entities that have an annotation, or have it with a value.
struct GetEntitiesByAnnotation: Action {
    let store: Store

    struct Input: Sendable {
        let annotation: String
        let value: String?
        let listing: EntityListing
    }

    static let definition = ActionDefinition(
        plugin: "catalog-mcp", name: "get_entities_by_annotation", title: "Get Entities by Annotation",
        description: """
            Lists the entities that have an annotation, such as github.com/project-slug, with any value or, when \
            value is given, with that one (any letter case). The value is taken as it is: it may hold commas, \
            slashes and spaces, and be empty. Use it to find the entity of a repository, a pipeline or a dashboard.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            EntityListing.properties.adding([
                "annotation": Schema.string("The annotation's key."), "value": Schema.text("Its value."),
            ]), required: ["annotation"]),
        output: EntityListing.output(
            echo: ["annotation": Schema.text("As asked.")], optional: ["value": Schema.text("As asked.")]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let annotation = arguments["annotation"]?.stringValue ?? ""
        let value = arguments["value"]?.stringValue
        let filter = EntityFilter.match(key: "metadata.annotations.\(annotation)", values: value.map { [$0] })
        return Input(annotation: annotation, value: value, listing: try EntityListing(arguments, filter: filter))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        var echo: JSONObject = ["annotation": .string(input.annotation)]
        echo["value"] = input.value.map(JSONValue.string)
        return try await input.listing.page(in: store, echo: echo)
    }
}
