/// A service that knows persons, and sends them back with a code.
package protocol SignInProvider: Sendable {
    /// As in its callback's path: `oidc` or `github`.
    var id: String { get }
    /// What its button says.
    var title: String { get }

    /// Where to send the person.
    ///
    /// - Throws: `unavailable` or `invalidAnswer`.
    func authorizationURL(for attempt: SignInAttempt, callback: String) async throws(SignInError) -> String

    /// Who came back.
    ///
    /// - Parameter issuer: the callback's `iss` (RFC 9207); nil when it had none.
    /// - Throws: `SignInError`.
    func identity(
        code: String, issuer: String?, attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> SignInIdentity
}
