internal import Base
internal import CostSources
internal import Costs

/// Where an entity's workloads send to, and what that costs.
struct GetScaleOpsNetworkUsage: Action {
    let reader: ScaleOpsReader
    let currency: String

    struct Input: Sendable {
        let common: ScaleOpsAnswer.Arguments
        let workloadName: String?
        let seconds: Int64
        let destinations: Int
    }

    /// A workload with where it sent to.
    private struct Item {
        let entry: ScaleOpsEntry
        /// Nil: ScaleOps could not say.
        var isEnabled: Bool?
        var destinations: [ScaleOpsNetworkDestination] = []
        var error: String?
    }

    private static let defaultHours = 24.0
    private static let maximumHours = 2_160.0
    private static let defaultDestinations = 20

    static let definition = ActionDefinition(
        plugin: "scaleops", name: "get_scaleops_network_usage_for_entity",
        title: "Get ScaleOps Network Usage for a Backstage Entity",
        description: """
            Asks ScaleOps now where the Kubernetes workloads of a catalog entity sent to, how many bytes, and what \
            that cost, within zones and across them. The answer tells apart clusters whose network costs ScaleOps \
            does not follow (networkCostEnabled false) from those that it could not tell of (error). Use it when \
            traffic is suspected to be dear.
            """,
        attributes: .readOnly, permissions: [.readScaleOps],
        input: ScaleOpsAnswer.inputSchema([
            "workloadName": Schema.string("Only the workloads of this name."),
            "timeRangeHours": [
                "type": "number", "exclusiveMinimum": 0, "maximum": .double(maximumHours),
                "description": "How far to look back; 24 when left out.",
            ],
            "destinations": Schema.integer(
                1...500, "Destinations of each workload; \(defaultDestinations) when left out. Totals cover all."),
        ]),
        output: ScaleOpsAnswer.outputSchema(
            "workloadNetworkData", row: rowSchema, "By cluster, namespace, kind and name.",
            summary: [
                "totalWorkloads": Schema.count("All of them."),
                "totalNetworkCost": Schema.number("Of the workloads of this page."),
                "totalTraffic": Schema.number("Bytes, of the workloads of this page."),
            ]), pagedList: "workloadNetworkData")

    private static let rowSchema: JSONObject = [
        "workloadName": Schema.string("Its name."), "clusterName": Schema.string("As ScaleOps calls it."),
        "namespace": Schema.string("Its namespace."), "type": Schema.string("Its kind, such as Deployment."),
        "networkCostEnabled": Schema.orNull(
            Schema.flag("Whether ScaleOps follows network costs there; null: it could not tell.")),
        "destinations": Schema.list(
            Schema.complete([
                "Name": Schema.string("Where it sent to."),
                "Namespace": Schema.orNull(Schema.string("Its namespace.")),
                "WorkloadType": Schema.orNull(Schema.string("Its kind, as ScaleOps writes it.")),
                "replicas": Schema.orNull(Schema.number("How many there are.")), "totalCost": flowSchema,
                "intraAZCost": flowSchema, "crossAZCost": flowSchema, "totalTraffic": flowSchema,
                "intraAZTraffic": flowSchema, "crossAZTraffic": flowSchema,
            ]), "The dearest first. Costs are amounts of money, traffic is in bytes."),
        "omittedDestinations": Schema.count("Destinations that are not listed."),
        "dashboardUrl": ScaleOpsAnswer.dashboardSchema, "isOwner": ScaleOpsAnswer.isOwnerSchema,
        "error": Schema.orNull(Schema.string("Why nothing is known.")),
    ]

    private static let flowSchema = Schema.orNull(
        Schema.complete([
            "total": Schema.orNull(Schema.number("Both ways.")),
            "egress": Schema.orNull(Schema.number("Sent.")),
            "ingress": Schema.orNull(Schema.number("Received.")),
        ]))

    static func input(_ arguments: JSONObject) throws(ActionError) -> Input {
        let hours = arguments["timeRangeHours"]?.doubleValue ?? defaultHours
        return Input(
            common: try ScaleOpsAnswer.Arguments(arguments), workloadName: arguments["workloadName"]?.stringValue,
            seconds: max(1, Int64(min(hours, maximumHours) * 3_600)),
            destinations: arguments["destinations"]?.intValue.map { Int($0) } ?? defaultDestinations)
    }

