internal import Base
internal import Catalog
internal import Store

/// The types that entities of a kind have, over the whole catalog.
struct GetEntityTypesForKind: Action {
    let store: Store

    static let definition = ActionDefinition(
        plugin: "catalog-mcp", name: "get_entity_types_for_kind", title: "Get Entity Types for Kind",
        description: """
            Lists the values of spec.type that entities of a kind have, such as service and website for Component, \
            with how many entities have each. Use it before you filter by type, to learn how types are written here.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(["kind": Schema.string("Kind, such as Component; any letter case.")], required: ["kind"]),
        output: Schema.complete([
            "count": Schema.count("How many types there are."), "kind": Schema.text("As asked."),
            "types": Schema.list(["type": "string"], "The types, in ascending order."),
            "usage": Schema.list(
                Schema.complete([
                    "type": Schema.text("A type."), "entities": Schema.count("Entities that have it."),
                ]), "The same with counts, the most frequent first."),
        ]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> String { arguments["kind"]?.stringValue ?? "" }

    func run(_ kind: String, for caller: Caller) async throws -> JSONValue {
        let facets = try await store.catalog.facets(["spec.type"], filter: .match(key: "kind", values: [kind]))
        let values = facets["spec.type", default: []].filter { !$0.value.isEmpty }
        let types = values.map(\.value).sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
        return [
            "count": .int(Int64(types.count)), "kind": .string(kind), "types": .array(types.map(JSONValue.string)),
            "usage": .array(values.map { ["type": .string($0.value), "entities": .int($0.count)] }),
        ]
    }
}
