internal import Base
package import Costs
package import Matching

/// Who says what something cost: a row of `cost_source`.
package enum CostSource: Int64, Sendable, CaseIterable {
    /// Callboard's own, from requests, usage and prices.
    case estimate = 1
    case scaleops = 2
    case opencost = 3

    /// As in `cost_source`.
    package var name: String {
        switch self {
        case .estimate: "estimate"
        case .scaleops: "scaleops"
        case .opencost: "opencost"
        }
    }

    /// The source of this name; nil when there is none.
    package init?(name: String) {
        guard let source = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = source
    }
}

/// What one workload cost in one hour by one source.
package struct HourlyCost: Sendable {
    package let workloadID: Int
    /// What it was charged for, and how much of the hour that covers.
    package let usage: HourUsage
    package let cost: ResourceCost
    /// What it used, in the part of the hour for which that is known.
    package var used: CapacityTime?
    /// How long that part is.
    package var usedSeconds: Int64 = 0
    /// How the price is known; nil: as the source says.
    package var priceQuality: PriceQuality?

    package init(workloadID: Int, usage: HourUsage, cost: ResourceCost) {
        self.workloadID = workloadID
        self.usage = usage
        self.cost = cost
    }
}

extension WorkloadKey {
    /// What of a node nobody is charged for. Its row stands for no workload: see migration 11.
    package static func idle(node: String, cluster: String) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: "__idle__", namespace: "", name: node)
    }

    /// Whether its row stands for money that no workload is charged for.
    package var isRemainder: Bool { kind.hasPrefix("__") }
}
