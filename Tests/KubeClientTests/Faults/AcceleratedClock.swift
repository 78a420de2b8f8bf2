import TestSupport

/// A clock on which time passes so many times faster, so that the waits of seconds between attempts cost little.
struct AcceleratedClock: Clock {
    private let start = ContinuousClock.now
    private let factor = 200

    var now: ManualClock.Instant { ManualClock.Instant(offset: start.duration(to: .now) * factor) }
    var minimumResolution: Duration { .nanoseconds(200) }

    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try await Task.sleep(until: start + deadline.offset / factor, clock: .continuous)
    }
}
