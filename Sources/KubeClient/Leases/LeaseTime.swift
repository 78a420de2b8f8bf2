package import Base

/// The clocks of leader election: one that never jumps, for every decision, and the time of day, for people who read
/// leases.
package struct LeaseTime: Sendable {
    /// Since this value was made.
    package let elapsed: @Sendable () -> Duration
    package let sleep: @Sendable (Duration) async throws -> Void
    package let timeOfDay: @Sendable () -> Timestamp

    package init(
        clock: some Clock<Duration> = ContinuousClock(), timeOfDay: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        self.timeOfDay = timeOfDay
    }
}
