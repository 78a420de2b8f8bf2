internal import Base

/// A token with the time until which it is used.
struct BearerToken: Sendable {
    let secret: Secret
    let until: Timestamp

    /// Of a token that does not say when it ends: what ScaleOps' own integrations take for granted.
    private static let lifetime: Int64 = 3_600
    /// Seconds before its end in which a token is not used any more: requests under way still need it.
    private static let margin = 30.0

    /// - Parameter seconds: that it lives, as who gave it says; nil: as it says itself, if it is a JWT.
    init(_ secret: Secret, lives seconds: Double? = nil, now: Timestamp) {
        self.secret = secret
        let left = seconds ?? Self.expiry(of: secret.text).map { $0.secondsSince(now) }
        // One that has ended when it comes tells that the two clocks differ; the server says when it is enough.
        guard let left, left > 0, left < 1e9 else {
            until = now.adding(seconds: Self.lifetime)
            return
        }
        let used = max(left - Self.margin, left * 0.9)
        until = Timestamp(microseconds: now.microseconds + Int64(used * 1e6))
    }

    /// The claim `exp` of a JWT (RFC 7519 §4.1.4); nil when the text is none, or does not say.
    static func expiry(of token: String) -> Timestamp? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64.decode(String(parts[1]), alphabet: .urlSafe, strict: false),
            let seconds = (try? JSONValue(parsing: payload))?["exp"]?.doubleValue, abs(seconds) < 1e11
        else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1e6))
    }
}
