internal import Base
internal import Catalog

/// What kinds of entities there are and what may stand in them, for a model that is to write one.
struct GetCatalogModelDescription: Action {
    static let definition = ActionDefinition(
        plugin: "catalog", name: "get-catalog-model-description", title: "Describe the catalog's model",
        description: """
            Describes, in Markdown, which kinds of entities this catalog knows, their fields and which are required, the \
            relations that come of them, the forms of names and references, and the annotations that have a meaning. Read \
            it before you write a catalog-info.yaml or a filter.
            """,
        attributes: .readOnly, permissions: [.readEntities], input: Schema.object([:]),
        output: Schema.complete(["description": Schema.string("Markdown.")]))

    static func input(_ arguments: JSONObject) throws(ActionError) {}

    func run(_ input: Void, for caller: Caller) async throws -> JSONValue {
        ["description": .string(CatalogModel.description)]
    }
}
