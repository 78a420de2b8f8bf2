package import Base

/// A sign-in at a provider that has been begun in a browser. It lives in a sealed cookie, so that the person may come back to any
/// replica; coming back takes the cookie away.
package struct SignInAttempt: Sendable, Hashable {
    package let provider: String
    /// Sent to the provider and back (RFC 6749 §10.12).
    package let state: String
    /// Comes back within the identity token (OpenID Connect Core §3.1.2.1).
    package let nonce: String
    /// Of PKCE (RFC 7636 §4.1): only who has it can use the code.
    package let verifier: String
    /// A path on this origin.
    package let returnPath: String
    let expires: Timestamp

    /// How long a person may take at the provider.
    package static let lifetime: Int64 = 600
    private static let purpose = "sign-in-attempt"

    package init(provider: String, returnPath: String, now: Timestamp) {
        self.provider = provider
        self.returnPath = returnPath
        (state, nonce, verifier) = (Self.random(), Self.random(), Self.random())
        expires = now.adding(seconds: Self.lifetime)
    }

    /// PKCE's challenge by the method S256 (RFC 7636 §4.2).
    package var challenge: String { Base64.encode(sha256(Array(verifier.utf8)), alphabet: .urlSafe) }

    private static func random() -> String { Base64.encode(randomBytes(32), alphabet: .urlSafe) }
}

extension SignInAttempt {
    /// The value of its cookie.
    package func sealed(_ keys: KeyRing) -> String {
        keys.sealJSON(
            [
                "provider": .string(provider), "state": .string(state), "nonce": .string(nonce),
                "verifier": .string(verifier), "return": .string(returnPath), "exp": .int(expires.microseconds),
            ], for: Self.purpose)
    }

    /// What `sealed` made; nil for anything else.
    package init?(_ cookie: String, _ keys: KeyRing) {
        guard let json = keys.openJSON(cookie, for: Self.purpose), let provider = json["provider"]?.stringValue,
            let state = json["state"]?.stringValue, let nonce = json["nonce"]?.stringValue,
            let verifier = json["verifier"]?.stringValue, let returnPath = json["return"]?.stringValue,
            let expires = json["exp"]?.intValue
        else { return nil }
        (self.provider, self.state, self.nonce, self.verifier) = (provider, state, nonce, verifier)
        self.returnPath = returnPath
        self.expires = Timestamp(microseconds: expires)
    }

    /// The code that the provider sent along with the person.
    ///
    /// - Parameter parameters: of the callback; each that counts must come at most once.
    /// - Throws: `expired`, `mismatch`, `declined`, `refused` or `invalidAnswer`.
    package func code(
        in parameters: [(name: String, value: String)], from provider: String, now: Timestamp
    ) throws(SignInError) -> String {
        func value(_ name: String) throws(SignInError) -> String? {
            let values = parameters.filter { $0.name == name }.map(\.value)
            guard values.count < 2 else { throw SignInError(.invalidAnswer, "\(name) came more than once") }
            return values.first
        }
        guard provider == self.provider, let state = try value("state"),
            constantTimeEqual(Array(state.utf8), Array(self.state.utf8))
        else { throw SignInError(.mismatch, "the state is not the one that was sent") }
        guard now < expires else { throw SignInError(.expired, "the person took longer than ten minutes") }
        if let error = try value("error") {
            let code: SignInError.Code = error == "access_denied" ? .declined : .refused
            throw SignInError(code, "the provider answered \(SignInError.shownCode(error))")
        }
        guard let code = try value("code"), !code.isEmpty, code.utf8.count <= 4_096 else {
            throw SignInError(.invalidAnswer, "the provider sent neither a code nor an error")
        }
        return code
    }
}
