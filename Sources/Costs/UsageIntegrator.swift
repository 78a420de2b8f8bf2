package import Base

/// Adds up what one workload reserves over time, hour by hour. Each observation holds until the next. Time is counted
/// in whole seconds, which is all that Kubernetes' own timestamps have: a change within a second counts from its start,
/// so no second is lost or counted twice. Prices come in afterwards, so that a price never rounds a second's cost.
///
/// A value without a clock: the caller says what time it is. Moments before one that was seen are ignored.
package struct UsageIntegrator: Sendable, Hashable {
    /// What is held from a moment on.
    struct Observation: Sendable, Hashable {
        var capacity: RequestedCapacity
        var pods: Int
    }

    /// The hour in progress; nil before the first observation.
    package private(set) var current: HourUsage?
    private var completed: [HourUsage] = []
    private var observation: Observation?

    /// Starts with the first observation.
    package init() {}

    /// Continues a stored hour after a restart. Nothing is known about the time between the bucket's `through` and the
    /// next `set`: it stays uncovered. To charge it, `set` the capacity at `through` first.
    package init(resuming stored: HourUsage) {
        current = stored
    }

    /// What is held from `moment` on. A moment that lies before one already seen counts as that one.
    /// - Parameter capacity: nil when it is not known any more; the time after it stays uncovered.
    package mutating func set(_ capacity: RequestedCapacity?, pods: Int = 0, at moment: Timestamp) {
        advance(to: moment)
        if current == nil { current = HourUsage(hour: moment, through: moment) }
        observation = capacity.map { Observation(capacity: $0, pods: pods) }
    }

    /// Counts what is held up to `moment`. Call it before reading `current`.
    package mutating func advance(to moment: Timestamp) {
        let moment = moment.startOfSecond
        while var bucket = current, bucket.through < moment {
            if observation == nil, moment >= bucket.end {
                // Hours of which nothing is known have no bucket.
                finish(bucket, next: moment)
            } else if moment >= bucket.end {
                bucket.advance(to: bucket.end, holding: observation)
                finish(bucket, next: bucket.end)
            } else {
                bucket.advance(to: moment, holding: observation)
                current = bucket
            }
        }
    }

    /// Takes the hours that are over, oldest first.
    package mutating func takeCompleted() -> [HourUsage] {
        defer { completed = [] }
        return completed
    }

    private mutating func finish(_ bucket: HourUsage, next: Timestamp) {
        if bucket.coveredSeconds > 0 { completed.append(bucket) }
        current = HourUsage(hour: next, through: next)
    }
}
