package import Actions

/// One way of finding out whose a bearer token is.
package protocol TokenVerifier: Sendable {
    /// The caller that a token stands for; nil when it is none of the tokens that this one knows, so that the next is
    /// asked.
    ///
    /// - Throws: ``TokenError`` when it is one of them and not good, or when it cannot be told now.
    func caller(of token: String) async throws(TokenError) -> Caller?

    /// The same at a path of ours, for tokens that are for one resource alone.
    func caller(of token: String, at path: String) async throws(TokenError) -> Caller?
}

extension TokenVerifier {
    /// A token that is good anywhere.
    package func caller(of token: String, at path: String) async throws(TokenError) -> Caller? {
        try await caller(of: token)
    }
}

/// A token that lets nobody in.
package enum TokenError: Error, Sendable, Hashable {
    /// It is not good: expired, revoked, or for somebody else. The text is for the client, without quotes and commas.
    case invalid(String)
    /// Who could tell cannot be asked. The text is for the log.
    case unavailable(String)
}
