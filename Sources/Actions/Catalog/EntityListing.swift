internal import Base
internal import Catalog
internal import Store

/// What the list actions of the plugin `catalog-mcp` have in common: a filter, fields, and pages.
struct EntityListing: Sendable {
    var filter: EntityFilter?
    let fields: FieldProjection?
    let limit: Int
    let cursor: QueryCursor?

    private static let defaultLimit = 50

    /// The input properties.
    static let properties: JSONObject = [
        "fields": fieldsSchema,
        "limit": Schema.integer(1...500, "Entities a page; \(defaultLimit) when left out. count tells how many match."),
        "cursor": Schema.string("nextCursor of the page before, with the same other arguments."),
    ]
    private static let fieldsSchema: JSONValue = [
        "description":
            "Paths to return, such as metadata.name: a list, or a text with commas. Whole entities without it.",
        "anyOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]],
    ]

    /// The output of such an action.
    ///
    /// - Parameter echo: arguments that the answer repeats; optional ones may be missing from it.
    static func output(echo: JSONObject, optional: JSONObject = [:]) -> JSONValue {
        var properties: JSONObject = [
            "count": Schema.count("All that match, on this page or not."),
            "entities": Schema.list(
                Schema.anyObject("An entity, or its fields asked for."), "This page, by reference."),
        ]
        for (name, schema) in echo { properties[name] = schema }
        let required = properties.keys
        properties["nextCursor"] = OffsetCursor.nextSchema
        properties["note"] = AnswerSize.noteSchema
        for (name, schema) in optional { properties[name] = schema }
        return Schema.object(properties, required: required)
    }

    /// Reads the common arguments.
    ///
    /// - Throws: `ActionError` of kind `input`.
    init(_ arguments: JSONObject, filter: EntityFilter?) throws(ActionError) {
        self.filter = filter
        limit = arguments["limit"]?.intValue.map { Int($0) } ?? Self.defaultLimit
        do throws(CatalogInputError) {
            fields = try FieldProjection.parsing(Self.fields(arguments))
        } catch {
            throw ActionError(.input, "fields: \(error)")
        }
        do throws(CatalogInputError) {
            cursor = if let text = arguments["cursor"]?.stringValue { try QueryCursor(decoding: text) } else { nil }
        } catch {
            throw ActionError(.input, "cursor: \(error)")
        }
        guard let cursor, cursor.filter != filter else { return }
        throw ActionError(.input, "cursor: it belongs to other arguments; repeat those of the page that gave it")
    }

    private static func fields(_ arguments: JSONObject) -> [String] {
        let fields = arguments["fields"]
        return fields?.stringValue.map { [$0] } ?? fields?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// The page with its count; `echo` is added to it.
    ///
    /// - Throws: `ActionError` of kind `input`; `StoreError`.
    func page(in store: Store, echo: JSONObject) async throws -> JSONValue {
        var query = EntityQuery()
        query.filter = filter
        query.limit = limit
        query.cursor = cursor
        let (page, entities, note) = try await FittingPage.read(query, fields) { query in
            do {
                return try await store.catalog.query(query)
            } catch let error as CatalogInputError {
                throw ActionError(.input, error.description)
            }
        }
        var output: JSONObject = ["count": .int(Int64(page.totalItems)), "entities": .array(entities)]
        output["note"] = note
        output["nextCursor"] = page.next.map { .string($0.encoded) }
        for (name, value) in echo { output[name] = value }
        return .object(output)
    }
}

extension JSONObject {
    /// The members, then those of `other`.
    func adding(_ other: JSONObject) -> JSONObject {
        var sum = self
        for (name, value) in other { sum[name] = value }
        return sum
    }
}
