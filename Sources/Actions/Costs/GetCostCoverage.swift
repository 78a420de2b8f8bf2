internal import Base
internal import Costs
internal import Store

/// How much of the money has an owner, and where the rest is.
struct GetCostCoverage: Action {
    let desk: CostDesk

    struct Input: Sendable {
        let window: String
        let source: CostSource?
        let limit: Int
    }

    private static let window = "30d"
    private static let defaultLimit = 15

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-cost-coverage", title: "Get the share of cost that has an owner",
        description: """
            Tells which share of the actual cost of all workloads belongs to catalog entities (coverage, 0 to 1), \
            how much belongs to orphans that no entity claims, and beside them what no workload is charged for: idle \
            node capacity, unmounted volumes, what a source could not allocate. By cluster, and for the namespaces \
            with the most orphan cost. Use it to judge how much of the bill has somebody who answers for it.
            """,
        attributes: .readOnly, permissions: [.readCosts],
        input: Schema.object([
            "window": CostWindowArgument.schema(window), "source": CostQuestion.sourceSchema,
            "limit": Schema.integer(1...500, "Clusters and namespaces to list; \(defaultLimit) when left out."),
        ]),
        output: Schema.complete(
            CostDesk.frameSchemas.merging(moneySchemas).merging([
                "today": CostDesk.todaySchema,
                "clusters": Schema.list(
                    Schema.complete(moneySchemas.merging(["cluster": Schema.string("Its name.")])), "The dearest first."
                ),
                "namespaces": Schema.list(
                    Schema.complete([
                        "namespace": Schema.text("Its name."), "orphan": Schema.number("Cost of its orphans."),
                        "workloads": Schema.count("Orphans, as many as there were."),
                    ]), "Those with orphans, over all clusters, the dearest first."),
            ])))

    private static let moneySchemas: JSONObject = [
        "coverage": Schema.orNull(Schema.number("Owned over owned and orphan; null when neither cost anything.")),
        "owned": Schema.number("Of workloads that an entity owns."),
        "orphan": Schema.number("Of those that none claims."),
        "idle": Schema.number("Capacity of nodes that nobody is charged for."),
        "unmounted": Schema.number("Volumes that no pod uses."),
        "unallocated": Schema.number("What a source could not say more about."),
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            window: arguments["window"]?.stringValue ?? window, source: CostQuestion.source(arguments),
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let argument = try CostWindowArgument(input.window, now: desk.now())
        let window = CostWindow(argument.window)
        var everything = CostSelection()
        everything.source = input.source
        let costs = desk.store.costs
        var orphans = everything
        orphans.category = .orphan
        let namespaces = try await costs.groups(by: .namespace, orphans, window, limit: input.limit)
        let clusters = try await costs.coverage(window, everything).sorted(by: Self.isDearer)
        var answer = try await desk.frame(argument.window, .all, input.source)
        answer = answer.merging(Self.money(clusters.map(\.value).reduce(CostCoverage(), +)))
        answer["today"] = try await desk.today(argument, everything)
        answer["clusters"] = .array(clusters.prefix(input.limit).map(Self.cluster))
        answer["namespaces"] = .array(namespaces.groups.map(Self.namespace))
        return .object(answer)
    }

    private typealias Cluster = (key: String, value: CostCoverage)

    /// By name where they cost the same.
    private static func isDearer(_ left: Cluster, _ right: Cluster) -> Bool {
        let (one, other) = (left.value.total, right.value.total)
        return one == other ? left.key < right.key : one > other
    }

    private static func cluster(_ cluster: Cluster) -> JSONValue {
        let name: JSONObject = ["cluster": .string(cluster.key)]
        return .object(name.merging(money(cluster.value)))
    }

    private static func money(_ coverage: CostCoverage) -> JSONObject {
        [
            "coverage": Output.share(coverage.owned, of: coverage.workloads), "owned": Output.amount(coverage.owned),
            "orphan": Output.amount(coverage.orphan), "idle": Output.amount(coverage.idle),
            "unmounted": Output.amount(coverage.unmounted), "unallocated": Output.amount(coverage.unallocated),
        ]
    }

    private static func namespace(_ group: CostGroup) -> JSONValue {
        [
            "namespace": .string(group.key ?? ""), "orphan": Output.amount(group.sum.cost.total),
            "workloads": .int(group.sum.workloads),
        ]
    }
}
