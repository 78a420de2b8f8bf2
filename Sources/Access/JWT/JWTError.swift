/// Why a signed token is not good. The descriptions are for clients: ASCII without quotes and commas, and nothing in them
/// comes from the token.
package enum JWTError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong, malformed, algorithm, unknownKey, signature, expired, notYetValid, issuer, audience
    /// A claim that is needed is not there, or is of another type. The name is one of ours.
    case claim(String)

    package var description: String {
        switch self {
        case .tooLong: "The token is longer than \(JSONWebToken.maximumLength) characters"
        case .malformed: "The token is not a signed JSON Web Token"
        case .algorithm: "The token is signed with an algorithm that is not allowed here"
        case .unknownKey: "The token is signed with a key that is not known here"
        case .signature: "The signature of the token is wrong"
        case .expired: "The token has expired"
        case .notYetValid: "The token is not valid yet"
        case .issuer: "The token is of another issuer"
        case .audience: "The token is meant for another audience"
        case .claim(let name): "The claim \(name) of the token is missing or of another type"
        }
    }
}
