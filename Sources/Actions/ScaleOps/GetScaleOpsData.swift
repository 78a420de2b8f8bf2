internal import Base
internal import CostSources

/// What ScaleOps says of an entity's workloads.
struct GetScaleOpsData: Action {
    let reader: ScaleOpsReader
    let currency: String

    typealias Input = ScaleOpsAnswer.Arguments

    static let definition = ActionDefinition(
        plugin: "scaleops", name: "get_scaleops_data_for_entity", title: "Get ScaleOps Data for Backstage Entity",
        description: """
            Tells what ScaleOps says of the Kubernetes workloads of a catalog entity: requested and recommended CPU \
            (millicores) and memory (bytes), whether ScaleOps automates them and by which policy, whether they have \
            too little or too much, and what could be saved in about 30 days. Fields that ScaleOps does not fill are \
            null. Use it to learn whether ScaleOps manages a service and how well its requests fit.
            """,
        attributes: .readOnly, permissions: [.readScaleOps], input: ScaleOpsAnswer.inputSchema(),
        output: ScaleOpsAnswer.outputSchema(
            "workloads", row: rowSchema, "By cluster, namespace, kind and name.",
            summary: [
                "totalWorkloads": Schema.count("Workloads that ScaleOps knows."),
                "totalSavingsAvailable": Schema.number("Negative amounts included."),
                "totalActiveSavings": Schema.number("Already had."),
                "automatedWorkloads": Schema.count("Those that ScaleOps automates."),
                "overProvisionedCount": Schema.count("Those that have too much."),
                "underProvisionedCount": Schema.count("Those that have too little."),
            ]), pagedList: "workloads")

    private static let rowSchema: JSONObject = [
        "clusterName": Schema.string("As ScaleOps calls it."), "namespace": Schema.string("Its namespace."),
        "workloadName": Schema.string("Its name."), "type": Schema.string("Its kind, such as Deployment."),
        "policyName": Schema.orNull(Schema.string("Of ScaleOps.")),
        "auto": Schema.orNull(Schema.flag("Whether ScaleOps automates it.")),
        "cpuRequests": Schema.orNull(Schema.number("Millicores.")),
        "memRequests": Schema.orNull(Schema.number("Bytes.")),
        "cpuRecommended": Schema.orNull(Schema.number("Millicores.")),
        "memRecommended": Schema.orNull(Schema.number("Bytes.")),
        "isUnderProvisioned": Schema.orNull(Schema.flag("It has too little.")),
        "isOverProvisioned": Schema.orNull(Schema.flag("It has too much.")),
        "savingsAvailable": Schema.orNull(
            Schema.number("In about 30 days; negative: what it lacks costs money.")),
        "activeSavings": Schema.orNull(Schema.number("Already had.")),
        "dashboardUrl": ScaleOpsAnswer.dashboardSchema, "isOwner": ScaleOpsAnswer.isOwnerSchema,
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input { try Input(arguments) }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        let reading = try await reader.read(input.ref, live: input.isLive, for: caller)
        let page = ScaleOpsPage(reading.entries, input) { row($0, reading) }
        let all = reading.entries.map(\.figures)
        return ScaleOpsAnswer.answer(
            reading, currency, "workloads", page: page,
            summary: [
                "totalWorkloads": .int(Int64(all.count)),
                "totalSavingsAvailable": Output.amount(ScaleOpsAnswer.sum(all.map(\.savingsAvailable))),
                "totalActiveSavings": Output.amount(ScaleOpsAnswer.sum(all.map(\.activeSavings))),
                "automatedWorkloads": Output.count(all.count { $0.isAutomated ?? false }),
                "overProvisionedCount": Output.count(all.count { $0.isOverProvisioned ?? false }),
                "underProvisionedCount": Output.count(all.count { $0.isUnderProvisioned ?? false }),
            ])
    }

    private func row(_ entry: ScaleOpsEntry, _ reading: ScaleOpsReading) -> JSONValue {
        let one = entry.figures
        return [
            "clusterName": .string(one.cluster), "namespace": .string(one.namespace), "workloadName": .string(one.name),
            "type": .string(one.kind), "policyName": ScaleOpsAnswer.text(one.policyName),
            "auto": ScaleOpsAnswer.flag(one.isAutomated), "cpuRequests": ScaleOpsAnswer.number(one.cpuRequest),
            "memRequests": ScaleOpsAnswer.number(one.memoryRequest),
            "cpuRecommended": ScaleOpsAnswer.number(one.recommendedCPU),
            "memRecommended": ScaleOpsAnswer.number(one.recommendedMemory),
            "isUnderProvisioned": ScaleOpsAnswer.flag(one.isUnderProvisioned),
            "isOverProvisioned": ScaleOpsAnswer.flag(one.isOverProvisioned),
            "savingsAvailable": ScaleOpsAnswer.money(one.savingsAvailable),
            "activeSavings": ScaleOpsAnswer.money(one.activeSavings),
            "dashboardUrl": reader.dashboardURL(entry, reading), "isOwner": .bool(entry.isOwner),
        ]
    }
}
