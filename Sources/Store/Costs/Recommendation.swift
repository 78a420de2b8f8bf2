package import Base
package import Costs
package import Matching

/// What a source recommends for a container: a row of `recommendation`.
package struct Recommendation: Sendable, Hashable {
    /// Who recommends. Rows of one do not touch those of another.
    package enum Source: String, Sendable, CaseIterable {
        /// Callboard, as the Vertical Pod Autoscaler computes.
        case vpa
        /// Callboard, as Robusta KRR computes.
        case krr
        case scaleops
    }

    /// Requests or limits of CPU and memory; nil: not set, or nothing is recommended.
    package struct Resources: Sendable, Hashable {
        /// In millicores.
        package var cpu: Int64?
        /// In bytes.
        package var memory: Int64?

        package init(cpu: Int64? = nil, memory: Int64? = nil) { (self.cpu, self.memory) = (cpu, memory) }
    }

    package let workloadID: Int
    /// Empty: of the workload as a whole.
    package let container: String
    package let source: Source
    package let sizingClass: SizingClass
    package var requests = Resources()
    package var limits = Resources()
    package var recommended = Resources()
    package var recommendedLimits = Resources()
    /// For all replicas and 730 hours; negative when following it costs more.
    package var monthlySaving: Money = .zero
    /// In days, of `SampleSpan`.
    package var confidence = 0.0
    package var reason = ""
    /// What it rests on.
    package var samples: Int64 = 0
    package var historySeconds: Int64 = 0
    package var details: JSONObject = [:]
    package let computedAt: Timestamp

    package init(
        workloadID: Int, container: String, source: Source, sizingClass: SizingClass, computedAt: Timestamp
    ) {
        self.workloadID = workloadID
        self.container = container
        self.source = source
        self.sizingClass = sizingClass
        self.computedAt = computedAt
    }
}

/// A container with what each source says of it.
package struct ContainerAdvice: Sendable {
    package let workload: WorkloadKey
    package let container: String
    /// Who owns the workload now, and who owns that entity.
    package let entityRef: String?
    package let ownerRef: String?
    package let recommendations: [Recommendation]
}

/// Which recommendations: all conditions that are given must hold.
package struct RecommendationQuery: Sendable {
    package var scope = CostScope.all
    package var minimumSaving: Money?
    package var sizing: String?
    package var source: String?
    /// One workload's alone.
    package var workload: Int?
    package var container: String?
    package var limit = 15
    package var offset = 0

    package init(scope: CostScope = .all) { self.scope = scope }
}

/// What could be saved by one source's word. Sources are never added up.
package struct SavingTotal: Sendable, Hashable {
    package let source: String
    /// Nil: of all owners; else who owns the entities, or "" where nobody does.
    package let ownerRef: String?
    package let containers: Int64
    /// Of what saves something.
    package let monthlySaving: Money
}

/// A page of containers, the one with the highest saving first.
package struct RecommendationPage: Sendable {
    package let containers: Int
    package let totals: [SavingTotal]
    package let items: [ContainerAdvice]
}
