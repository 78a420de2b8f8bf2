package import Base
package import Costs
package import Matching

/// What a source says that a container should request; a container without a name is the workload as a whole.
package struct Recommendation: Sendable {
    /// CPU and memory of one pod; nil: none, or not known.
    package struct Amounts: Sendable, Hashable {
        package let millicores: Int64?
        package let bytes: Int64?
    }

    /// vpa, krr, scaleops
    package let source: String
    /// A raw value of `SizingClass`.
    package let sizing: String
    package let request: Amounts
    package let limit: Amounts
    package let recommended: Amounts
    package let recommendedLimit: Amounts
    /// For all replicas and 730 hours; negative when following it costs more.
    package let monthlySaving: Money
    /// In days: how much it rests on.
    package let confidence: Double
    package let reason: String
    package let samples: Int64
    package let historySeconds: Int64
    package let details: JSONValue
    package let computedAt: Timestamp
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

    package init() {}
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
