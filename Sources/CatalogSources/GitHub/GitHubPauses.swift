internal import Base

/// Decides how long to wait between two looks.
struct GitHubPauses {
    private let frequency: PollSchedule.Frequency
    private var backoff: Backoff

    /// The longest time between two attempts after a failure.
    private static let maximum: Duration = .seconds(300)

    init(_ schedule: PollSchedule) {
        frequency = schedule.frequency
        var most = Self.maximum
        if case .every(let pause) = frequency { most = min(most, pause) }
        backoff = Backoff(initial: min(.seconds(10), most), factor: 2, maximum: most, jitter: 0.2)
    }

    /// - Parameter failure: of the look that has just ended; nil: it came to its end.
    mutating func next(after failure: (any Error)?, now: Timestamp) -> Duration {
        guard let failure else {
            backoff.reset()
            return regular(now)
        }
        // Asking before would count against us.
        if let until = (failure as? GitHubError)?.until { return .seconds(max(until.secondsSince(now), 1)) }
        var generator = SystemRandomNumberGenerator()
        return backoff.next(using: &generator)
    }

    private func regular(_ now: Timestamp) -> Duration {
        switch frequency {
        case .every(let pause): pause
        // One that never comes is refused where it is configured.
        case .cron(let times): .seconds(times.next(after: now)?.secondsSince(now) ?? 86_400)
        }
    }
}
