/// What money goes to.
package enum CostCategory: String, Sendable, CaseIterable {
    /// To a workload that an entity owns.
    case owned
    /// To a workload that no entity claims.
    case orphan
    /// To what of a node nobody is charged for.
    case idle
    /// To a volume that no pod uses.
    case unmounted
    /// To what a source could not say more about.
    case unallocated
}

/// Which costs: all conditions that are given must hold. Who owned what is as of the day that the cost arose.
package struct CostSelection: Sendable, Hashable {
    /// The entities that own the workloads; nil: any, and nobody.
    package var entityRefs: [String]?
    /// Refs of who owns that entity, of its system, and of its domain, each in full form and lower case.
    package var owner: String?
    package var system: String?
    package var domain: String?
    /// Of that entity; the kind in lower case.
    package var entityKind: String?
    package var entityType: String?
    package var lifecycle: String?
    /// Of the workload.
    package var namespace: String?
    package var cluster: String?
    package var category: CostCategory?
    /// Nil: of each cluster its primary source (`CostStore.setPrimary`). Sources are never added up.
    package var source: CostSource?

    /// Everything, by the primary sources.
    package init() {}

    /// Whether it leaves out nothing but sources and whole clusters.
    var isOfClusters: Bool {
        var other = self
        other.cluster = nil
        return other.isEverything
    }

    /// Whether it may well mean most workloads.
    var isBroad: Bool { entityRefs == nil && owner == nil && system == nil && domain == nil && namespace == nil }

    /// Whether it leaves out nothing but sources.
    var isEverything: Bool {
        var other = self
        other.source = nil
        return other == CostSelection()
    }
}

/// What costs are grouped by.
package enum CostDimension: String, Sendable, CaseIterable {
    /// Refs as of the day: the entity that owns the workload, its owner, its system, its domain. Nil: there is none.
    case entity, owner, system, domain
    /// Of the entity.
    case type, lifecycle, kind
    /// The namespace's name, over all selected clusters; nil for what lies in none.
    case namespace
    case cluster
    /// A raw value of `CostCategory`.
    case category
    /// `CostGroup.workload` says which.
    case workload
    /// UTC, `2026-10-01`.
    case day
}
