package import Base

/// What a person agreed to for a program.
package struct OAuthGrant: Sendable, Hashable {
    package let id: String
    package let subject: String
    package let displayName: String
    package let userEntityRef: String?
    package let clientID: String
    package let clientName: String
    package let scopes: [String]
    /// The resource that its tokens are for.
    package let resource: String
    /// When nothing that was given out can be used any more.
    package let expires: Timestamp
    package let isRevoked: Bool

    package init(
        id: String, subject: String, displayName: String, userEntityRef: String?, clientID: String, clientName: String,
        scopes: [String], resource: String, expires: Timestamp, isRevoked: Bool = false
    ) {
        self.id = id
        self.subject = subject
        self.displayName = displayName
        self.userEntityRef = userEntityRef
        self.clientID = clientID
        self.clientName = clientName
        self.scopes = scopes
        self.resource = resource
        self.expires = expires
        self.isRevoked = isRevoked
    }
}

/// An authorization code as it is stored.
package struct OAuthCode: Sendable, Hashable {
    /// SHA-256 in hexadecimal.
    package let hash: String
    package let redirectURI: String
    /// PKCE's, of the method S256.
    package let challenge: String
    package let nonce: String?
    package let expires: Timestamp
    package let isUsed: Bool

    package init(
        hash: String, redirectURI: String, challenge: String, nonce: String?, expires: Timestamp, isUsed: Bool = false
    ) {
        self.hash = hash
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.nonce = nonce
        self.expires = expires
        self.isUsed = isUsed
    }
}

/// A refresh token as it is stored.
package struct OAuthRefresh: Sendable, Hashable {
    /// SHA-256 in hexadecimal.
    package let hash: String
    package let expires: Timestamp
    /// When it was changed for the next one; nil: it was not.
    package let used: Timestamp?
    /// The hash of the next one.
    package let successor: String?
    /// Whether the next one was used too.
    package let successorIsUsed: Bool

    package init(
        hash: String, expires: Timestamp, used: Timestamp? = nil, successor: String? = nil,
        successorIsUsed: Bool = false
    ) {
        self.hash = hash
        self.expires = expires
        self.used = used
        self.successor = successor
        self.successorIsUsed = successorIsUsed
    }
}

/// What is to become of a code or refresh token that came.
package enum OAuthVerdict: Sendable, Hashable {
    /// Nothing changes.
    case refuse
    /// Somebody has what is another's: all that came of the grant ends.
    case revoke
    /// It is used; the grant lasts until then, and this is the refresh token that follows.
    case use(grantExpires: Timestamp, next: OAuthRefresh?)
    /// The answer was lost: the same one again.
    case repeatAnswer
}
