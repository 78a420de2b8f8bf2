internal import Base
internal import Catalog
internal import Store

/// What lies around an entity: a walk along relations with a bound.
struct GetEntityRelationships: Action {
    let store: Store

    struct Input: Sendable {
        let pattern: EntityNamePattern
        let walk: EntityWalk
        let limit: Int
        let offset: Int
    }

    private static let defaultLimit = 50
    private static let maximumDepth: Int64 = 5

    static let definition = ActionDefinition(
        plugin: "catalog", name: "get-entity-relationships", title: "Get an entity's relationships",
        description: """
            Lists the entities around one: its owner, system, parts, dependencies, APIs, members, and with depth up to \
            \(maximumDepth) what lies behind them, the nearest first. Each says by which relations it is reached \
            (reachedBy: the type as seen from sourceRef, such as dependsOn, dependencyOf, ownedBy, ownerOf, partOf, hasPart, \
            providesApi, consumesApi). exists is false for a target that the catalog does not have. Follow one kind of tie \
            with relationTypes, for example ["dependencyOf"] with depth 5 for all that breaks when this breaks.
            """,
        attributes: .readOnly, permissions: [.readEntities],
        input: Schema.object(
            [
                "entityRef": EntityLookup.inexactSchema,
                "depth": Schema.integer(1...maximumDepth, "Relations to follow one after the other; 1 when left out."),
                "relationTypes": Schema.list(
                    ["type": "string", "minLength": 1], "Follow only these types; all when left out."),
                "limit": Schema.integer(1...500, "Entities a page; \(defaultLimit) when left out."),
                "cursor": OffsetCursor.schema,
            ], required: ["entityRef"]),
        output: Schema.object(
            [
                "entityRef": Schema.string("The entity."),
                "totals": Schema.complete([
                    "entities": Schema.count("Entities reached."),
                    "missing": Schema.count("Those of them that the catalog does not have."),
                    "byDepth": Schema.list(["type": "integer"], "How many at each distance, from 1."),
                ]),
                "relationTypes": Schema.list(
                    Schema.complete([
                        "type": Schema.string("Type of relation."), "count": Schema.count("Targets of it."),
                    ]), "All relations of the entity itself, followed or not."),
                "entities": Schema.list(Schema.complete(itemSchema), "This page, the nearest first."),
                "isTruncated": Schema.flag(
                    "Whether there is more than the walk may reach; then the totals are too low."),
                "nextCursor": OffsetCursor.nextSchema,
            ], required: ["entityRef", "totals", "relationTypes", "entities", "isTruncated"]), pagedList: "entities")

    private static let itemSchema: JSONObject = {
        var schema = Output.entitySchema
        schema["depth"] = Schema.count("Relations between it and the entity.")
        schema["exists"] = Schema.flag("Whether the catalog has it.")
        schema["reachedBy"] = Schema.list(
            Schema.complete([
                "sourceRef": Schema.string("A nearer entity."), "type": Schema.string("Its relation to this one."),
            ]), "Relations of nearer entities to this one, at most \(maximumEdges).")
        return schema
    }()
    private static let maximumEdges = 20

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        var walk = EntityWalk()
        walk.depth = arguments["depth"]?.intValue.map { Int($0) } ?? 1
        walk.types = arguments["relationTypes"]?.arrayValue?.compactMap(\.stringValue)
        return Input(
            pattern: try EntityLookup.pattern(arguments), walk: walk,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let ref = try await EntityResolver(store: store).ref(input.pattern)
        let graph = try await store.catalog.graph(from: ref, input.walk)
        let reached = graph.nodes.dropFirst()
        let summaries = try await store.catalog.summaries(of: reached.map(\.ref))
        let page = reached.dropFirst(input.offset).prefix(input.limit)
        var output: JSONObject = [
            "entityRef": .string(ref),
            "totals": [
                "entities": .int(Int64(reached.count)), "missing": .int(Int64(reached.count - summaries.count)),
                "byDepth": .array(Self.byDepth(reached)),
            ],
            "relationTypes": .array(
                try await store.catalog.relationTypes(of: ref).map {
                    ["type": .string($0.type), "count": .int(Int64($0.count))]
                }),
            "entities": .array(page.map { Self.item($0, summaries[$0.ref]) }),
            "isTruncated": .bool(graph.isTruncated),
        ]
        output["nextCursor"] = OffsetCursor.next(after: input.offset + page.count, of: reached.count)
        return .object(output)
    }

    private static func byDepth(_ nodes: some Sequence<EntityGraph.Node>) -> [JSONValue] {
        var counts: [Int64] = []
        for node in nodes {
            while counts.count < node.depth { counts.append(0) }
            counts[node.depth - 1] += 1
        }
        return counts.map(JSONValue.int)
    }

    private static func item(_ node: EntityGraph.Node, _ summary: EntitySummary?) -> JSONValue {
        var item = Output.entity(node.ref, summary)
        item["depth"] = .int(Int64(node.depth))
        item["exists"] = .bool(summary != nil)
        item["reachedBy"] = .array(
            node.reachedBy.prefix(maximumEdges).map {
                ["sourceRef": .string($0.source), "type": .string($0.type)]
            })
        return .object(item)
    }
}
