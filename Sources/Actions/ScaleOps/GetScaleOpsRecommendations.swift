internal import Base
internal import CostSources
internal import Costs

/// What ScaleOps would change at an entity's workloads.
struct GetScaleOpsRecommendations: Action {
    let reader: ScaleOpsReader
    let currency: String

    struct Input: Sendable {
        let common: ScaleOpsAnswer.Arguments
        let minimumSavings: Money
    }

    static let definition = ActionDefinition(
        plugin: "scaleops", name: "get_scaleops_recommendations_for_entity",
        title: "Get ScaleOps Optimization Recommendations for Entity",
        description: """
            Lists what ScaleOps would change at the Kubernetes workloads of a catalog entity, the urgent first: \
            those with too little CPU or memory, those with too much, and those that ScaleOps does not automate. \
            Says what they request, what is recommended (millicores, bytes) and what would be saved in about 30 \
            days. Use it for ScaleOps' advice alone; get-recommendations compares the sources.
            """,
        attributes: .readOnly, permissions: [.readScaleOps],
        input: ScaleOpsAnswer.inputSchema([
            "minSavingsThreshold": Schema.number(
                "Leaves out what saves less; 0 when left out. Never leaves out what has too little.")
        ]),
        output: ScaleOpsAnswer.outputSchema(
            "recommendations", row: rowSchema, "By priority, then what saves most.",
            summary: [
                "totalRecommendations": Schema.count("All of them."),
                "highPriority": Schema.count("Those that are urgent."),
                "totalPotentialSavings": Schema.number("Negative amounts included."),
            ]), pagedList: "recommendations")

    private static let rowSchema: JSONObject = [
        "workloadName": Schema.string("Its name."), "namespace": Schema.string("Its namespace."),
        "clusterName": Schema.string("As ScaleOps calls it."), "type": Schema.string("Its kind, such as Deployment."),
        "issue": Schema.choice(["under-provisioned", "over-provisioned", "not-automated"], "What is to be changed."),
        "currentCPU": Schema.orNull(Schema.number("Millicores.")),
        "recommendedCPU": Schema.orNull(Schema.number("Millicores.")),
        "currentMemory": Schema.orNull(Schema.number("Bytes.")),
        "recommendedMemory": Schema.orNull(Schema.number("Bytes.")),
        "savingsAvailable": Schema.orNull(
            Schema.number("In about 30 days; negative: what it lacks costs money.")),
        "automated": Schema.flag("Whether ScaleOps automates it."),
        "priority": Schema.choice(["high", "medium", "low"], "How much it matters."),
        "dashboardUrl": ScaleOpsAnswer.dashboardSchema, "isOwner": ScaleOpsAnswer.isOwnerSchema,
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let threshold = arguments["minSavingsThreshold"]?.doubleValue ?? 0
        guard let money = Money(dollars: threshold) else {
            throw ActionError(.input, "minSavingsThreshold: expected an amount of money, found \(threshold)")
        }
        return Input(common: try ScaleOpsAnswer.Arguments(arguments), minimumSavings: money)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let reading = try await reader.read(input.common.ref, live: input.common.isLive, for: caller)
        let entries = Dictionary(reading.entries.map { ($0.figures.place, $0) }) { first, _ in first }
        let found = ScaleOpsRecommendation.recommendations(
            for: reading.entries.map(\.figures), minimumSavings: input.minimumSavings
        ).compactMap { one in entries[one.workload.place].map { (one, $0) } }
        let page = ScaleOpsPage(found, input.common) { row($0.0, $0.1, reading) }
        return ScaleOpsAnswer.answer(
            reading, currency, "recommendations", page: page,
            summary: [
                "totalRecommendations": Output.count(found.count),
                "highPriority": Output.count(found.count { $0.0.priority == .high }),
                "totalPotentialSavings": Output.amount(
                    ScaleOpsAnswer.sum(found.map(\.0.workload.savingsAvailable))),
            ])
    }

    private func row(_ one: ScaleOpsRecommendation, _ entry: ScaleOpsEntry, _ reading: ScaleOpsReading) -> JSONValue {
        let workload = one.workload
        return [
            "workloadName": .string(workload.name), "namespace": .string(workload.namespace),
            "clusterName": .string(workload.cluster), "type": .string(workload.kind),
            "issue": .string(one.issue.rawValue), "currentCPU": ScaleOpsAnswer.number(workload.cpuRequest),
            "recommendedCPU": ScaleOpsAnswer.number(workload.recommendedCPU),
            "currentMemory": ScaleOpsAnswer.number(workload.memoryRequest),
            "recommendedMemory": ScaleOpsAnswer.number(workload.recommendedMemory),
            "savingsAvailable": ScaleOpsAnswer.money(workload.savingsAvailable),
            "automated": .bool(workload.isAutomated ?? false), "priority": .string(one.priority.rawValue),
            "dashboardUrl": reader.dashboardURL(entry, reading), "isOwner": .bool(entry.isOwner),
        ]
    }
}
