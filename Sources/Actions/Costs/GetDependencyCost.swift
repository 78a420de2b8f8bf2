internal import Base
internal import Catalog
internal import Costs
internal import Store

/// What an entity costs together with what it depends on.
struct GetDependencyCost: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let pattern: EntityNamePattern
        let window: String
        let source: CostSource?
        let walk: EntityWalk
        let limit: Int
    }

    /// What can be followed, with the relations that it takes: an API costs nothing, who provides it does.
    private enum Tie: String, CaseIterable {
        case dependsOn, consumesApi, hasPart

        var relations: [String] { self == .consumesApi ? ["consumesApi", "apiProvidedBy"] : [rawValue] }
    }

    private static let window = "7d"
    private static let defaultLimit = 15
    private static let maximumDepth: Int64 = 10
    private static let maximumEntities = 1_000

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-dependency-cost", title: "Get the cost of an entity and its dependencies",
        description: """
            Tells what an entity costs (actual) together with all that it needs: what it depends on, the providers \
            of the APIs that it consumes, and on request its parts, over as many steps as there are. Each entity \
            counts once, however many ways lead to it. Others may need the same things, so the totals of two \
            entities must not be added up. Use it for what a service costs with everything behind it.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object(
            [
                "entityRef": EntityLookup.inexactSchema,
                "follow": Schema.list(
                    ["type": "string", "enum": .array(Tie.allCases.map { .string($0.rawValue) })],
                    "What to follow; dependsOn and consumesApi when left out."),
                "depth": Schema.integer(
                    1...maximumDepth,
                    "Relations to follow one after the other; \(maximumDepth) when left out. The provider of a consumed "
                        + "API is two away."),
                "window": CostWindowArgument.schema(window), "source": CostQuestion.sourceSchema,
                "limit": Schema.integer(
                    1...500, "Entities to list; \(defaultLimit) when left out. Totals cover all."),
            ], required: ["entityRef"]),
        output: Schema.complete(
            CostDesk.frameSchemas.merging([
                "entityRef": Schema.string("The entity."), "own": Output.costSchema,
                "dependencies": Output.costSchema, "actual": Output.costSchema,
                "entities": Schema.list(
                    Schema.complete([
                        "entityRef": Schema.string("An entity with a cost."),
                        "depth": Schema.count("Relations between it and the entity; 0 for itself."),
                        "cost": Output.costSchema,
                    ]), "Those with a cost, the dearest first."),
                "reached": Schema.count("Entities reached, with and without a cost; itself not counted."),
                "omitted": Schema.count("Entities with a cost that are not listed."),
                "isTruncated": Schema.flag("Whether more is needed than may be reached; then the totals are too low."),
            ])))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let ties = arguments["follow"]?.arrayValue?.compactMap(\.stringValue).compactMap(Tie.init)
        var walk = EntityWalk()
        walk.types = (ties ?? [.dependsOn, .consumesApi]).flatMap(\.relations)
        walk.depth = Int(arguments["depth"]?.intValue ?? maximumDepth)
        walk.maximumNodes = maximumEntities
        return Input(
            pattern: try EntityLookup.pattern(arguments), window: arguments["window"]?.stringValue ?? window,
            source: CostQuestion.source(arguments), walk: walk,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let argument = try CostWindowArgument(input.window, now: desk.now())
        let ref = try await EntityLookup(store: desk.store).ref(input.pattern, for: caller)
        let graph = try await desk.store.catalog.graph(from: ref, input.walk)
        var selection = CostSelection()
        selection.entityRefs = graph.nodes.map(\.ref)
        selection.source = input.source
        let groups = try await desk.store.costs.groups(
            by: .entity, selection, CostWindow(argument.window), limit: graph.nodes.count)
        let own = groups.groups.first { $0.key == ref }?.sum.cost ?? .zero
        let others = groups.groups.filter { $0.key != ref }.reduce(ResourceCost.zero) { $0 + $1.sum.cost }
        var answer = try await desk.frame(argument.window, .all, input.source)
        answer["entityRef"] = .string(ref)
        answer["own"] = Output.cost(own)
        answer["dependencies"] = Output.cost(others)
        answer["actual"] = Output.cost(own + others)
        answer["entities"] = .array(groups.groups.prefix(input.limit).map { Self.item($0, graph) })
        answer["reached"] = .int(Int64(graph.nodes.count - 1))
        answer["omitted"] = .int(Int64(max(0, groups.groups.count - input.limit)))
        answer["isTruncated"] = .bool(graph.isTruncated)
        return .object(answer)
    }

    private static func item(_ group: CostGroup, _ graph: EntityGraph) -> JSONValue {
        let depth = graph.nodes.first { $0.ref == group.key }?.depth ?? 0
        return [
            "entityRef": Output.text(group.key), "depth": .int(Int64(depth)), "cost": Output.cost(group.sum.cost),
        ]
    }
}
