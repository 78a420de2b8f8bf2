package import Base

/// The keys of an issuer (RFC 7517 §5). Keys that cannot be used here are passed over, as the RFC asks for.
package struct JSONWebKeySet: Sendable {
    /// More than that is no key set that somebody rotates.
    private static let maximumKeys = 64

    package let keys: [VerificationKey]

    package init(keys: [VerificationKey]) { self.keys = keys }

    /// Nil for what is no key set.
    package init?(parsing bytes: [UInt8]) {
        guard let list = try? JSONValue(parsing: bytes)["keys"]?.arrayValue, list.count <= Self.maximumKeys else {
            return nil
        }
        keys = list.compactMap { $0.objectValue.flatMap(VerificationKey.init) }
    }

    /// The key that is to check a token: the one of that name, or, when the token names none, the only one that fits.
    package func key(for token: JSONWebToken) -> VerificationKey? {
        let fitting = keys.filter { key in
            key.algorithms.contains(token.algorithm) && (token.keyID == nil || key.id == token.keyID)
        }
        return token.keyID == nil && fitting.count > 1 ? nil : fitting.first
    }

    /// Checks signature and claims.
    ///
    /// - Throws: ``JWTError``; `unknownKey` when a newer set may have the key.
    package func verify(
        _ token: JSONWebToken, allowing algorithms: Set<JWTAlgorithm> = JWTAlgorithm.asymmetric, rules: ClaimRules,
        at now: Timestamp
    ) throws(JWTError) {
        guard algorithms.contains(token.algorithm) else { throw .algorithm }
        guard let key = key(for: token) else { throw .unknownKey }
        try token.verify(with: key, allowing: algorithms)
        try rules.check(token.claims, at: now)
    }
}
