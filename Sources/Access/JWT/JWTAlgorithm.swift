/// The ways of signing a token that are understood (RFC 7518 §3.1, RFC 8037 §3.1). `none` is not one of them.
package enum JWTAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// One secret signs and checks; for tokens of the type `legacy` alone.
    case hs256 = "HS256"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case es256 = "ES256"
    case es384 = "ES384"
    /// Ed25519.
    case edDSA = "EdDSA"

    /// Those of which the key that checks may be known to everybody.
    package static let asymmetric = Set(allCases).subtracting([.hs256])
}
