package import Base

/// Who somebody is in the words of the provider that knows them.
package struct SignInIdentity: Sendable, Hashable {
    /// `oidc`, `github` or `kubernetes`.
    package var provider: String
    /// Unique at the provider, and never given to somebody else later.
    package var id: String
    /// What the person is called there; may change.
    package var username: String?
    /// Nil also when the provider says that it was not verified.
    package var email: String?
    package var displayName: String?
    package var groups: [String] = []
    /// The end of what the person showed; nil when it has none.
    package var expires: Timestamp?
    /// The provider's own settings let in nobody but those who may sign in.
    package var isAdmitted = false

    package init(provider: String, id: String) {
        self.provider = provider
        self.id = id
    }

    /// Unique among all providers.
    package var subject: String { "\(provider):\(id)" }
}

/// Whom `callboard.auth.signIn.allow` lets in.
package struct SignInRule: Sendable, Hashable {
    package enum Property: Sendable, Hashable {
        /// The username or the id, which mean nothing without a provider; `*` is everybody.
        case user(String)
        /// A group of the cluster's or of the OpenID provider's claim `groups`.
        case group(String)
        case email(String)
        /// What stands behind the `@` of the email.
        case emailDomain(String)
    }

    /// Nil: any.
    package let provider: String?
    package let property: Property

    /// - Parameter provider: nil: any.
    package init(provider: String?, property: Property) {
        self.provider = provider
        self.property = property
    }

    package func admits(_ identity: SignInIdentity) -> Bool {
        guard provider == nil || provider == identity.provider else { return false }
        switch property {
        case .user("*"): return true
        case .user(let name): return provider != nil && (name == identity.username || name == identity.id)
        case .group(let name): return identity.groups.contains(name)
        case .email(let email): return identity.email.map { equalIgnoringASCIICase($0, email) } ?? false
        case .emailDomain(let domain):
            return identity.emailParts.map { equalIgnoringASCIICase($0.domain, domain) } ?? false
        }
    }
}

extension SignInIdentity {
    /// What stands before and behind the last `@`; nil when either is missing.
    var emailParts: (local: String, domain: String)? {
        guard let email, let at = email.lastIndex(of: "@") else { return nil }
        let (local, domain) = (String(email[..<at]), String(email[email.index(after: at)...]))
        return local.isEmpty || domain.isEmpty ? nil : (local, domain)
    }
}
