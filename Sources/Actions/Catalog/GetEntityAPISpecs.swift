internal import Base
internal import Catalog
internal import Store

/// The specifications of the APIs around an entity, cut to what an agent can read.
struct GetEntityAPISpecs: Action {
    let store: Store

    struct Input: Sendable {
        let pattern: EntityNamePattern
        let limit: Int
        let offset: Int
        let maximumCharacters: Int
        let firstCharacter: Int
    }

    private static let defaultLimit = 5
    private static let defaultCharacters = 20_000
    /// Of one definition, as it stands in JSON: with it the answer is no longer than agents keep.
    private static let maximumBytes = 40_000

    static let definition = ActionDefinition(
        plugin: "catalog", name: "get-entity-api-specs", title: "Get the API specifications of an entity",
        description: """
            Gets the API definitions (OpenAPI, AsyncAPI, GraphQL, gRPC) of an entity: of an API its own, of a Component those \
            that it provides and consumes, of a System or Domain those that are part of it, of a Group or User those that \
            it owns. Long definitions are cut: definitionCharacters tells the whole length, and firstCharacter with the \
            API's own reference reads on. Pass maximumCharacters 0 for a list without definitions.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            [
                "entityRef": EntityLookup.inexactSchema,
                "limit": Schema.integer(1...50, "APIs a page; \(defaultLimit) when left out."),
                "cursor": OffsetCursor.schema,
                "maximumCharacters": Schema.integer(
                    0...200_000,
                    "Characters of each definition, at most \(maximumBytes) bytes; \(defaultCharacters) when left out."),
                "firstCharacter": Schema.integer(
                    0...1_048_576, "How many characters to leave out at the start of each."),
            ], required: ["entityRef"]),
        output: Schema.object(
            [
                "entityRef": Schema.string("The entity."),
                "totals": Schema.complete([
                    "apis": Schema.count("APIs of the entity."),
                    "missing": Schema.count("Those of them that the catalog does not have."),
                ]),
                "apis": Schema.list(Schema.complete(itemSchema), "This page, by reference."),
                "nextCursor": OffsetCursor.nextSchema,
            ], required: ["entityRef", "totals", "apis"]), pagedList: "apis")

    private static let itemSchema: JSONObject = {
        var schema = Output.entitySchema
        schema["roles"] = Schema.list(
            Schema.choice(["self", "provided", "consumed", "part", "owned"], "What it is to the entity."),
            "What it is to the entity.")
        schema["exists"] = Schema.flag("Whether the catalog has it.")
        schema["definition"] = Schema.orNull(Schema.text("The definition, or the part of it that was asked for."))
        schema["definitionCharacters"] = Schema.count("Length of the whole definition.")
        schema["isTruncated"] = Schema.flag("Whether the definition goes on after this part.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        func number(_ name: String) -> Int? { arguments[name]?.intValue.map { Int($0) } }
        return Input(
            pattern: try EntityLookup.pattern(arguments), limit: number("limit") ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments),
            maximumCharacters: number("maximumCharacters") ?? defaultCharacters,
            firstCharacter: number("firstCharacter") ?? 0)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let ref = try await EntityResolver(store: store).ref(input.pattern)
        let roles = try await roles(ref)
        let refs = roles.keys.sorted()
        let summaries = try await store.catalog.summaries(of: refs)
        let page = refs.dropFirst(input.offset).prefix(input.limit)
        let documents = try await store.catalog.documents(of: page)
        var output: JSONObject = [
            "entityRef": .string(ref),
            "totals": ["apis": .int(Int64(refs.count)), "missing": .int(Int64(refs.count - summaries.count))],
            "apis": .array(
                try page.map { api in
                    var item = Output.entity(api, summaries[api])
                    item["roles"] = .array((roles[api] ?? []).map(JSONValue.string))
                    item["exists"] = .bool(documents[api] != nil)
                    try Self.addDefinition(of: documents[api], input, to: &item)
                    return .object(item)
                }),
        ]
        output["nextCursor"] = OffsetCursor.next(after: input.offset + page.count, of: refs.count)
        return .object(output)
    }

    /// The relations that tie an entity to APIs, and what an API at their end is to it.
    private static let roleOfRelation = [
        "providesApi": "provided", "consumesApi": "consumed", "hasPart": "part", "ownerOf": "owned",
    ]

    /// What each API is to the entity, by the API's ref.
    private func roles(_ ref: String) async throws -> [String: [String]] {
        if Self.isAPI(ref) { return [ref: ["self"]] }
        var walk = EntityWalk()
        walk.types = Array(Self.roleOfRelation.keys)
        let nodes = try await store.catalog.graph(from: ref, walk).nodes.filter { Self.isAPI($0.ref) }
        return Dictionary(
            uniqueKeysWithValues: nodes.map { node in
                (node.ref, node.reachedBy.compactMap { Self.roleOfRelation[$0.type] }.sorted())
            })
    }

    private static func isAPI(_ ref: String) -> Bool { ref.hasPrefix("api:") }

    private static func addDefinition(of entity: StoredEntity?, _ input: Input, to item: inout JSONObject) throws {
        let spec = try entity.map { try JSONValue(parsing: $0.document) }?["spec"]
        let text = spec?["definition"]?.stringValue
        let scalars = (text ?? "").unicodeScalars
        var rest = maximumBytes
        let part = scalars.dropFirst(input.firstCharacter).prefix(input.maximumCharacters).prefix { scalar in
            rest -= JSONValue.string(String(scalar)).serialized().count - 2
            return rest >= 0
        }
        item["definition"] = text == nil || input.maximumCharacters == 0 ? .null : .string(String(part))
        item["definitionCharacters"] = .int(Int64(scalars.count))
        item["isTruncated"] = .bool(part.endIndex < scalars.endIndex)
    }
}
