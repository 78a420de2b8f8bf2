internal import Base
internal import Costs
internal import Store

// Sums, changes and shares of costs, in the answers of all actions.
extension Output {
    /// What something cost and what was had for it.
    static func sum(_ sum: CostSum) -> JSONValue {
        [
            "cost": cost(sum.cost), "cpuCoreHours": .double(sum.requested.coreHours),
            "memoryGiBHours": .double(sum.requested.gibibyteHours),
            "cpuUsedCoreHours": sum.used.map { .double($0.coreHours) } ?? .null,
            "memoryUsedGiBHours": sum.used.map { .double($0.gibibyteHours) } ?? .null,
            "workloads": .int(sum.workloads),
        ]
    }

    static let sumSchema = Schema.complete(
        [
            "cost": costSchema, "cpuCoreHours": Schema.number("Core-hours charged for."),
            "memoryGiBHours": Schema.number("GiB-hours charged for."),
            "cpuUsedCoreHours": Schema.orNull(Schema.number("Core-hours used, as far as known; null: not known.")),
            "memoryUsedGiBHours": Schema.orNull(Schema.number("GiB-hours used, as far as known; null: not known.")),
            "workloads": Schema.count("Workloads, or rests of nodes and volumes."),
        ], description: "Recorded in the window.")

    /// A cost beside that of an earlier window.
    static func change(_ cost: Money, from earlier: Money) -> JSONObject {
        let difference = cost - earlier
        return [
            "previousCost": amount(earlier), "difference": amount(difference),
            "ratio": earlier > .zero ? .double(difference.dollars / earlier.dollars) : .null,
        ]
    }

    static let changeSchemas: JSONObject = [
        "previousCost": Schema.number("Total of the window that it is compared with."),
        "difference": Schema.number("By how much the cost rose; negative when it fell."),
        "ratio": Schema.orNull(Schema.number("The difference as a share of the previous cost; null without one.")),
    ]

    /// Null when the whole is nothing.
    static func share(_ part: Money, of whole: Money) -> JSONValue {
        whole > .zero ? .double(part.dollars / whole.dollars) : .null
    }
}
