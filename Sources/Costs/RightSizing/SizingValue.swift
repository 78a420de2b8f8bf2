/// What a strategy says of one resource.
package enum SizingValue: Sendable, Hashable {
    /// So many millicores or bytes.
    case amount(Int64)
    /// That it should not be set, such as a CPU limit.
    case unset
    /// Nothing, for this reason.
    case undefined(SizingGap)

    /// The amount; nil when there is none.
    package var amount: Int64? {
        if case .amount(let amount) = self { amount } else { nil }
    }
}

/// Why there is no recommendation.
package enum SizingGap: String, Sendable, CaseIterable {
    /// No usage is known.
    case noData = "no-data"
    /// Too little of it is known.
    case tooFewPoints = "too-few-points"
    /// A HorizontalPodAutoscaler scales by this resource: another request would only change the number of pods.
    case autoscaled
}
