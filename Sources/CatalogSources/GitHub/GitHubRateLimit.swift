internal import Base
internal import HTTPClient

/// Decides until when a GitHub is to be left alone, from what it answered. Pure: no clock.
///
/// After GitHub's "Rate limits for the REST API" and "Best practices for using the REST API".
struct GitHubRateLimit {
    /// The longest time that is believed. GitHub's windows are an hour long.
    static let maximumSeconds: Int64 = 3_660
    /// "Otherwise, wait for at least one minute before retrying", then exponentially longer.
    static let secondarySeconds: Int64 = 60

    /// Nothing is to be asked before.
    private(set) var blockedUntil: Timestamp?
    /// Refusals without a word how long, one after the other.
    private var unexplained = 0

    /// Takes in an answer.
    ///
    /// - Parameter message: of the error's body; empty when it has none.
    /// - Returns: until when to wait, when the answer refuses because of a limit.
    mutating func observe(status: Int, headers: HTTPHeaders, message: String, now: Timestamp) -> Timestamp? {
        guard status == 403 || status == 429 else {
            // What was on its way when the limit was reached proves nothing.
            if (200...399).contains(status), refusal(at: now) == nil { unexplained = 0 }
            return nil
        }
        guard let seconds = seconds(status, headers, message, now) else { return nil }
        let until = now.adding(seconds: min(max(seconds, 1), Self.maximumSeconds))
        blockedUntil = max(until, blockedUntil ?? until)
        return blockedUntil
    }

    /// Whether requests are to be kept back now; until when.
    func refusal(at now: Timestamp) -> Timestamp? { blockedUntil.flatMap { now < $0 ? $0 : nil } }

    /// Nil: the refusal has another reason.
    private mutating func seconds(
        _ status: Int, _ headers: HTTPHeaders, _ message: String, _ now: Timestamp
    ) -> Int64? {
        if let after = headers.retryAfterSeconds(at: now) { return min(after, Self.maximumSeconds) }
        if headers["X-RateLimit-Remaining"] == "0", let reset = headers["X-RateLimit-Reset"].flatMap({ Int64($0) }) {
            // The second itself belongs to the old window.
            return min(reset, now.microseconds / 1_000_000 + Self.maximumSeconds) - now.microseconds / 1_000_000 + 1
        }
        guard status == 429 || Self.speaksOfLimits(message) else { return nil }
        defer { unexplained = min(unexplained + 1, 6) }
        return Self.secondarySeconds << Int64(unexplained)
    }

    private static func speaksOfLimits(_ message: String) -> Bool {
        let text = message.lowercased()
        return ["rate limit", "abuse detection", "rate-limit"].contains { text.contains($0) }
    }
}
