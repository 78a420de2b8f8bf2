package import Costs

/// What ScaleOps would change at a workload, and how much it matters.
package struct ScaleOpsRecommendation: Sendable, Equatable {
    package enum Issue: String, Sendable {
        case underProvisioned = "under-provisioned"
        case overProvisioned = "over-provisioned"
        case notAutomated = "not-automated"
    }

    package enum Priority: String, Sendable, CaseIterable, Comparable {
        case high, medium, low

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    package let workload: ScaleOpsWorkload
    package let issue: Issue
    package let priority: Priority

    /// Nil when there is nothing to change.
    init?(_ workload: ScaleOpsWorkload) {
        self.workload = workload
        let isAutomated = workload.isAutomated ?? false
        let isOver = workload.isOverProvisioned ?? false
        if workload.isUnderProvisioned ?? false {
            (issue, priority) = (.underProvisioned, .high)
        } else if isOver, !isAutomated {
            (issue, priority) = (.overProvisioned, .high)
        } else if !isAutomated {
            (issue, priority) = (.notAutomated, .medium)
        } else if isOver {
            (issue, priority) = (.overProvisioned, .low)
        } else {
            return nil
        }
    }

    /// The urgent ones first, in each priority those that save most.
    ///
    /// - Parameter minimumSavings: less than that is left out, but never a workload that has too little: mending it costs
    ///   money, and not mending it more.
    package static func recommendations(
        for workloads: [ScaleOpsWorkload], minimumSavings: Money = .zero
    ) -> [ScaleOpsRecommendation] {
        workloads.compactMap(ScaleOpsRecommendation.init)
            .filter { $0.issue == .underProvisioned || $0.savings >= minimumSavings }
            .sorted { left, right in
                if left.priority != right.priority { return left.priority < right.priority }
                if left.savings != right.savings { return left.savings > right.savings }
                return left.names.lexicographicallyPrecedes(right.names)
            }
    }

    private var savings: Money { workload.savingsAvailable ?? .zero }
    private var names: [String] { [workload.cluster, workload.namespace, workload.kind, workload.name] }
}
