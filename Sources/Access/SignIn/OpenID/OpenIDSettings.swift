/// How to sign in at an OpenID provider; the keys of `auth.providers.oidc.<environment>`.
package struct OpenIDSettings: Sendable {
    /// Where the client id and its secret go to the token endpoint (OpenID Connect Core §9).
    package enum ClientAuthentication: String, Sendable, CaseIterable {
        case basic = "client_secret_basic"
        case post = "client_secret_post"
        case none
    }

    /// Of the provider's metadata, or the issuer.
    package let metadataURL: String
    package let clientID: String
    let clientSecret: String?
    package var scopes = ["openid", "profile", "email"]
    /// Nil: the provider is not told whether to ask again.
    package var prompt: String?
    /// Nil: what the provider offers, `basic` before `post`.
    package var clientAuthentication: ClientAuthentication?
    /// How identity tokens are signed; nil: any way with a published key.
    package var algorithm: JWTAlgorithm?
    /// What its button says.
    package var title = "OpenID Connect"

    package init(metadataURL: String, clientID: String, clientSecret: String?) {
        self.metadataURL = metadataURL
        self.clientID = clientID
        self.clientSecret = clientSecret
    }
}
