/// Knows at every moment which entities match which workloads and who owns each, and says what a change on either side
/// did. Workloads wait under their labels for selectors, selectors under one well-chosen term for workloads, so that
/// a change costs what it matches and not the number of entities.
///
/// A value without I/O or clock; whoever holds it serialises access. Results do not depend on the order in which
/// workloads and selectors arrived.
package struct MatchIndex: Sendable {
    typealias WorkloadID = Int32
    typealias SelectorID = Int32

    struct StoredLink: Sendable, Hashable {
        let selector: SelectorID
        let matchedOn: MatchedOn
        var isOwner = false
    }

    struct WorkloadEntry: Sendable {
        var key: WorkloadKey
        var labels: Labels
        var templateLabels: Labels?
        /// Own and template labels in one list; labels with the same key stand beside each other.
        var carried: [CarriedLabel] = []
        /// By selector.
        var links: [StoredLink] = []

        /// The label sets that it has.
        var sides: MatchedOn { templateLabels == nil ? .workload : .both }
    }

    struct SelectorEntry: Sendable {
        /// Nil in a vacant slot.
        var definition: EntitySelector?
        var anchor = Anchor.residual
        /// The workloads that it matches.
        var workloads: Set<WorkloadID> = []
    }

    var table = LabelTable()
    var workloads = Slots<WorkloadEntry>(vacant: WorkloadEntry(key: .none, labels: [:]))
    var workloadIDs: [WorkloadKey: WorkloadID] = [:]
    var selectors = Slots<SelectorEntry>(vacant: SelectorEntry())
    var selectorIDs: [String: SelectorID] = [:]
    /// The terms of each selector, by its id; apart from `selectors` because every event reads them.
    var compiled: [CompiledSelector] = []
    var glances: [CompiledSelector.Glance?] = []
    var pairPostings: [AnchorPosting] = []
    var keyPostings: [AnchorPosting] = []
    var residual = AnchorPosting()

    /// An index of nothing.
    package init() {}

    /// How many workloads it knows.
    package var workloadCount: Int { workloadIDs.count }
    /// How many entities have a selector in it.
    package var selectorCount: Int { selectorIDs.count }
    /// How many selectors have no positive term, such as `!a` or `a!=b`. Every workload event in their scope pays
    /// for each of them, so this is a metric to watch.
    package private(set) var residualCount = 0

    /// Counts a selector in or out of the residual list.
    mutating func countResidual(_ anchor: Anchor, _ step: Int) {
        if anchor == .residual { residualCount += step }
    }
}

extension WorkloadKey {
    fileprivate static let none = WorkloadKey(cluster: "", kind: "", namespace: "", name: "")
}
