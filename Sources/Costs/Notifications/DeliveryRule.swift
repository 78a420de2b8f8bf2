package import Base

/// Decides what follows an attempt to deliver a notification. Pure.
package struct DeliveryRule: Sendable, Hashable {
    /// What an attempt led to.
    package enum Outcome: Sendable, Hashable {
        /// - Parameter retryAfter: seconds that the receiver asks for; nil: it does not.
        case answer(status: Int, retryAfter: Int64? = nil)
        /// There was no answer.
        case failure
        /// It cannot be sent at all.
        case unsendable
    }

    package enum Step: Sendable, Hashable {
        case delivered
        /// It is sent again then.
        case again(at: Timestamp)
        /// It is not sent any more, because of the answer or because it was tried for long enough.
        case giveUp
    }

    /// After so many attempts it is given up.
    package static let maximumAttempts = 50
    /// So long after it was decided it is given up, in seconds: three days.
    package static let maximumAge: Int64 = 3 * 86_400
    /// In seconds.
    private static let firstPause = 10.0
    private static let longestPause = 3_600.0
    /// A receiver that asks for more patience is asked again after this, in seconds.
    private static let longestWish: Int64 = 6 * 3_600

    /// - Parameters:
    ///   - attempts: how many there were, this one included.
    ///   - decidedAt: when the notification was written.
    ///   - share: 0–1, by which the pause is lengthened up to a fifth, so that receivers are not asked by all at once.
    package static func next(
        after outcome: Outcome, attempts: Int, decidedAt: Timestamp, now: Timestamp, share: Double
    ) -> Step {
        switch outcome {
        case .answer(let status, _) where (200...299).contains(status): return .delivered
        case .answer(let status, let wish) where status == 408 || status == 429 || status >= 500:
            return again(attempts, decidedAt, now, share, wish)
        case .failure: return again(attempts, decidedAt, now, share, nil)
        case .answer, .unsendable: return .giveUp
        }
    }

    private static func again(
        _ attempts: Int, _ decidedAt: Timestamp, _ now: Timestamp, _ share: Double, _ wish: Int64?
    ) -> Step {
        var pause = firstPause
        for _ in 1..<max(attempts, 1) where pause < longestPause { pause = min(pause * 2, longestPause) }
        let seconds = max(Int64(pause * (1 + 0.2 * share)), min(max(wish ?? 0, 0), longestWish))
        let moment = now.adding(seconds: seconds)
        guard attempts < maximumAttempts, moment <= decidedAt.adding(seconds: maximumAge) else { return .giveUp }
        return .again(at: moment)
    }
}
