package import Base

/// A signed token (RFC 7519 in the compact form of RFC 7515), taken apart. Nothing in it is to be believed before
/// `verify` has not thrown.
package struct JSONWebToken: Sendable {
    /// Longer ones are not looked at. Tokens of real issuers, groups included, stay well below.
    package static let maximumLength = 16 << 10

    package let algorithm: JWTAlgorithm
    /// The name of the key that signed it; nil when the token does not say.
    package let keyID: String?
    /// What kind of token it is, such as `at+jwt`; nil when the token does not say.
    package let type: String?
    package let claims: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// - Throws: ``JWTError`` when it is no such token, is signed with an algorithm that is not understood, or demands with
    ///   `crit` what is not understood.
    package init(parsing text: String) throws(JWTError) {
        guard text.utf8.count <= Self.maximumLength else { throw .tooLong }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let signature = Self.bytes(parts[2]) else { throw .malformed }
        let header = try Self.object(parts[0])
        guard let name = header["alg"]?.stringValue, header["crit"] == nil else { throw .malformed }
        guard let algorithm = JWTAlgorithm(rawValue: name) else { throw .algorithm }
        self.algorithm = algorithm
        keyID = try Self.text(header["kid"])
        type = try Self.text(header["typ"])
        claims = try Self.object(parts[1])
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
    }

    /// When it ends by its own words (`exp`), which only shorten what somebody else grants; nil when it does not say.
    var end: Timestamp? { Self.end(claims) }

    /// The claims of a token that somebody else checks, whatever it is signed with; nil when it is no such token.
    static func claims(of text: String) -> JSONObject? {
        guard text.utf8.count <= maximumLength else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 3 ? try? object(parts[1]) : nil
    }

    /// When a token with these claims ends, as ``end``.
    static func end(_ claims: JSONObject) -> Timestamp? {
        claims["exp"]?.doubleValue.flatMap { Int64(exactly: $0.rounded(.down)) }.map { seconds in
            Timestamp(seconds: min(max(seconds, 0), 1 << 40))
        }
    }

    /// Whether the text has the form of such a token, good or not, so that no other kind of token needs to be tried.
    package static func looksLikeOne(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ".") } == 2 && text.hasPrefix("eyJ")
    }

    /// Checks the signature. The algorithm must be one of the key's and one of those allowed: the token does not choose.
    ///
    /// - Throws: ``JWTError``.
    package func verify(with key: VerificationKey, allowing algorithms: Set<JWTAlgorithm>) throws(JWTError) {
        guard algorithms.contains(algorithm), key.algorithms.contains(algorithm) else { throw .algorithm }
        guard key.verifies(signature, of: signed, with: algorithm) else { throw .signature }
    }

    private static func object(_ part: String) throws(JWTError) -> JSONObject {
        guard let bytes = bytes(part), let object = try? JSONValue(parsing: bytes).objectValue else { throw .malformed }
        return object
    }

    private static func bytes(_ part: String) -> [UInt8]? {
        part.isEmpty || part.utf8.contains(UInt8(ascii: "=")) ? nil : Base64.decode(part, alphabet: .urlSafe)
    }

    private static func text(_ value: JSONValue?) throws(JWTError) -> String? {
        guard let value else { return nil }
        guard let text = value.stringValue else { throw .malformed }
        return text
    }
}
