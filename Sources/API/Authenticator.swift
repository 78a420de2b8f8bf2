package import Access
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
    private let verifiers: [any TokenVerifier]
    private let isOpen: Bool

    /// - Parameters:
    ///   - verifiers: asked in this order for a token that is none of the static ones; the first that knows it decides,
    ///     and who cannot tell leaves it to the others.
    ///   - isOpen: whether who comes without a token may do everything
    ///     (`backend.auth.dangerouslyDisableDefaultAuthPolicy`).
    package init(tokens: [StaticToken], verifiers: [any TokenVerifier] = [], isOpen: Bool = false) {
        self.tokens = tokens
        self.verifiers = verifiers
        self.isOpen = isOpen
    }

    /// Who asks, when that can be told without asking anybody; nil: `caller` is to be asked.
    ///
    /// - Throws: `AuthenticationError`.
    func callerAtOnce(of request: HTTPServerRequest) throws(AuthenticationError) -> Caller? {
        guard let token = try Self.token(of: request) else { return isOpen ? Self.anybody : nil }
        return holder(of: token)
    }

    /// - Throws: `AuthenticationError`.
    func caller(of request: HTTPServerRequest) async throws(AuthenticationError) -> Caller {
        guard let token = try Self.token(of: request) else {
            guard isOpen else { throw .missing }
            return Self.anybody
        }
        if let known = holder(of: token) { return known }
        let path = "/" + request.pathSegments.joined(separator: "/")
        var problem = AuthenticationError.unknown
        for verifier in verifiers {
            do throws(TokenError) {
                if let caller = try await verifier.caller(of: token, at: path) { return caller }
            } catch {
                guard case .unavailable = error else { throw AuthenticationError(error) }
                if case .invalid = problem { problem = AuthenticationError(error) }
            }
        }
        throw problem
    }

    private static let anybody = Caller(subject: "anonymous")

    private func holder(of token: String) -> Caller? {
        let hash = sha256(Array(token.utf8))
        // Every token is compared, so that the time taken does not tell which one was near.
        var found: Caller?
        for token in tokens where constantTimeEqual(token.hash, hash) { found = token.caller }
        return found
    }

    /// The bearer token; nil when there are no credentials at all.
    private static func token(of request: HTTPServerRequest) throws(AuthenticationError) -> String? {
        let fields = request.headers.all("Authorization")
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw .ambiguous }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, equalIgnoringASCIICase(String(parts[0]), "Bearer") else { throw .unknown }
        return String(parts[1])
    }
}

/// The request carries no credentials, or none that let in.
package enum AuthenticationError: Error, CustomStringConvertible {
    case missing
    /// Credentials twice.
    case ambiguous
    /// The reason is ASCII without quotes and commas.
    case invalid(String)
    /// Who could tell cannot be asked. The text is for the log.
    case unavailable(String)

    static let unknown = AuthenticationError.invalid("The bearer token is not valid")

    init(_ error: TokenError) {
        switch error {
        case .invalid(let reason): self = .invalid(reason)
        case .unavailable(let detail): self = .unavailable(detail)
        }
    }

    package var description: String {
        switch self {
        case .missing: "Missing credentials"
        case .ambiguous: "The header Authorization is given more than once"
        case .invalid(let reason): reason
        case .unavailable: "The credentials cannot be checked at the moment"
        }
    }
}
