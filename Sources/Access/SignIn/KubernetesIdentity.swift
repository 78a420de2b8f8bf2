package import Base
internal import Synchronization

/// Tells whose a token of the cluster is.
package protocol KubernetesIdentity: Sendable {
    /// Nil when the cluster does not know the token.
    ///
    /// - Throws: `unavailable` when it cannot be asked.
    func identity(of token: String) async throws(SignInError) -> KubernetesPerson?
}

/// A user of the cluster.
package struct KubernetesPerson: Sendable, Hashable {
    package let username: String
    package let groups: [String]
    /// The end of the token; nil when it does not say.
    package let expires: Timestamp?

    package init(username: String, groups: [String], expires: Timestamp?) {
        self.username = username
        self.groups = groups
        self.expires = expires
    }
}

/// Asks the API server with a TokenReview, for a few at once: anybody may come with anything.
package final class PersonTokenReviews: KubernetesIdentity {
    private let reviews: TokenReviews
    private let audiences: Set<String>
    static let maximumUnderWay = 8
    private let underWay = Mutex(0)

    /// - Parameter audiences: for which tokens must be meant, one of these; empty: the API server itself.
    package init(_ reviews: TokenReviews, audiences: Set<String>) {
        self.reviews = reviews
        self.audiences = audiences
    }

    package func identity(of token: String) async throws(SignInError) -> KubernetesPerson? {
        guard JSONWebToken.looksLikeOne(token), let claims = JSONWebToken.claims(of: token) else { return nil }
        let isTaken = underWay.withLock { count in
            guard count < Self.maximumUnderWay else { return false }
            count += 1
            return true
        }
        guard isTaken else { throw SignInError(.unavailable, "too many tokens are shown to the cluster at once") }
        defer { underWay.withLock { $0 -= 1 } }
        return try await user(of: token).map {
            KubernetesPerson(username: $0.name, groups: $0.groups, expires: JSONWebToken.end(claims))
        }
    }

    private func user(of token: String) async throws(SignInError) -> KubernetesUser? {
        do {
            return try await reviews.user(of: token, audiences: audiences)
        } catch {
            throw SignInError(.unavailable, "the cluster cannot be asked: \(error)")
        }
    }
}
