internal import Base
internal import Catalog
internal import CostSources
internal import Costs
internal import Store

/// What the five actions about ScaleOps have in common: arguments and parts of the answer.
enum ScaleOpsAnswer {
    /// What all of them are asked.
    struct Arguments: Sendable {
        let ref: EntityRef
        let isLive: Bool
        let limit: Int
        let offset: Int

        init(_ arguments: JSONObject) throws(ActionError) {
            ref = try EntityLookup.ref(arguments)
            isLive = arguments["live"]?.boolValue ?? false
            limit = arguments["limit"]?.intValue.map { Int($0) } ?? ScaleOpsAnswer.defaultLimit
            offset = try OffsetCursor.offset(arguments)
        }
    }

    private static let defaultLimit = 50
    /// Requests at once of one answer, so that others have turns too.
    static let requestsAtOnce = 4

    static func inputSchema(_ more: JSONObject = [:]) -> JSONValue {
        var properties: JSONObject = ["entityRef": EntityLookup.schema]
        for (name, schema) in more { properties[name] = schema }
        properties["live"] = Schema.flag(
            "Ask ScaleOps now instead of answering what it said last (asOf). False when left out.")
        properties["limit"] = Schema.integer(
            1...200, "Rows a page; \(defaultLimit) when left out. The summary covers all.")
        properties["cursor"] = OffsetCursor.schema
        return Schema.object(properties, required: ["entityRef"])
    }

    /// - Parameters:
    ///   - list: what the list of rows is called.
    ///   - row: the properties of each.
    static func outputSchema(
        _ list: String, row: JSONObject, _ description: String, summary: JSONObject, more: JSONObject = [:]
    ) -> JSONValue {
        var properties: JSONObject = [
            "entity": Schema.complete([
                "name": Schema.text("As it is written."), "namespace": Schema.text("Its namespace."),
                "kind": Schema.text("Such as Component."),
            ]),
            list: Schema.list(Schema.complete(row), description), "summary": Schema.complete(summary),
            "currency": Schema.string(
                "ISO 4217 code of the amounts, as configured here; ScaleOps does not say in which it counts."),
            "asOf": Schema.orNull(
                Schema.string(
                    "When ScaleOps said so, RFC 3339; of several clusters the oldest; null: it has not answered yet.")),
            "live": Schema.flag("Whether ScaleOps was asked for this answer."),
            "clusters": Schema.list(
                Schema.complete([
                    "name": Schema.string("Name of the cluster."),
                    "completeThrough": Schema.orNull(Schema.string("When ScaleOps last answered in full, RFC 3339.")),
                    "error": Schema.orNull(Schema.string("What was missing when it was asked last; null: nothing.")),
                    "unmatched": Schema.count("Rows of ScaleOps of which Callboard has no workload."),
                    "malformed": Schema.count("Rows and fields of ScaleOps that could not be read."),
                ]), "How ScaleOps fared when Callboard last asked it, for the clusters of the entity's workloads."),
            "notInScaleOps": Schema.count("Workloads of the entity that ScaleOps does not know."),
            "errors": Schema.list(["type": "string"], "Why rows may be missing: who did not answer now."),
        ]
        for (name, schema) in more { properties[name] = schema }
        let required = properties.keys
        properties["nextCursor"] = OffsetCursor.nextSchema
        return Schema.object(properties, required: required)
    }

    static func answer(
        _ reading: ScaleOpsReading, _ currency: String, _ list: String, page: ScaleOpsPage, summary: JSONValue,
        more: JSONObject = [:]
    ) -> JSONValue {
        var output: JSONObject = [
            "entity": reading.entity, list: .array(page.rows), "summary": summary, "currency": .string(currency),
            "asOf": Output.time(reading.asOf), "live": .bool(reading.isLive),
            "clusters": .array(
                reading.clusters.map { state in
                    [
                        "name": .string(state.cluster), "completeThrough": Output.time(state.through),
                        "error": text(state.error), "unmatched": .int(Int64(state.unmatched)),
                        "malformed": .int(Int64(state.malformed)),
                    ]
                }),
            "notInScaleOps": .int(Int64(reading.unknown)),
            "errors": .array(reading.failures.map(JSONValue.string)),
        ]
        for (name, value) in more { output[name] = value }
        output["nextCursor"] = page.next
        return .object(output)
    }

    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    static func number(_ number: Double?) -> JSONValue { number.map(JSONValue.double) ?? .null }
    static func money(_ money: Money?) -> JSONValue { money.map(Output.amount) ?? .null }
    static func flag(_ flag: Bool?) -> JSONValue { flag.map(JSONValue.bool) ?? .null }
    static func sum(_ amounts: some Sequence<Money?>) -> Money { amounts.reduce(.zero) { $0 + ($1 ?? .zero) } }

    static let dashboardSchema = Schema.orNull(
        Schema.string("Where ScaleOps shows it; null unless scaleops.linkToDashboard is set."))
    static let isOwnerSchema = Schema.flag("Whether its cost counts for this entity.")
}

/// Some of the rows of an answer.
struct ScaleOpsPage {
    let rows: [JSONValue]
    /// Nil at the end.
    let next: JSONValue?

    /// - Parameter row: makes the row of an item.
    init<Item>(_ items: [Item], _ arguments: ScaleOpsAnswer.Arguments, _ row: (Item) -> JSONValue) {
        let shown = items.dropFirst(arguments.offset).prefix(arguments.limit)
        rows = shown.map(row)
        next = shown.isEmpty ? nil : OffsetCursor.next(after: arguments.offset + shown.count, of: items.count)
    }
}

extension ScaleOpsReader {
    func dashboardURL(_ entry: ScaleOpsEntry, _ reading: ScaleOpsReading) -> JSONValue {
        let endpoint = settings.endpoints.client(entry.endpoint)?.endpoint
        return ScaleOpsAnswer.text(
            endpoint?.dashboardURL(workloadName: entry.figures.name, labels: reading.labels))
    }
}