    func run(_ input: Input, for caller: Caller) async throws -> JSONValue {
        var reading = try await reader.read(input.common.ref, live: input.common.isLive, for: caller)
        try reading.keep(named: input.workloadName, of: input.common.ref)
        let now = reader.now()
        let shown = Array(reading.entries.dropFirst(input.common.offset).prefix(input.common.limit))
        let items = try await ask(shown, from: now.adding(seconds: -input.seconds), to: now)
        let found = Dictionary(items.map { ($0.entry.figures.place, $0) }) { first, _ in first }
        let page = ScaleOpsPage(reading.entries, input.common) { entry in
            row(found[entry.figures.place] ?? Item(entry: entry), reading, input.destinations)
        }
        let all = items.flatMap(\.destinations)
        return ScaleOpsAnswer.answer(
            reading, currency, "workloadNetworkData", page: page,
            summary: [
                "totalWorkloads": Output.count(reading.entries.count),
                "totalNetworkCost": Output.amount(ScaleOpsAnswer.sum(all.map { $0.totalCost?.total })),
                "totalTraffic": .double(all.reduce(0) { $0 + ($1.totalTraffic?.total ?? 0) }),
            ])
    }

    /// Asks each endpoint once for which clusters it follows, and then about each workload there.
    ///
    /// - Throws: `ActionError` when it can say nothing of any.
    private func ask(_ entries: [ScaleOpsEntry], from: Timestamp, to: Timestamp) async throws -> [Item] {
        var items: [Item] = []
        for (name, entries) in Dictionary(grouping: entries, by: \.endpoint) {
            guard let client = reader.settings.endpoints.client(name) else {
                items += entries.map { Item(entry: $0, error: "the ScaleOps \(name) is configured no more") }
                continue
            }
            do {
                let enabled = try await client.clustersWithNetworkCosts()
                let followed = entries.filter { enabled.contains($0.figures.cluster) }
                items += entries.filter { !enabled.contains($0.figures.cluster) }.map {
                    Item(entry: $0, isEnabled: false)
                }
                items += await destinations(of: followed, client, from, to)
            } catch {
                items += entries.map { Item(entry: $0, error: error.detail) }
            }
        }
        guard items.isEmpty || items.contains(where: { $0.error == nil }) else {
            throw unavailable(Set(items.compactMap(\.error)).sorted())
        }
        return items
    }

    private func destinations(
        of entries: [ScaleOpsEntry], _ client: ScaleOpsClient, _ from: Timestamp, _ to: Timestamp
    ) async -> [Item] {
        let answers = await concurrently(entries, atOnce: ScaleOpsAnswer.requestsAtOnce) {
            entry async throws(ScaleOpsError) in
            try await client.networkDestinations(of: entry.figures, from: from, to: to).items
        }
        return zip(entries, answers).map { entry, answer in
            switch answer {
            case .success(let found): Item(entry: entry, isEnabled: true, destinations: found)
            case .failure(let error): Item(entry: entry, isEnabled: true, error: error.detail)
            }
        }
    }

    private func row(_ item: Item, _ reading: ScaleOpsReading, _ limit: Int) -> JSONValue {
        let one = item.entry.figures
        let dearest = item.destinations.sorted { left, right in
            (left.totalCost?.total ?? .zero) > (right.totalCost?.total ?? .zero)
        }
        return [
            "workloadName": .string(one.name), "clusterName": .string(one.cluster), "namespace": .string(one.namespace),
            "type": .string(one.kind), "networkCostEnabled": ScaleOpsAnswer.flag(item.isEnabled),
            "destinations": .array(dearest.prefix(limit).map(Self.destination)),
            "omittedDestinations": Output.count(max(0, dearest.count - limit)),
            "dashboardUrl": reader.dashboardURL(item.entry, reading), "isOwner": .bool(item.entry.isOwner),
            "error": ScaleOpsAnswer.text(item.error),
        ]
    }

    private static func destination(_ one: ScaleOpsNetworkDestination) -> JSONValue {
        [
            "Name": .string(one.name), "Namespace": ScaleOpsAnswer.text(one.namespace),
            "WorkloadType": ScaleOpsAnswer.text(one.kind), "replicas": ScaleOpsAnswer.number(one.replicas),
            "totalCost": flow(one.totalCost, ScaleOpsAnswer.money),
            "intraAZCost": flow(one.costWithinZone, ScaleOpsAnswer.money),
            "crossAZCost": flow(one.costAcrossZones, ScaleOpsAnswer.money),
            "totalTraffic": flow(one.totalTraffic, ScaleOpsAnswer.number),
            "intraAZTraffic": flow(one.trafficWithinZone, ScaleOpsAnswer.number),
            "crossAZTraffic": flow(one.trafficAcrossZones, ScaleOpsAnswer.number),
        ]
    }

    private static func flow<Amount>(
        _ flow: ScaleOpsNetworkDestination.Flow<Amount>?, _ value: (Amount?) -> JSONValue
    ) -> JSONValue {
        guard let flow else { return .null }
        return ["total": value(flow.total), "egress": value(flow.egress), "ingress": value(flow.ingress)]
    }
}
