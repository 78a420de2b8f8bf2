internal import Synchronization

/// How much somebody may do in a time.
package struct RateLimit: Sendable, Hashable {
    package var limit: Int
    package var window: Duration

    package init(limit: Int, window: Duration = .seconds(60)) {
        self.limit = limit
        self.window = window
    }
}

/// Whether somebody may go on.
struct RateVerdict: Equatable {
    let isAllowed: Bool
    /// How often more just now.
    let remaining: Int
    /// Until one more is allowed; of who may go on, until all are.
    let wait: Duration
}

/// Counts in two windows of time: the present one, and as much of the one before as is within a window's length from now. So
/// nobody gets twice the limit by waiting for a border, and an entry is a number. Pure.
struct RateWindows<Key: Hashable> {
    private let rule: RateLimit
    private let maximumKeys: Int
    private var begin: Duration = .zero
    private var present: [Key: Int] = [:]
    private var before: [Key: Int] = [:]
    /// Of all who came when there were too many to be told apart.
    private var othersPresent = 0
    private var othersBefore = 0

    /// - Parameter maximumKeys: so many are told apart in a window; those who come after them share one count.
    init(_ rule: RateLimit, maximumKeys: Int = 20_000) {
        self.rule = rule
        self.maximumKeys = maximumKeys
    }

    /// Counts one more, if that is allowed.
    ///
    /// - Parameter now: since any fixed moment; never goes back.
    mutating func take(_ key: Key, at now: Duration) -> RateVerdict {
        let verdict = look(key, at: now)
        if verdict.isAllowed { change(key, by: 1) }
        return verdict
    }

    /// What `take` would say; nothing is counted.
    mutating func look(_ key: Key, at now: Duration) -> RateVerdict {
        turn(at: now)
        let (earlier, count) = counts(key)
        let left = 1 - (now - begin) / rule.window
        let used = Double(earlier) * left + Double(count)
        let remaining = Int(Double(rule.limit) - used)
        guard remaining < 1 else {
            return RateVerdict(isAllowed: true, remaining: remaining - 1, wait: rule.window * 2 - (now - begin))
        }
        return RateVerdict(isAllowed: false, remaining: 0, wait: begin + freedom(earlier, count) - now)
    }

    /// As if one had not been.
    mutating func giveBack(_ key: Key, at now: Duration) {
        turn(at: now)
        if counts(key).present > 0 { change(key, by: -1) }
    }

    /// When one more is allowed if nothing comes, since the window's begin.
    private func freedom(_ earlier: Int, _ count: Int) -> Duration {
        let room = Double(rule.limit - 1)
        if count < rule.limit { return rule.window * (1 - (room - Double(count)) / Double(earlier)) }
        return rule.window * (2 - room / Double(count))
    }

    private mutating func turn(at now: Duration) {
        let passed = Int((now - begin) / rule.window)
        guard passed > 0 else { return }
        before = passed == 1 ? present : [:]
        othersBefore = passed == 1 ? othersPresent : 0
        (present, othersPresent) = ([:], 0)
        begin += rule.window * passed
    }

    private func isApart(_ key: Key) -> Bool { present[key] != nil || present.count < maximumKeys }

    private func counts(_ key: Key) -> (before: Int, present: Int) {
        let earlier = before[key] ?? (before.count < maximumKeys ? 0 : othersBefore)
        return (earlier, isApart(key) ? present[key] ?? 0 : othersPresent)
    }

    private mutating func change(_ key: Key, by amount: Int) {
        if isApart(key) { present[key, default: 0] += amount } else { othersPresent += amount }
    }
}

/// Holds callers to a limit, in this process.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    let rule: RateLimit
    private let windows: Mutex<RateWindows<Key>>
    private let now: @Sendable () -> Duration

    /// - Parameter now: since any fixed moment; never goes back.
    init(_ rule: RateLimit, now: @escaping @Sendable () -> Duration) {
        self.rule = rule
        self.now = now
        windows = Mutex(RateWindows(rule))
    }

    func take(_ key: Key) -> RateVerdict { windows.withLock { $0.take(key, at: now()) } }
    func look(_ key: Key) -> RateVerdict { windows.withLock { $0.look(key, at: now()) } }
    func giveBack(_ key: Key) { windows.withLock { $0.giveBack(key, at: now()) } }
}
