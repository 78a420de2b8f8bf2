package import Actions
internal import Base
internal import HTTPServer

/// A token of the configuration (`backend.auth.externalAccess`, type `static`). Only its hash is kept.
package struct StaticToken: Sendable {
    let hash: [UInt8]
    package let caller: Caller

    package init(token: String, caller: Caller) {
        hash = sha256(Array(token.utf8))
        self.caller = caller
    }
}

/// Finds out who asks. Without a good bearer token nobody passes; a token in the query string counts for nothing.
package struct Authenticator: Sendable {
    private let tokens: [StaticToken]

    package init(tokens: [StaticToken]) { self.tokens = tokens }

    /// - Throws: `AuthenticationError`.
    func caller(of request: HTTPServerRequest) throws(AuthenticationError) -> Caller {
        let fields = request.headers.all("Authorization")
        guard let field = fields.first else { throw .missing }
        guard fields.count == 1 else { throw .invalid }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, equalIgnoringASCIICase(String(parts[0]), "Bearer") else { throw .invalid }
        let hash = sha256(Array(parts[1].utf8))
        // Every token is compared, so that the time taken does not tell which one was near.
        var found: Caller?
        for token in tokens where constantTimeEqual(token.hash, hash) { found = token.caller }
        guard let found else { throw .invalid }
        return found
    }
}

/// The request carries no credentials, or none that are known.
package enum AuthenticationError: Error, CustomStringConvertible {
    case missing, invalid

    package var description: String {
        switch self {
        case .missing: "Missing credentials"
        case .invalid: "The bearer token is not valid"
        }
    }

    /// RFC 6750 §3: without credentials no error is named.
    var challenge: String {
        switch self {
        case .missing: #"Bearer realm="callboard""#
        case .invalid:
            #"Bearer realm="callboard", error="invalid_token", error_description="The bearer token is not valid""#
        }
    }
}
