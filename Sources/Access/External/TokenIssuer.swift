package import Actions
internal import Base

/// Somebody whose tokens let in: an entry of the type `jwks` in `backend.auth.externalAccess`.
package struct TokenIssuer: Sendable {
    /// Where its keys are published.
    package var url: String
    /// What its tokens have as `iss`; empty: whatever they have.
    package var issuers: Set<String>
    package var algorithms: Set<JWTAlgorithm>
    /// For whom its tokens must be meant, one of these; empty: whomever.
    package var audiences: Set<String>
    /// Stands before the subject, so that issuers' subjects do not meet; nil: nothing does.
    package var subjectPrefix: String?
    package var restrictions: [AccessRestriction]?

    package init(
        url: String, issuers: Set<String> = [], algorithms: Set<JWTAlgorithm> = JWTAlgorithm.asymmetric,
        audiences: Set<String> = [], subjectPrefix: String? = nil, restrictions: [AccessRestriction]? = nil
    ) {
        self.url = url
        self.issuers = issuers
        self.algorithms = algorithms
        self.audiences = audiences
        self.subjectPrefix = subjectPrefix
        self.restrictions = restrictions
    }

    /// The host of its keys, for people.
    package var name: String {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return String(authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
    }

    /// The longest subject that is taken.
    private static let maximumSubjectLength = 256

    /// Whether a token may be one of its own.
    func mayHaveIssued(_ token: JSONWebToken) -> Bool {
        issuers.isEmpty || token.claims["iss"]?.stringValue.map(issuers.contains) == true
    }

    /// Whom a token stands for that one of its keys has signed.
    ///
    /// - Throws: ``JWTError``.
    func caller(of token: JSONWebToken, keys: JSONWebKeySet, at now: Timestamp) throws(JWTError) -> Caller {
        let rules = ClaimRules(audiences: audiences.isEmpty ? nil : audiences)
        try keys.verify(token, allowing: algorithms, rules: rules, at: now)
        guard let subject = token.claims["sub"]?.stringValue, Self.isSubject(subject) else { throw .claim("sub") }
        let prefix = subjectPrefix.map { "\($0):" } ?? ""
        // The year 9999 is as good as never, and any number may stand there.
        let end = token.claims["exp"]?.doubleValue.map { Timestamp(seconds: Int64(min($0, 253_402_300_799))) }
        return Caller(subject: "external:\(prefix)\(subject)", restrictions: restrictions, expires: end)
    }

    /// It goes into logs, so that it must not look like something else there.
    private static func isSubject(_ text: String) -> Bool {
        (1...maximumSubjectLength).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && !$0.properties.isWhitespace
            }
    }
}
