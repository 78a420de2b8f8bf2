internal import Base

/// What a client asks for, checked: who it is and where the answer goes is certain.
struct AuthorizationRequest: Sendable, Hashable {
    let client: OAuthClient
    let redirectURI: RedirectURI
    let state: String?
    let scopes: [OAuthScope]
    let resource: String
    /// PKCE's, of the method S256.
    let challenge: String
    let nonce: String?
}

/// The parameters of a request as they came (RFC 6749 §4.1.1 with PKCE and RFC 8707).
package struct OAuthParameters: Sendable {
    private let pairs: [(name: String, value: String)]

    package init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// - Returns: nil when it is not there or empty, which is the same (RFC 6749 §3.1).
    /// - Throws: ``OAuthError`` when it is there twice.
    package func one(_ name: String) throws(OAuthError) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw OAuthError(.invalidRequest, "the parameter \(name) is there twice") }
        return values.first
    }

    /// - Throws: ``OAuthError`` when it is not there, or twice.
    package func required(_ name: String) throws(OAuthError) -> String {
        guard let value = try one(name) else { throw OAuthError(.invalidRequest, "the parameter \(name) is missing") }
        return value
    }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }

    /// As a query.
    package var query: String {
        pairs.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
    }
}

extension AuthorizationRequest {
    private static let maximumTextLength = 2_000

    /// Checks everything but the client and the redirect URI, of which the caller is certain: what is wrong may be told there.
    ///
    /// - Throws: ``OAuthError``.
    init(
        _ parameters: OAuthParameters, client: OAuthClient, redirectURI: RedirectURI,
        _ configuration: OAuthConfiguration
    ) throws(OAuthError) {
        self.client = client
        self.redirectURI = redirectURI
        guard try parameters.required("response_type") == "code" else {
            throw OAuthError(.unsupportedResponseType, "expected response_type code")
        }
        guard try parameters.one("response_mode") ?? "query" == "query" else {
            throw OAuthError(.invalidRequest, "expected response_mode query")
        }
        guard try parameters.one("code_challenge_method") == "S256" else {
            throw OAuthError(.invalidRequest, "expected code_challenge_method S256")
        }
        challenge = try parameters.required("code_challenge")
        guard Base64.decode(challenge, alphabet: .urlSafe)?.count == 32, !challenge.contains("=") else {
            throw OAuthError(.invalidRequest, "expected code_challenge as the SHA-256 of a verifier in base64url")
        }
        resource = try Self.resource(parameters.all("resource") + parameters.all("audience"), configuration)
        let asked = try OAuthScope.granted(parameters.one("scope"), offline: configuration.givesRefreshTokens)
        scopes = Self.scopes(asked, of: client, configuration)
        state = try Self.bounded("state", parameters)
        nonce = try Self.bounded("nonce", parameters)
    }

    /// Whether a client with a document gets refresh tokens is settled where the person is asked: later its document is not
    /// at hand.
    private static func scopes(
        _ asked: [OAuthScope], of client: OAuthClient, _ configuration: OAuthConfiguration
    ) -> [OAuthScope] {
        let refreshes = client.origin == .document && client.refreshes && configuration.givesRefreshTokens
        return refreshes && !asked.contains(.offlineAccess) ? asked + [.offlineAccess] : asked
    }

    /// A client that names none, as those of 2025-03-26, means the usual one.
    static func resource(_ named: [String], _ configuration: OAuthConfiguration) throws(OAuthError) -> String {
        let known = configuration.resources
        let found = Set(named).compactMap { name in known.first { $0 == name || $0 + "/" == name } }
        guard found.count == Set(named).count, Set(found).count <= 1 else {
            throw OAuthError(.invalidTarget, "expected one resource of \(known.joined(separator: " "))")
        }
        return found.first ?? known[0]
    }

    private static func bounded(_ name: String, _ parameters: OAuthParameters) throws(OAuthError) -> String? {
        guard let text = try parameters.one(name) else { return nil }
        guard text.utf8.count <= maximumTextLength else {
            throw OAuthError(.invalidRequest, "the parameter \(name) is longer than \(maximumTextLength) bytes")
        }
        return text
    }

    /// Where the browser goes with what came of it. `iss` tells a client that uses several servers whose answer it is
    /// (RFC 9207).
    static func answer(
        _ parameters: [(String, String)], to redirectURI: RedirectURI, state: String?, issuer: String
    ) -> String {
        redirectURI.adding(parameters + (state.map { [("state", $0)] } ?? []) + [("iss", issuer)])
    }
}
