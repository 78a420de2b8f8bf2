/// Lets so many through at once, and after that one each period. Pure: the caller tells the time and waits.
struct TokenBucket: Sendable {
    private let period: Duration
    private let burst: Int
    /// When the bucket would be full if nothing more was taken.
    private var fullAt: Duration = .zero

    init(burst: Int, period: Duration) {
        self.burst = burst
        self.period = period
    }

    /// Takes the next place in the row.
    ///
    /// - Parameter limit: when the wait would be longer, no place is taken.
    /// - Returns: how long to wait for it; nil when that is longer than the limit.
    mutating func take(at now: Duration, limit: Duration) -> Duration? {
        let next = max(fullAt, now) + period
        let wait = max(.zero, next - now - period * burst)
        guard wait <= limit else { return nil }
        fullAt = next
        return wait
    }

    /// Whether one more may pass now.
    mutating func take(at now: Duration) -> Bool { take(at: now, limit: .zero) != nil }

    /// A full bucket need not be kept: a new one is the same.
    func isFull(at now: Duration) -> Bool { fullAt <= now }
}
