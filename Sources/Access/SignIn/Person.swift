package import Base

/// A person who has signed in.
package struct Person: Sendable, Hashable {
    /// Unique and stable, such as `oidc:<sub>`, `github:<id>`, `kubernetes:<username>`.
    package let subject: String
    package let displayName: String
    /// The user entity in the catalog, when it was found, such as `user:default/ann`.
    package let userEntityRef: String?
    /// When the sign-in ends.
    package let expires: Timestamp

    package init(subject: String, displayName: String, userEntityRef: String?, expires: Timestamp) {
        self.subject = subject
        self.displayName = displayName
        self.userEntityRef = userEntityRef
        self.expires = expires
    }

    /// When all that this person gives ends: a token of the cluster is no more than itself, so nothing outlives it. Nil for
    /// persons whom their provider knows from one sign-in to the next.
    package var accessEnd: Timestamp? { Self.isOfTheCluster(subject) ? expires : nil }

    static func isOfTheCluster(_ subject: String) -> Bool { subject.hasPrefix("kubernetes:") }
}

/// Who has signed in in this browser; a place to send those who have not.
package protocol PersonSource: Sendable {
    func person(of cookies: [String: String]) -> Person?
    /// A path on this origin that signs in and then comes back to `path`.
    func signInPath(returningTo path: String) -> String
}
