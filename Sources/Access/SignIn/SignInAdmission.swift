package import Base

/// Decides whether somebody whom a provider knows may sign in, and which user of the catalog they are.
///
/// Nobody may, unless a resolver of their provider finds their entity, a rule names them, or the provider's settings let in
/// nobody else.
package struct SignInAdmission: Sendable {
    private let rules: [SignInRule]
    /// By provider.
    private let resolvers: [String: [UserResolver]]
    private let directory: any UserDirectory
    /// By provider; others have `lifetime`.
    private let lifetimes: [String: Duration]
    private let lifetime: Duration
    private let now: @Sendable () -> Timestamp

    /// Longer names are cut, so that a session fits into a cookie.
    private static let maximumNameBytes = 100
    /// Longer ones are nobody's.
    private static let maximumSubjectBytes = 512

    package init(
        _ settings: SignInSettings, directory: any UserDirectory, now: @escaping @Sendable () -> Timestamp
    ) {
        rules = settings.rules
        resolvers = settings.resolvers
        lifetimes = settings.lifetimes
        lifetime = settings.lifetime
        self.directory = directory
        self.now = now
    }

    /// - Throws: `notAdmitted`, or `unavailable` when the catalog cannot be asked.
    package func person(for identity: SignInIdentity) async throws(SignInError) -> Person {
        guard (1...Self.maximumSubjectBytes).contains(identity.id.utf8.count) else {
            throw SignInError(.notAdmitted, "the id is empty or longer than \(Self.maximumSubjectBytes) bytes")
        }
        let ref = try await userRef(of: identity)
        guard ref != nil || identity.isAdmitted || rules.contains(where: { $0.admits(identity) }) else {
            throw SignInError(.notAdmitted, "no rule, no user entity and no setting of the provider lets them in")
        }
        let name = identity.displayName ?? identity.username ?? identity.email ?? identity.id
        let end = now().adding(seconds: (lifetimes[identity.provider] ?? lifetime).components.seconds)
        return Person(
            subject: identity.subject, displayName: Self.cut(name), userEntityRef: ref,
            expires: min(end, identity.expires ?? end))
    }

    /// At the border of a scalar: a single character may be of any number of bytes.
    private static func cut(_ name: String) -> String {
        let end = name.utf8.index(name.startIndex, offsetBy: maximumNameBytes, limitedBy: name.endIndex)
        return String(name[..<(end ?? name.endIndex)])
    }

    /// The one entity that the first fitting resolver finds. Where several have the same email, none of them counts.
    private func userRef(of identity: SignInIdentity) async throws(SignInError) -> String? {
        for resolver in resolvers[identity.provider] ?? [] {
            guard let key = resolver.key(of: identity) else { continue }
            do {
                let refs = try await directory.users(key)
                if refs.count == 1 { return refs[0] }
            } catch {
                throw SignInError(.unavailable, "the catalog cannot be asked: \(error)")
            }
        }
        return nil
    }
}

/// Who may sign in, and for how long.
package struct SignInSettings: Sendable {
    package var rules: [SignInRule] = []
    /// By provider.
    package var resolvers: [String: [UserResolver]] = [:]
    /// By provider; others have `lifetime`.
    package var lifetimes: [String: Duration] = [:]
    package var lifetime: Duration = .seconds(12 * 3600)

    package init() {}
}
