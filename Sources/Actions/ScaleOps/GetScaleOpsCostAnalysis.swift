internal import Base
internal import CostSources
internal import Costs

/// What an entity's workloads cost by ScaleOps' report.
struct GetScaleOpsCostAnalysis: Action {
    let reader: ScaleOpsReader
    let currency: String

    struct Input: Sendable {
        let common: ScaleOpsAnswer.Arguments
        let range: ScaleOpsRange
    }

    /// A workload with its cost, or why there is none.
    private struct Item {
        let entry: ScaleOpsEntry
        let cost: ScaleOpsCost?
        let error: String?
    }

    static let definition = ActionDefinition(
        plugin: "scaleops", name: "get_scaleops_cost_analysis_for_entity",
        title: "Get ScaleOps Cost Analysis for Entity",
        description: """
            Tells what the Kubernetes workloads of a catalog entity cost by ScaleOps' cost report of the last 7, 30 \
            or 90 days: total, per hour, on spot and on-demand nodes, and what could be saved. 7d is answered from \
            what ScaleOps said last, the longer ranges by asking it now. These are ScaleOps' figures, never added to \
            Callboard's own (callboard_get_entity_cost). Use it when somebody asks for ScaleOps' word on a service's \
            cost.
            """,
        attributes: .readOnly, permissions: [.readScaleOps],
        input: ScaleOpsAnswer.inputSchema([
            "range": Schema.choice(
                ScaleOpsRange.allCases.map(\.rawValue), "How far ScaleOps looks back; 7d when left out.")
        ]),
        output: ScaleOpsAnswer.outputSchema(
            "costAnalysis", row: rowSchema, "The dearest first; those without a known cost at the end.",
            summary: [
                "totalCost": Schema.number("Over the range."),
                "totalHourlyCost": Schema.number("What all of them cost an hour."),
                "averageHourlyCost": Schema.number("The same for each workload on average."),
                "totalSavingsAvailable": Schema.number("Over the range."),
                "workloadsWithoutCost": Schema.count("Workloads of whose cost nothing is known; not in the totals."),
            ], more: ["range": Schema.string("The range of the report.")]), pagedList: "costAnalysis")

    private static let rowSchema: JSONObject = [
        "workloadName": Schema.string("Its name."), "clusterName": Schema.string("As ScaleOps calls it."),
        "namespace": Schema.string("Its namespace."), "type": Schema.string("Its kind, such as Deployment."),
        "totalCost": Schema.orNull(Schema.number("Over the range.")),
        "hourlyCost": Schema.orNull(
            Schema.number("For an hour; the total over the hours of the range where ScaleOps gives none.")),
        "spotPercent": Schema.orNull(Schema.number("Of 100.")),
        "onDemandPercent": Schema.orNull(Schema.number("Of 100.")),
        "savingsAvailable": Schema.orNull(Schema.number("Over the range.")),
        "dashboardUrl": ScaleOpsAnswer.dashboardSchema, "isOwner": ScaleOpsAnswer.isOwnerSchema,
        "error": Schema.orNull(Schema.string("Why its cost is not known.")),
    ]

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        Input(
            common: try ScaleOpsAnswer.Arguments(arguments),
            range: arguments["range"]?.stringValue.flatMap(ScaleOpsRange.init(rawValue:)) ?? .week)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        // Only the report of a week is kept.
        let isLive = input.common.isLive || input.range != .week
        let reading = try await reader.read(input.common.ref, live: isLive, for: caller)
        let items = try await isLive ? asked(reading, input.range) : Self.stored(reading)
        let dearest = items.sorted { left, right in
            (left.cost?.total ?? Money(nanoDollars: .min)) > (right.cost?.total ?? Money(nanoDollars: .min))
        }
        let page = ScaleOpsPage(dearest, input.common) { row($0, reading) }
        return ScaleOpsAnswer.answer(
            reading, currency, "costAnalysis", page: page, summary: Self.summary(items),
            more: ["range": .string(input.range.rawValue)])
    }

    private static func stored(_ reading: ScaleOpsReading) -> [Item] {
        reading.entries.map {
            Item(entry: $0, cost: $0.cost, error: $0.cost == nil ? "ScaleOps has told no cost of it" : nil)
        }
    }

    /// Asks for the costs of the entries, endpoint by endpoint.
    private func asked(_ reading: ScaleOpsReading, _ range: ScaleOpsRange) async throws -> [Item] {
        var costs: [WorkloadPlace: ScaleOpsCost] = [:]
        var failures: [ScaleOpsGroup: String] = [:]
        for (name, entries) in Dictionary(grouping: reading.entries, by: \.endpoint) {
            guard let client = reader.settings.endpoints.client(name) else { continue }
            let found = await client.costs(
                of: entries.map { Shared($0.figures) }, labels: reading.labels, range: range,
                atOnce: ScaleOpsAnswer.requestsAtOnce)
            for (workload, cost) in found.rows { costs[workload.place] = cost?.value }
            for (group, error) in found.failures { failures[group] = error.detail }
        }
        let items = reading.entries.map { entry in
            let cost = costs[entry.figures.place]
            let error = failures[entry.figures.group] ?? (cost == nil ? "ScaleOps knows no cost of it" : nil)
            return Item(entry: entry, cost: cost, error: error)
        }
        guard items.isEmpty || reading.entries.contains(where: { failures[$0.figures.group] == nil }) else {
            throw unavailable(Set(failures.values).sorted())
        }
        return items
    }

    private static func summary(_ items: [Item]) -> JSONValue {
        let known = items.compactMap(\.cost)
        let hourly = ScaleOpsAnswer.sum(known.map(\.hourly))
        return [
            "totalCost": Output.amount(ScaleOpsAnswer.sum(known.map(\.total))),
            "totalHourlyCost": Output.amount(hourly),
            "averageHourlyCost": Output.amount(hourly.scaled(by: 1, over: Int64(known.count)) ?? .zero),
            "totalSavingsAvailable": Output.amount(ScaleOpsAnswer.sum(known.map(\.savingsAvailable))),
            "workloadsWithoutCost": Output.count(items.count - known.count),
        ]
    }

    private func row(_ item: Item, _ reading: ScaleOpsReading) -> JSONValue {
        let (one, cost) = (item.entry.figures, item.cost)
        return [
            "workloadName": .string(one.name), "clusterName": .string(one.cluster), "namespace": .string(one.namespace),
            "type": .string(one.kind), "totalCost": ScaleOpsAnswer.money(cost?.total),
            "hourlyCost": ScaleOpsAnswer.money(cost?.hourly), "spotPercent": ScaleOpsAnswer.number(cost?.spotPercent),
            "onDemandPercent": ScaleOpsAnswer.number(cost?.onDemandPercent),
            "savingsAvailable": ScaleOpsAnswer.money(cost?.savingsAvailable),
            "dashboardUrl": reader.dashboardURL(item.entry, reading), "isOwner": .bool(item.entry.isOwner),
            "error": ScaleOpsAnswer.text(item.error),
        ]
    }
}
