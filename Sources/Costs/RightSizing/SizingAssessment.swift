/// What is to be said of a container's requests, why, and what a change is worth.
package struct SizingAssessment: Sendable, Hashable {
    /// The first class that holds.
    package let sizingClass: SizingClass
    /// What all replicas together would cost less in a month of 730 hours with the recommended requests; negative when
    /// they would cost more. Nil when a request or a recommendation is missing for both resources.
    package let monthlySaving: ResourceCost?
    /// How much the recommendation rests on.
    package let confidence: SizingConfidence
    /// One sentence with the numbers that decided.
    package let reason: String

    /// Judges by facts, prices and thresholds.
    package init(_ facts: SizingFacts, prices: PriceList, thresholds: SizingThresholds = SizingThresholds()) {
        let resources = facts.resources(trusting: thresholds.minimumConfidence)
        let saving = Self.saving(resources, replicas: facts.replicas, prices)
        let found = SizingFinding(facts, resources, saving: saving?.total, thresholds)
        sizingClass = found.sizingClass
        reason = found.reason
        monthlySaving = saving
        confidence = SizingConfidence(days: facts.confidence)
    }

    /// The price of what is requested above the recommendation. It is computed from the capacity and rounded once.
    private static func saving(
        _ resources: [SizingFacts.Resource], replicas: Int64, _ prices: PriceList
    ) -> ResourceCost? {
        var saved = RequestedCapacity.zero
        var isKnown = false
        for resource in resources {
            guard let request = resource.request, let recommended = resource.recommended else { continue }
            let amount = request.subtractingSaturating(recommended).multipliedSaturating(by: replicas)
            if resource.kind == .cpu { saved.cpuMillicores = amount } else { saved.memoryBytes = amount }
            isKnown = true
        }
        return isKnown ? prices.monthlyRunRate(of: saved) : nil
    }
}

/// How much a recommendation rests on.
package struct SizingConfidence: Sendable, Hashable {
    /// For those who do not count days.
    package enum Level: String, Sendable { case low, medium, high }

    /// Days of samples at one a minute.
    package let days: Double
    /// Low below a day, high from a week on, which has seen every weekday.
    package var level: Level { days < 1 ? .low : days < 7 ? .medium : .high }

    /// Takes days.
    package init(days: Double) {
        self.days = days
    }
}
