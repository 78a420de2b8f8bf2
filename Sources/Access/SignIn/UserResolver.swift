/// A way to find a person's entity in the catalog, by Backstage's names.
package struct UserResolver: Sendable, Hashable {
    package enum Rule: String, Sendable, CaseIterable {
        case usernameMatchingUserEntityName
        case emailMatchingUserEntityProfileEmail
        case emailLocalPartMatchingUserEntityName
        /// By `github.com/user-id`, which stays when the person takes another name.
        case userIdMatchingUserEntityAnnotation
        /// By `github.com/user-login`.
        case usernameMatchingUserEntityAnnotation
    }

    package let rule: Rule
    /// Of `emailLocalPartMatchingUserEntityName`: only emails of these domains count; empty: all.
    package let allowedDomains: [String]

    package init(_ rule: Rule, allowedDomains: [String] = []) {
        self.rule = rule
        self.allowedDomains = allowedDomains.map { $0.lowercased() }
    }

    /// What to look for; nil when the identity lacks it.
    package func key(of identity: SignInIdentity) -> UserKey? {
        switch rule {
        case .usernameMatchingUserEntityName: identity.username.map { .name($0) }
        case .emailMatchingUserEntityProfileEmail: identity.email.map { .email($0) }
        case .emailLocalPartMatchingUserEntityName: localPart(of: identity).map { .name($0) }
        case .userIdMatchingUserEntityAnnotation: .annotation("github.com/user-id", identity.id)
        case .usernameMatchingUserEntityAnnotation:
            identity.username.map { .annotation("github.com/user-login", $0) }
        }
    }

    /// Without what follows a `+`, as Backstage has it.
    private func localPart(of identity: SignInIdentity) -> String? {
        guard let parts = identity.emailParts,
            allowedDomains.isEmpty || allowedDomains.contains(parts.domain.lowercased())
        else { return nil }
        let name = parts.local.prefix { $0 != "+" }
        return name.isEmpty ? nil : String(name)
    }
}

/// By what a user's entity is looked for.
package enum UserKey: Sendable, Hashable {
    /// In the namespace `default`.
    case name(String)
    /// `spec.profile.email`.
    case email(String)
    case annotation(String, String)
}

/// The users of the catalog.
package protocol UserDirectory: Sendable {
    /// The refs of the user entities that fit, two at most.
    func users(_ key: UserKey) async throws -> [String]
    /// The refs of which a user may be the owner: the user and the groups that it is a member of; empty when there is no
    /// such entity.
    func ownership(of userRef: String) async throws -> [String]
}
