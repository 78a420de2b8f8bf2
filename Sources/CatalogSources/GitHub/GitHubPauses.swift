internal import Base

/// Decides how long to wait between two looks.
struct GitHubPauses {
    private let frequency: Duration
    private var backoff: Backoff

    /// The longest time between two attempts after a failure.
    private static let maximum: Duration = .seconds(300)

    init(_ schedule: PollSchedule) {
        frequency = schedule.frequency
        backoff = Backoff(
            initial: min(.seconds(10), frequency), factor: 2, maximum: min(Self.maximum, frequency), jitter: 0.2)
    }

    /// - Parameter failure: of the look that has just ended; nil: it came to its end.
    mutating func next(after failure: (any Error)?, now: Timestamp) -> Duration {
        guard let failure else {
            backoff.reset()
            return frequency
        }
        // Asking before would count against us.
        if let until = (failure as? GitHubError)?.until { return .seconds(max(until.secondsSince(now), 1)) }
        var generator = SystemRandomNumberGenerator()
        return backoff.next(using: &generator)
    }
}
