internal import Base
internal import HTTPClient

/// What an OpenID provider says about itself (OpenID Connect Discovery §3).
struct OpenIDMetadata: Sendable, Hashable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let keysURL: String
    /// Nil: the identity token says all that there is.
    let userinfoEndpoint: String?
    /// Whether every callback names its issuer (RFC 9207 §3), so that one without is not the provider's.
    let namesIssuer: Bool
    let clientAuthentications: [String]

    private static let wellKnown = "/.well-known/openid-configuration"

    /// Where the metadata of a configured URL is: itself, or below it when it is the issuer.
    static func url(_ configured: String) -> String {
        guard !configured.hasSuffix(wellKnown) else { return configured }
        return (configured.hasSuffix("/") ? String(configured.dropLast()) : configured) + wellKnown
    }

    /// - Parameter url: where the document was read; the issuer must be the part before the well-known path
    ///   (OpenID Connect Discovery §4.3).
    /// - Throws: `invalidAnswer` that names the member.
    init(_ json: JSONValue, from url: String) throws(SignInError) {
        func text(_ name: String) throws(SignInError) -> String {
            guard let text = json[name]?.stringValue else {
                throw SignInError(.invalidAnswer, "the metadata at \(url) has no \(name)")
            }
            return text
        }
        func endpoint(_ name: String) throws(SignInError) -> String {
            let text = try text(name)
            guard text.hasPrefix("https://") || (text.hasPrefix("http://") && HTTPRequest.isLoopback(text)),
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw SignInError(.invalidAnswer, "\(name) in the metadata at \(url) is no https URL") }
            return text
        }
        issuer = try text("issuer")
        let expected = String(url.dropLast(Self.wellKnown.count))
        guard issuer == expected || issuer == expected + "/" else {
            throw SignInError(.invalidAnswer, "the metadata at \(url) is that of another issuer; expected \(expected)")
        }
        authorizationEndpoint = try endpoint("authorization_endpoint")
        tokenEndpoint = try endpoint("token_endpoint")
        keysURL = try endpoint("jwks_uri")
        userinfoEndpoint = json["userinfo_endpoint"] == nil ? nil : try endpoint("userinfo_endpoint")
        namesIssuer = json["authorization_response_iss_parameter_supported"] == true
        let methods = json["token_endpoint_auth_methods_supported"]?.arrayValue?.compactMap(\.stringValue)
        clientAuthentications = methods ?? []
    }

    /// How the client is to show itself: `basic` unless the provider offers `post` alone (OpenID Connect Discovery §3).
    func clientAuthentication(_ settings: OpenIDSettings) -> OpenIDSettings.ClientAuthentication {
        if settings.clientSecret == nil { return .none }
        if let chosen = settings.clientAuthentication { return chosen }
        let basic = OpenIDSettings.ClientAuthentication.basic.rawValue
        return clientAuthentications.contains("client_secret_post") && !clientAuthentications.contains(basic)
            ? .post : .basic
    }
}
