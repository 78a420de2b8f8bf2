internal import Base
internal import Catalog
internal import Store

/// A page of entities that match a predicate.
struct QueryCatalogEntities: Action {
    let store: Store

    struct Input: Sendable {
        let query: EntityQuery
        let fields: FieldProjection?
    }

    private static let defaultLimit = 20
    private static let maximumLimit: Int64 = 500

    static let definition = ActionDefinition(
        plugin: "catalog", name: "query-catalog-entities", title: "Query catalog entities",
        description: """
            Lists entities of the software catalog that match a filter, for example all components of a team: \
            {"filter": {"kind": "Component", "relations.ownedBy": "group:default/payments"}}. A filter is an object of \
            dotted paths to values, all of which must hold; a value may be {"$in": [...]}, {"$exists": true}, \
            {"$hasPrefix": "x"} or {"$contains": "x"}; {"$any": [...]}, {"$all": [...]} and {"$not": {...}} combine \
            filters. Name the fields you need (such as metadata.name, spec.owner) to keep the answer small, and pass \
            nextPageCursor back as cursor for more.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object([
            "filter": Schema.anyObject("Predicate; all entities when left out."),
            "fields": Schema.list(["type": "string"], "Dotted paths to return; whole entities when left out."),
            "limit": Schema.integer(1...maximumLimit, "Entities a page; \(defaultLimit) when left out."),
            "offset": Schema.integer(0...1_000_000, "How many to leave out at the start."),
            "orderFields": [
                "description": "Field to sort by with its order, or a list whose first counts.",
                "anyOf": [orderField, ["type": "array", "items": orderField]],
            ],
            "fullTextFilter": Schema.object(
                [
                    "term": ["type": "string", "description": "Text to look for, in any letter case."],
                    "fields": Schema.list(["type": "string"], "Where to look, such as metadata.title."),
                ], required: ["term"]),
            "cursor": Schema.string("nextPageCursor of the page before."),
        ]),
        output: Schema.object(
            [
                "items": Schema.list(Schema.anyObject("An entity, or its fields asked for."), "This page."),
                "totalItems": Schema.count("All that match."),
                "hasMoreEntities": Schema.flag("Whether another page follows."),
                "nextPageCursor": Schema.string("Pass it as cursor for the next page."),
                "note": AnswerSize.noteSchema,
            ], required: ["items", "totalItems", "hasMoreEntities"]),
        aliases: ["query", "list"])

    private static let orderField = Schema.object(
        [
            "field": Schema.string("Dotted path, such as metadata.name."),
            "order": Schema.choice(["asc", "desc"], "Direction."),
        ], required: ["field", "order"])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        do {
            return Input(query: try query(arguments), fields: try fields(arguments))
        } catch let error as ActionError {
            throw error
        } catch {
            throw ActionError(.input, "\(error)")
        }
    }

    private static func fields(_ arguments: JSONObject) throws -> FieldProjection? {
        try FieldProjection.parsing(arguments["fields"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }

    private static func query(_ arguments: JSONObject) throws -> EntityQuery {
        var query = EntityQuery()
        query.limit = arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit
        if let text = arguments["cursor"]?.stringValue {
            guard arguments["filter"] == nil, arguments["offset"] == nil else {
                throw ActionError(
                    .input, "Cannot combine cursor with filter or offset. Use cursor alone for pagination.")
            }
            query.cursor = try QueryCursor(decoding: text)
            return query
        }
        query.filter = try arguments["filter"].map { try EntityPredicate.filter($0) }
        query.offset = arguments["offset"]?.intValue.map { Int($0) } ?? 0
        let orders = arguments["orderFields"]?.arrayValue ?? arguments["orderFields"].map { [$0] } ?? []
        query.order = orders.compactMap { order in
            guard let field = order["field"]?.stringValue else { return nil }
            return OrderField(
                field: field, direction: OrderField.Direction(rawValue: order["order"]?.stringValue ?? "") ?? .ascending
            )
        }
        query.fullText = arguments["fullTextFilter"].map { filter in
            FullTextFilter(
                term: filter["term"]?.stringValue ?? "",
                fields: filter["fields"]?.arrayValue?.compactMap(\.stringValue))
        }
        return query
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let (page, items, note) = try await FittingPage.read(input.query, input.fields, page)
        var output: JSONObject = [
            "items": .array(items), "totalItems": .int(Int64(page.totalItems)),
            "hasMoreEntities": .bool(page.next != nil),
        ]
        output["note"] = note
        output["nextPageCursor"] = page.next.map { .string($0.encoded) }
        return .object(output)
    }

    private func page(_ query: EntityQuery) async throws -> EntityPage {
        do {
            return try await store.catalog.query(query)
        } catch let error as CatalogInputError {
            throw ActionError(.input, error.description)
        }
    }
}
