/// Two recommendations for the same container side by side, such as a vendor's and ours: whoever sees two numbers asks
/// which one is right, and by how much it matters.
package struct RecommendationComparison: Sendable, Hashable {
    /// Ours.
    package let ours: RequestedCapacity
    /// The other source's.
    package let theirs: RequestedCapacity

    /// A tenth apart is agreement.
    package static let tolerance = 0.1

    /// Takes both.
    package init(ours: RequestedCapacity, theirs: RequestedCapacity) {
        self.ours = ours
        self.theirs = theirs
    }

    /// How far theirs lies above ours as a share of ours; negative when below. Nil when ours is zero and theirs is not.
    package func difference(in resource: NodeResource) -> Double? {
        let (ours, theirs) = (ours.amount(of: resource), theirs.amount(of: resource))
        if ours == theirs { return 0 }
        return ours > 0 ? (Double(theirs) - Double(ours)) / Double(ours) : nil
    }

    /// Resources of CPU and memory in which the two are more than the tolerance apart.
    package var disagreements: [NodeResource] {
        [.cpu, .memory].filter { resource in
            difference(in: resource).map { abs($0) > Self.tolerance } ?? true
        }
    }

    /// What following theirs would cost more in a month than following ours, for all replicas; negative when less.
    package func monthlyDifference(replicas: Int64, prices: PriceList) -> ResourceCost {
        func more(_ resource: NodeResource) -> Int64 {
            theirs.amount(of: resource).subtractingSaturating(ours.amount(of: resource))
                .multipliedSaturating(by: replicas)
        }
        return prices.monthlyRunRate(of: RequestedCapacity(cpuMillicores: more(.cpu), memoryBytes: more(.memory)))
    }
}
