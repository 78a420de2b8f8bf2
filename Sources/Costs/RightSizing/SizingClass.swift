/// What is to be said of a container's requests. The first that holds wins, in this order: safety before saving.
package enum SizingClass: String, Sendable, CaseIterable {
    /// Killed for lack of memory in the last 24 hours.
    case outOfMemory = "oom"
    /// Its CPU limit slows it down.
    case throttled
    /// It should request more.
    case under
    /// CPU or memory has no request, so the scheduler does not reserve it.
    case noRequest = "no-request"
    /// It should request less, and that saves money worth the effort.
    case over
    /// It hardly uses what it requests.
    case idle
    /// There would be a recommendation, but an autoscaler scales by the resource.
    case autoscaled = "hpa-skip"
    /// Too little is known.
    case insufficientData = "insufficient-data"
    /// Nothing is to be done.
    case ok
}

/// Where the classes begin.
package struct SizingThresholds: Sendable, Hashable {
    /// Recommended over requested, above which a container requests too little.
    package var under = 1.1
    /// Recommended over requested, below which it requests too much.
    package var over = 0.7
    /// What a change saves in a month at least to be worth it.
    package var minimumSaving = Money(nanoDollars: Decimal.unit)
    /// Used over requested, of CPU and of memory, below which it is idle.
    package var idle = 0.05
    /// Throttled periods over all periods, from which on it is throttled (the vendor ScaleOps warns from 0.6).
    package var throttled = 0.6
    /// Days of confidence that a recommendation must rest on: three hours, as KRR wants.
    package var minimumConfidence = 0.125

    /// Callboard's thresholds.
    package init() {}
}
