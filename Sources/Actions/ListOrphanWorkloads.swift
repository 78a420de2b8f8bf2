internal import Base
internal import Costs
internal import Store

/// Workloads that no entity owns, dearest first: money without a name.
struct ListOrphanWorkloads: Action {
    let store: Store
    let currency: String
    let now: @Sendable () -> Timestamp

    struct Input: Sendable {
        let namespace: String?
        let cluster: String?
        let limit: Int
        let offset: Int
    }

    private static let defaultLimit = 20

    static let definition = ActionDefinition(
        plugin: "callboard", name: "list-orphan-workloads", title: "List workloads that nobody owns",
        description: """
            Lists the running Kubernetes workloads that no catalog entity claims, the dearest first, with what they cost \
            per hour and the total of all of them. Use it to find spend without an owner; to give a workload an owner, an \
            entity needs the annotation backstage.io/kubernetes-label-selector with a selector that its labels match.
            """,
        attributes: .readOnly, permissions: [.readWorkloads, .readCosts],
        input: Schema.object([
            "namespace": Schema.string("Only this Kubernetes namespace."),
            "cluster": Schema.string("Only this cluster."),
            "limit": Schema.integer(1...500, "Workloads a page; \(defaultLimit) when left out."),
            "cursor": OffsetCursor.schema,
        ]),
        output: Schema.object(
            [
                "asOf": Schema.string("When this was answered, RFC 3339."),
                "currency": Schema.string("ISO 4217 code of the amounts."),
                "totals": Schema.complete([
                    "workloads": Schema.count("All that nobody owns."),
                    "hourlyCost": Schema.number("What they cost an hour."),
                    "monthlyRunRate": Schema.number("What they cost in a month of 730 hours."),
                ]),
                "workloads": Schema.list(
                    Schema.complete(Self.itemSchema), "This page, the dearest first."),
                "nextCursor": OffsetCursor.nextSchema,
                "clusters": Output.clustersSchema,
                "notCovered": Output.notCoveredSchema,
            ], required: ["asOf", "currency", "totals", "workloads", "clusters", "notCovered"]), pagedList: "workloads")

    private static let itemSchema: JSONObject = {
        var schema = Output.workloadSchema
        schema["labels"] = Schema.anyObject("Its labels, to write a selector from.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            namespace: arguments["namespace"]?.stringValue, cluster: arguments["cluster"]?.stringValue,
            limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit,
            offset: try OffsetCursor.offset(arguments))
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let page = try await store.workloads.orphans(
            namespace: input.namespace, cluster: input.cluster, limit: input.limit, offset: input.offset)
        let hourly = Money(nanoDollars: page.hourlyCost)
        var output: JSONObject = [
            "asOf": Output.time(now()), "currency": .string(currency),
            "totals": [
                "workloads": .int(Int64(page.total)), "hourlyCost": Output.amount(hourly),
                "monthlyRunRate": Output.amount(Output.monthly(hourly)),
            ],
            "workloads": .array(page.items.map(Self.item)),
            "clusters": Output.clusters(try await store.workloads.clusters()), "notCovered": Output.notCovered,
        ]
        if !page.items.isEmpty {
            output["nextCursor"] = OffsetCursor.next(after: input.offset + page.items.count, of: page.total)
        }
        return .object(output)
    }

    private static func item(_ workload: WorkloadView) -> JSONValue {
        var item = Output.workload(workload)
        item["labels"] = workload.labels
        return .object(item)
    }
}
