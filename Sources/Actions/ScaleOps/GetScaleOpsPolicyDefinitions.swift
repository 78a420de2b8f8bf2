internal import Base
internal import CostSources

/// The policies of ScaleOps that an entity's workloads are under.
struct GetScaleOpsPolicyDefinitions: Action {
    let reader: ScaleOpsReader
    let currency: String

    struct Input: Sendable {
        let common: ScaleOpsAnswer.Arguments
        let workloadName: String?
    }

    /// Where a list of policies is asked for.
    private struct Place: Hashable {
        let endpoint: String
        let cluster: String
    }

    private typealias Policies = [Place: Result<[String: JSONValue], ActionError>]

    static let definition = ActionDefinition(
        plugin: "scaleops", name: "get_scaleops_policy_definitions_for_entity",
        title: "Get ScaleOps Policy Definitions for Entity Workloads",
        description: """
            Asks ScaleOps now for the policies that the Kubernetes workloads of a catalog entity are under, and \
            gives each policy's whole definition. Tells apart a policy that does not exist (policyDefinition null) \
            from one that ScaleOps could not be asked for (error). Use it to explain why ScaleOps recommends what it \
            does.
            """,
        attributes: .readOnly, permissions: [.readScaleOps],
        input: ScaleOpsAnswer.inputSchema(["workloadName": Schema.string("Only the workloads of this name.")]),
        output: ScaleOpsAnswer.outputSchema(
            "workloadPolicies", row: rowSchema, "By cluster, namespace, kind and name.",
            summary: [
                "totalWorkloads": Schema.count("All of them."),
                "workloadsWithPolicies": Schema.count("Those whose policy's definition was found."),
                "uniquePolicies": Schema.list(["type": "string"], "Names of policies, each once."),
            ]), pagedList: "workloadPolicies")

    private static let rowSchema: JSONObject = [
        "workloadName": Schema.string("Its name."), "clusterName": Schema.string("As ScaleOps calls it."),
        "namespace": Schema.string("Its namespace."), "type": Schema.string("Its kind, such as Deployment."),
        "policyName": Schema.string("N/A when it is under none."),
        "policyDefinition": Schema.orNull(Schema.anyObject("As ScaleOps has it.")),
        "isOwner": ScaleOpsAnswer.isOwnerSchema,
        "error": Schema.orNull(Schema.string("Why the definition is not known.")),
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(common: try ScaleOpsAnswer.Arguments(arguments), workloadName: arguments["workloadName"]?.stringValue)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        var reading = try await reader.read(input.common.ref, live: input.common.isLive, for: caller)
        try reading.keep(named: input.workloadName, of: input.common.ref)
        let policies = try await ask(reading.entries)
        let page = ScaleOpsPage(reading.entries, input.common) { Self.row($0, policies) }
        var seen: Set<String> = []
        let names = reading.entries.compactMap(\.figures.policyName).filter { seen.insert($0).inserted }
        let found = reading.entries.count { Self.definition(of: $0, policies).definition != nil }
        return ScaleOpsAnswer.answer(
            reading, currency, "workloadPolicies", page: page,
            summary: [
                "totalWorkloads": Output.count(reading.entries.count), "workloadsWithPolicies": Output.count(found),
                "uniquePolicies": .array(names.map(JSONValue.string)),
            ])
    }

    /// Asks once for each cluster with workloads under a policy.
    ///
    /// - Throws: `ActionError` when none of them could be asked.
    private func ask(_ entries: [ScaleOpsEntry]) async throws -> Policies {
        let places = Array(Set(entries.filter { $0.figures.policyName != nil }.map(Self.place)))
        let asked = places.compactMap { place in
            reader.settings.endpoints.client(place.endpoint).map { (place, $0) }
        }
        let answers = await concurrently(asked, atOnce: ScaleOpsAnswer.requestsAtOnce) {
            pair async throws(ScaleOpsError) in
            try await pair.1.policies(cluster: pair.0.cluster)
        }
        var found: Policies = [:]
        for (pair, answer) in zip(asked, answers) { found[pair.0] = answer.mapError { unavailable([$0.detail]) } }
        let errors = found.values.compactMap { answer in
            if case .failure(let error) = answer { error.message } else { nil }
        }
        guard errors.isEmpty || errors.count < found.count else { throw unavailable(Set(errors).sorted()) }
        return found
    }

    private static func place(_ entry: ScaleOpsEntry) -> Place {
        Place(endpoint: entry.endpoint, cluster: entry.figures.cluster)
    }

    private static func definition(
        of entry: ScaleOpsEntry, _ policies: Policies
    ) -> (definition: JSONValue?, error: String?) {
        guard let name = entry.figures.policyName else { return (nil, nil) }
        switch policies[place(entry)] {
        case .success(let all): return (all[name], nil)
        case .failure(let error): return (nil, error.message)
        case nil: return (nil, "the ScaleOps \(entry.endpoint) is configured no more")
        }
    }

    private static func row(_ entry: ScaleOpsEntry, _ policies: Policies) -> JSONValue {
        let (one, found) = (entry.figures, definition(of: entry, policies))
        return [
            "workloadName": .string(one.name), "clusterName": .string(one.cluster), "namespace": .string(one.namespace),
            "type": .string(one.kind), "policyName": .string(one.policyName ?? "N/A"),
            "policyDefinition": found.definition ?? .null, "isOwner": .bool(entry.isOwner),
            "error": ScaleOpsAnswer.text(found.error),
        ]
    }
}
