internal import Base
internal import Catalog
internal import Costs
internal import Matching
internal import Store

/// What runs for an entity now.
struct GetEntityWorkloads: Action {
    let store: Store
    let currency: String
    let now: @Sendable () -> Timestamp

    struct Input: Sendable {
        let ref: EntityRef
        let limit: Int
    }

    private static let defaultLimit = 50

    static let definition = ActionDefinition(
        plugin: "callboard", name: "get-entity-workloads", title: "Get an entity's workloads",
        description: """
            Lists the Kubernetes workloads (Deployments, StatefulSets, DaemonSets, CronJobs, Jobs, Pods) that belong to a \
            catalog entity right now, with replicas, restarts, requested CPU and memory, and cost per hour, the dearest \
            first; how each fares (pods by phase, rollouts, OOM kills, why containers wait or ended) and what is wrong with \
            it, each problem with its severity and a proposed fix. Says by which annotation each was matched and who owns it when several entities match. When nothing \
            matches, selector.problem or an empty list tells why.
            """,
        attributes: .readOnly, permissions: [.readWorkloads, .readCosts],
        input: Schema.object(
            [
                "entityRef": EntityLookup.schema,
                "limit": Schema.integer(1...500, "Workloads to list; \(defaultLimit) when left out. Totals cover all."),
            ], required: ["entityRef"]),
        output: Schema.complete([
            "entityRef": Schema.string("The entity."),
            "asOf": Schema.string("When this was answered, RFC 3339."),
            "currency": Schema.string("ISO 4217 code of the amounts."),
            "selector": Schema.orNull(
                Schema.complete(
                    [
                        "rule": Schema.choice(["label-selector", "kubernetes-id"], "Which annotation selects."),
                        "text": Schema.string("Its value."),
                        "namespaces": Schema.list(["type": "string"], "Only these namespaces; empty: all."),
                        "clusters": Schema.list(["type": "string"], "Only these clusters; empty: all."),
                        "problem": Schema.orNull(
                            Schema.string("Why nothing matches; null while something does.")),
                    ], description: "Null when the entity has no annotation that selects workloads.")),
            "totals": Schema.complete([
                "workloads": Schema.count("Workloads that match."),
                "owned": Schema.count("Those of them that this entity owns."),
                "pods": Schema.count("Pods of the owned ones."),
                "problems": Schema.count("Problems of the owned ones."),
                "workloadsWithProblems": Schema.count("Owned ones that have problems."),
                "hourlyCost": Output.costSchema,
                "monthlyRunRate": Output.costSchema,
            ]),
            "workloads": Schema.list(Schema.complete(itemSchema), "The dearest first."),
            "omitted": Schema.count("Workloads that match and are not listed."),
            "clusters": Output.clustersSchema,
        ]))

    private static let itemSchema: JSONObject = {
        var schema = Output.workloadSchema
        schema["rule"] = Schema.string("Which annotation matched.")
        schema["matchedOn"] = Schema.choice(["workload", "template", "both"], "Whose labels matched.")
        schema["isOwner"] = Schema.flag("Whether its cost counts for this entity.")
        schema["ownerRef"] = Schema.orNull(Schema.string("The entity that owns it."))
        schema["problems"] = Schema.list(
            Output.problemSchema,
            "What is wrong, the worst first, at most \(ProblemList.maximum) of health.problemCount.")
        schema["since"] = Schema.string("Since when it belongs to the entity in this way, RFC 3339.")
        return schema
    }()

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            ref: try EntityLookup.ref(arguments), limit: arguments["limit"]?.intValue.map { Int($0) } ?? defaultLimit)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let entity = try await EntityLookup(store: store).entity(input.ref, for: caller)
        let links = try await store.workloads.workloads(of: entity.ref)
        let owned = links.filter(\.isOwner)
        let hourly = owned.reduce(ResourceCost.zero) { $0 + Output.hourlyCost($1.workload) }
        return [
            "entityRef": .string(entity.ref), "asOf": Output.time(now()), "currency": .string(currency),
            "selector": try await selector(entity.ref, matchesNothing: links.isEmpty),
            "totals": [
                "workloads": .int(Int64(links.count)), "owned": .int(Int64(owned.count)),
                "pods": .int(owned.reduce(0) { $0 + $1.workload.pods }),
                "problems": Output.count(owned.reduce(0) { $0 + $1.workload.facts.problems.count }),
                "workloadsWithProblems": Output.count(owned.count { $0.workload.facts.problems.count > 0 }),
                "hourlyCost": Output.cost(hourly),
                "monthlyRunRate": Output.cost(Output.monthly(hourly)),
            ],
            "workloads": .array(links.prefix(input.limit).map(Self.item)),
            "omitted": .int(Int64(max(0, links.count - input.limit))),
            "clusters": Output.clusters(try await store.workloads.clusters()),
        ]
    }

    private static func item(_ link: LinkView) -> JSONValue {
        var item = Output.workload(link.workload)
        item["rule"] = .string(link.rule)
        item["matchedOn"] = .string(link.matchedOn)
        item["isOwner"] = .bool(link.isOwner)
        item["ownerRef"] = link.ownerRef.map(JSONValue.string) ?? .null
        item["problems"] = .array(link.workload.facts.problems.worst.map(Output.problem))
        item["since"] = Output.time(link.since)
        return .object(item)
    }

    private func selector(_ ref: String, matchesNothing: Bool) async throws -> JSONValue {
        guard let stored = try await store.catalog.selectors(of: [ref]).first else { return .null }
        let claim = EntitySelector.make(
            ref: ref, labelSelector: stored.labelSelector, kubernetesID: stored.kubernetesID,
            namespaces: stored.namespaces, clusters: stored.clusters)
        var problem: JSONValue = matchesNothing ? "no workload matches this selector now" : .null
        if case .refused(let refusal) = claim { problem = .string(refusal.description) }
        return [
            "rule": stored.labelSelector == nil ? "kubernetes-id" : "label-selector",
            "text": .string(stored.labelSelector ?? stored.kubernetesID ?? ""),
            "namespaces": .array(stored.namespaces.map(JSONValue.string)),
            "clusters": .array(stored.clusters.map(JSONValue.string)), "problem": problem,
        ]
    }
}
