internal import Base
internal import Catalog
internal import Store

/// Entities that say which workloads are theirs, and match none.
struct ListGhostEntities: Action {
    let store: Store
    let now: @Sendable () -> Timestamp

    struct Input: Sendable {
        let kind: String?
        let owner: CostScopeArgument?
        let limit: Int
        let offset: Int
    }

    private static let defaultLimit = 15

    static let definition = ActionDefinition(
        plugin: "callboard", name: "list-ghost-entities", title: "List entities that run nowhere",
        description: """
            Lists the catalog entities that have a selector for Kubernetes workloads which matches none now, those \
            that matched last first, with the selector and since when it matches nothing (unmatchedSince; null: it \
            never did). Such an entity is retired, not deployed yet, or its annotations are wrong. Entities without \
            a selector are not listed: they do not claim to run anywhere. Use it to clean up the catalog.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object([
            "kind": Schema.string("Only entities of this kind, such as component."),
            "owner": Schema.string("Only entities of this owner: [kind:][namespace/]name, a name alone is enough."),
            "limit": Schema.integer(1...500, "Entities a page; \(defaultLimit) when left out."),
            "cursor": OffsetCursor.schema,
        ]),
        output: Schema.object(
            [
                "asOf": Schema.string("When this was answered, RFC 3339."),
                "totals": Schema.complete([
                    "entities": Schema.count("All of them."),
                    "neverMatched": Schema.count("Those of them that never matched a workload."),
                ]),
                "entities": Schema.list(Schema.complete(itemSchema), "This page."),
                "nextCursor": OffsetCursor.nextSchema, "clusters": Output.clustersSchema,
            ], required: ["asOf", "totals", "entities", "clusters"]), pagedList: "entities")

    private static let itemSchema = Output.entitySchema.merging([
        "selector": Schema.anyObject("The annotations that select."),
        "unmatchedSince": Schema.orNull(Schema.string("RFC 3339; null: it never matched.")),
    ])

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let owner = try arguments["owner"].map { name throws(ActionError) in
            try CostScopeArgument(["scope": "owner", "name": name])
        }
        return Input(
            kind: arguments["kind"]?.stringValue?.lowercased(), owner: owner,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let owner = try await input.owner?.resolve(in: store, for: caller).value
        let page = try await store.catalog.ghosts(
            kind: input.kind, owner: owner, limit: input.limit, offset: input.offset)
        let summaries = try await store.catalog.summaries(of: page.items.map(\.ref))
        var answer: JSONObject = [
            "asOf": Output.time(now()),
            "totals": ["entities": .int(Int64(page.total)), "neverMatched": .int(Int64(page.neverMatched))],
            "entities": .array(page.items.map { Self.item($0, summaries[$0.ref]) }),
            "clusters": Output.clusters(try await store.workloads.clusters()),
        ]
        if !page.items.isEmpty {
            answer["nextCursor"] = OffsetCursor.next(after: input.offset + page.items.count, of: page.total)
        }
        return .object(answer)
    }

    private static func item(_ ghost: GhostEntity, _ summary: EntitySummary?) -> JSONValue {
        var item = Output.entity(ghost.ref, summary)
        item["selector"] = ghost.selector
        item["unmatchedSince"] = Output.time(ghost.lastMatchedAt)
        return .object(item)
    }
}
