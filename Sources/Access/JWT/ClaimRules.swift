package import Base

/// What the claims of a token must say (RFC 7519 §4.1) so that it is for us and now.
package struct ClaimRules: Sendable, Hashable {
    /// Whose tokens; nil: anybody's who has the key.
    package var issuer: String?
    /// The token must be meant for one of these; nil: for whom is not asked.
    package var audiences: Set<String>?
    /// Whether a token without an end is refused.
    package var needsExpiry: Bool
    /// How far the clocks of issuers may be from ours, in seconds.
    package var leeway: Int64 = 30

    package init(issuer: String? = nil, audiences: Set<String>? = nil, needsExpiry: Bool = true) {
        self.issuer = issuer
        self.audiences = audiences
        self.needsExpiry = needsExpiry
    }

    /// - Throws: ``JWTError`` for the first claim that is not as it must be.
    package func check(_ claims: JSONObject, at now: Timestamp) throws(JWTError) {
        try checkTimes(claims, at: Double(now.microseconds) / 1_000_000)
        if let issuer, claims["iss"]?.stringValue != issuer { throw .issuer }
        guard let audiences else { return }
        guard let named = try Self.audiences(of: claims), !audiences.isDisjoint(with: named) else { throw .audience }
    }

    private func checkTimes(_ claims: JSONObject, at now: Double) throws(JWTError) {
        if let end = try Self.seconds("exp", of: claims) {
            guard now < end + Double(leeway) else { throw .expired }
        } else if needsExpiry {
            throw .claim("exp")
        }
        for name in ["nbf", "iat"] {
            guard let start = try Self.seconds(name, of: claims) else { continue }
            guard start <= now + Double(leeway) else { throw .notYetValid }
        }
    }

    /// For whom a token is; nil when it does not say.
    ///
    /// - Throws: ``JWTError`` when that is neither a text nor a list of them.
    package static func audiences(of claims: JSONObject) throws(JWTError) -> [String]? {
        switch claims["aud"] {
        case nil: return nil
        case .string(let one): return [one]
        case .array(let several):
            let names = several.compactMap(\.stringValue)
            guard names.count == several.count else { throw .claim("aud") }
            return names
        default: throw .claim("aud")
        }
    }

    /// A moment in seconds since 1970, which may have a fraction.
    private static func seconds(_ name: String, of claims: JSONObject) throws(JWTError) -> Double? {
        guard let value = claims[name] else { return nil }
        guard let seconds = value.doubleValue, seconds.isFinite else { throw .claim(name) }
        return seconds
    }
}
