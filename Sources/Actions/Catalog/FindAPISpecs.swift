internal import Base
internal import Store

/// APIs found by words of their definitions.
struct FindAPISpecs: Action {
    let store: Store

    struct Input: Sendable {
        let text: String
        let limit: Int
        let offset: Int
    }

    private static let defaultLimit = 10
    /// Matches that can be paged through.
    private static let maximumOffset = 500

    static let definition = ActionDefinition(
        plugin: "catalog", name: "find-api-specs", title: "Find API specifications by their text",
        description: """
            Finds APIs whose definition (OpenAPI, AsyncAPI, GraphQL, gRPC), name, title or description holds all words of \
            queryString, or words that begin so: an operation such as createOrder, a path such as /orders, a field. Parts of \
            names count as words: order finds createOrder. Each comes with the place of a match; get-entity-api-specs with \
            the API's reference reads the whole definition.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            [
                "queryString": [
                    "type": "string", "minLength": 1, "maxLength": 500,
                    "description": "Words; any letter case, and all of them must be there.",
                ],
                "limit": Schema.integer(1...50, "APIs a page; \(defaultLimit) when left out."),
                "cursor": OffsetCursor.schema,
            ], required: ["queryString"]),
        output: Schema.object(
            [
                "totals": Schema.complete(["apis": Schema.count("APIs that match.")]),
                "words": Schema.list(["type": "string"], "What was looked for."),
                "apis": Schema.list(Schema.complete(itemSchema), "This page, the likeliest first."),
                "nextCursor": OffsetCursor.nextSchema,
            ], required: ["totals", "words", "apis"]), pagedList: "apis")

    private static let itemSchema: JSONObject = {
        var schema = Output.entitySchema
        schema["excerpt"] = Schema.orNull(
            Schema.text("A part of the definition with one of the words; null when they are elsewhere."))
        schema["definitionCharacters"] = Schema.count("Length of the whole definition.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let offset = try OffsetCursor.offset(arguments)
        guard offset <= maximumOffset else {
            throw ActionError(.input, "cursor: only the first \(maximumOffset) matches are listed; give more words")
        }
        return Input(
            text: arguments["queryString"]?.stringValue ?? "",
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit, offset: offset)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let found = try await store.catalog.apis(holding: input.text, limit: input.limit, offset: input.offset)
        guard !found.words.isEmpty else {
            throw ActionError(.input, "queryString: expected letters or digits but found \"\(input.text)\"")
        }
        let summaries = try await store.catalog.summaries(of: found.items.map(\.ref))
        let items = found.items.map { found -> JSONValue in
            var item = Output.entity(found.ref, summaries[found.ref])
            item["excerpt"] = Output.text(found.excerpt)
            item["definitionCharacters"] = .int(Int64(found.characters))
            return .object(item)
        }
        var output: JSONObject = [
            "totals": ["apis": .int(Int64(found.total))], "words": .array(found.words.map(JSONValue.string)),
            "apis": .array(items),
        ]
        let listed = min(found.total, Self.maximumOffset)
        output["nextCursor"] = OffsetCursor.next(after: input.offset + items.count, of: listed)
        return .object(output)
    }
}
