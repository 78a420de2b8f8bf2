internal import Base

/// What a client says of itself when it registers, or in its document (RFC 7591 §2). Members that we do not know are passed
/// over.
struct ClientMetadata: Sendable, Hashable {
    let name: String
    let redirectURIs: [RedirectURI]
    let grantTypes: [String]
    /// `none` when the client does not say: it is the only one that a program on a person's machine can keep.
    let authMethod: String

    static let maximumURIs = 10
    static let authMethods = ["none", "client_secret_basic", "client_secret_post"]

    /// - Throws: ``OAuthError`` `invalid_redirect_uri` or `invalid_client_metadata`.
    init(_ json: JSONValue) throws(OAuthError) {
        guard json.objectValue != nil else { throw OAuthError(.invalidClientMetadata, "expected a JSON object") }
        redirectURIs = try Self.redirectURIs(json)
        name = try Self.name(json)
        grantTypes = try Self.list(json, "grant_types") ?? ["authorization_code"]
        let responseTypes = try Self.list(json, "response_types") ?? ["code"]
        guard grantTypes.contains("authorization_code"), responseTypes.contains("code") else {
            throw OAuthError(
                .invalidClientMetadata, "expected the grant type authorization_code and the response type code")
        }
        authMethod = try Self.text(json, "token_endpoint_auth_method") ?? "none"
    }

    /// Whether the client can use a refresh token.
    var refreshes: Bool { grantTypes.contains("refresh_token") }

    private static func redirectURIs(_ json: JSONValue) throws(OAuthError) -> [RedirectURI] {
        guard let texts = try list(json, "redirect_uris"), (1...maximumURIs).contains(texts.count) else {
            throw OAuthError(.invalidRedirectURI, "expected 1 to \(maximumURIs) redirect_uris")
        }
        var uris: [RedirectURI] = []
        for text in texts { uris.append(try RedirectURI(text)) }
        return uris
    }

    /// Shortened, and without characters that make a text look other than it is.
    private static func name(_ json: JSONValue) throws(OAuthError) -> String {
        let text = try text(json, "client_name") ?? ""
        let visible = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        let name = String(String.UnicodeScalarView(visible).prefix(80))
        return name.allSatisfy(\.isWhitespace) ? "A client without a name" : name
    }

    private static func text(_ json: JSONValue, _ key: String) throws(OAuthError) -> String? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw OAuthError(.invalidClientMetadata, "expected \(key) as a string")
        }
        return text
    }

    private static func list(_ json: JSONValue, _ key: String) throws(OAuthError) -> [String]? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let values = value.arrayValue, case let texts = values.compactMap(\.stringValue),
            texts.count == values.count
        else {
            throw OAuthError(
                key == "redirect_uris" ? .invalidRedirectURI : .invalidClientMetadata,
                "expected \(key) as a list of strings")
        }
        return texts
    }
}
