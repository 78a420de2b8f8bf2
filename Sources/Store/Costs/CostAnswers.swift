package import Base
package import Costs
package import Matching

/// An amount of money with what was had for it.
package struct CostSum: Sendable, Hashable {
    package var cost = ResourceCost.zero
    /// What it was charged for.
    package var requested = CapacityTime.zero
    /// What was used, as far as that is known; nil: of nothing. Hours whose use is unknown add nothing here, so compare it
    /// with what was requested only where all use is known.
    package var used: CapacityTime?
    /// How many workloads: of each entity (or orphans' namespace) as many as it had on its day with the most. Rows that stand
    /// for no workload, such as the idle rest of a node, count too.
    package var workloads: Int64 = 0

    /// The sum, bounded.
    package static func += (left: inout CostSum, right: CostSum) {
        left.cost += right.cost
        left.requested += right.requested
        if let used = right.used { left.used = (left.used ?? .zero) + used }
        left.workloads += right.workloads
    }
}

/// What a selection cost in a window.
package struct CostTotals: Sendable {
    package var sum = CostSum()
    /// Categories without cost are absent.
    package var byCategory: [CostCategory: CostSum] = [:]
}

/// One group of costs.
package struct CostGroup: Sendable {
    /// The value of the dimension; nil where there is none: no owner, no system. By workload:
    /// `cluster/namespace/kind/name`.
    package let key: String?
    /// By workload: which; nil by other dimensions.
    package let workload: WorkloadKey?
    package let sum: CostSum
    /// In the compared window; nil when none was asked for.
    package let before: ResourceCost?
}

/// A page of groups.
package struct CostGroups: Sendable {
    /// The dearest first; groups with a cost in the compared window alone are there too, at the end.
    package let groups: [CostGroup]
    /// How many there are on all pages.
    package let count: Int64
    /// Over all groups. Its workloads are those of the groups added up.
    package let total: CostSum
    /// In the compared window, over all groups; nil when none was asked for.
    package let totalBefore: ResourceCost?
}

/// A day's or an hour's cost.
package struct CostPoint: Sendable {
    /// Its start.
    package let at: Timestamp
    package let cost: ResourceCost
}

/// How much of the money has an owner.
package struct CostCoverage: Sendable, Hashable {
    package var owned = Money.zero
    package var orphan = Money.zero
    /// No workload's money, so no part of the share.
    package var idle = Money.zero
    package var unmounted = Money.zero
    package var unallocated = Money.zero

    package init() {}

    /// The money of all workloads.
    package var workloads: Money { owned + orphan }
    /// All of it.
    package var total: Money { CostCategory.allCases.reduce(.zero) { $0 + self[$1] } }

    package subscript(category: CostCategory) -> Money {
        get { self[keyPath: Self.part(category)] }
        set { self[keyPath: Self.part(category)] = newValue }
    }

    private static func part(_ category: CostCategory) -> WritableKeyPath<CostCoverage, Money> {
        switch category {
        case .owned: \.owned
        case .orphan: \.orphan
        case .idle: \.idle
        case .unmounted: \.unmounted
        case .unallocated: \.unallocated
        }
    }

    /// The sum of both.
    package static func + (left: CostCoverage, right: CostCoverage) -> CostCoverage {
        CostCategory.allCases.reduce(into: left) { $0[$1] += right[$1] }
    }
}

/// How a source fared with a cluster.
package struct CostFreshness: Sendable {
    package let source: CostSource
    package let cluster: String
    /// Costs are complete up to here; nil: there are none yet.
    package let through: Timestamp?
    /// When the source was last asked; nil for the estimate, which is asked nothing.
    package let askedAt: Timestamp?
    /// Why it did not answer then; nil: it did.
    package let error: String?
    /// Rows of its last answer that no workload could be found for, and rows that could not be read.
    package let unmatched: Int64
    package let malformed: Int64
    /// Whether it counts for the cluster where no source is named.
    package let isPrimary: Bool
}

/// Hours that a source says nothing about, although it does about earlier and later ones.
package struct CostGap: Sendable, Hashable {
    package let source: CostSource
    package let cluster: String
    package let from: Timestamp
    /// Not included.
    package let to: Timestamp
}

/// What one workload cost in a window, as far as it belonged to the entity that was asked for.
package struct WorkloadCost: Sendable {
    package let key: WorkloadKey
    package let cost: ResourceCost
    package let use: CapacityTime
    /// What it used, as far as that is known; nil: unknown.
    package let used: CapacityTime?
    /// Hours of the window that have a row.
    package let hours: Int64
    /// False when the workload is gone by now.
    package let isPresent: Bool
}
