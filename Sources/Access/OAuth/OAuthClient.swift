internal import Base

/// A program that asks a person for access.
package struct OAuthClient: Sendable, Hashable {
    /// How we know of it, which says how far it is to be believed.
    package enum Origin: String, Sendable, Hashable {
        /// An operator wrote it into the configuration.
        case configured
        /// It has a document at the URL that is its id; whose host that is, is certain.
        case document
        /// It registered itself; nothing of what it says is certain.
        case registered
    }

    package let origin: Origin
    package let id: String
    /// What it calls itself; of one that registered itself, whatever it likes.
    package let name: String
    package let redirectURIs: [RedirectURI]
    /// Whether it can use a refresh token.
    package let refreshes: Bool
    /// SHA-256 of its secret; nil for one that has none.
    let secretHash: [UInt8]?

    init(
        _ origin: Origin, id: String, name: String, redirectURIs: [RedirectURI], refreshes: Bool = true,
        secretHash: [UInt8]? = nil
    ) {
        self.origin = origin
        self.id = id
        self.name = name
        self.redirectURIs = redirectURIs
        self.refreshes = refreshes
        self.secretHash = secretHash
    }

    /// A client of the configuration.
    ///
    /// - Parameter secret: nil for one that can keep none, such as a program on a person's machine.
    /// - Throws: ``OAuthError`` for a redirect URI that nobody may be sent to.
    package static func configured(
        id: String, name: String?, secret: String?, redirectURIs: [String]
    ) throws(OAuthError) -> OAuthClient {
        var uris: [RedirectURI] = []
        for text in redirectURIs { uris.append(try RedirectURI(text)) }
        return OAuthClient(
            .configured, id: id, name: name ?? id, redirectURIs: uris,
            secretHash: secret.map { sha256(Array($0.utf8)) })
    }

    /// Whether an earlier agreement may stand for a new one. Not of a client that anybody can be: one that registered itself,
    /// and one that is reached on the person's own machine, where any program may listen (RFC 8252 §8.6).
    func mayBeRemembered(at redirectURI: RedirectURI) -> Bool {
        origin != .registered && !redirectURI.isLoopback
    }

    /// Whether an answer may be sent there.
    func allows(_ redirectURI: RedirectURI) -> Bool { redirectURIs.contains { redirectURI.isSame(as: $0) } }
}
