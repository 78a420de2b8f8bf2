package import Base
package import HTTPClient

/// Signs persons in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core §3.1,
/// RFC 9700 §2.1).
package struct OpenIDProvider: SignInProvider {
    package let id = "oidc"
    package var title: String { settings.title }
    private let settings: OpenIDSettings
    private let requests: ProviderRequests
    private let documents: OpenIDDocuments
    /// How far the provider's clock may be from ours, in seconds.
    private static let leeway: Int64 = 60

    package init(
        _ settings: OpenIDSettings, http: HTTPClient, now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.settings = settings
        requests = ProviderRequests(http: http, provider: settings.metadataURL)
        documents = OpenIDDocuments(requests, metadataURL: settings.metadataURL, now: now)
    }

    package func authorizationURL(
        for attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> String {
        let endpoint = try await documents.currentMetadata().authorizationEndpoint
        var query = [
            ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", callback),
            ("scope", settings.scopes.joined(separator: " ")), ("state", attempt.state), ("nonce", attempt.nonce),
            ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
        ]
        if let prompt = settings.prompt { query.append(("prompt", prompt)) }
        return endpoint + (endpoint.contains("?") ? "&" : "?") + formEncoded(query)
    }

    package func identity(
        code: String, issuer: String?, attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> SignInIdentity {
        let metadata = try await documents.currentMetadata()
        // Another provider's answer in this one's place (RFC 9207 §2.4).
        guard issuer == metadata.issuer || (issuer == nil && !metadata.namesIssuer) else {
            throw SignInError(.invalidAnswer, "the callback is not of the issuer \(metadata.issuer)")
        }
        let tokens = try await tokens(code, attempt, callback, metadata)
        let claims = try await claims(tokens, attempt, metadata)
        guard claims["email"] == nil || claims["preferred_username"] == nil else {
            return OpenIDIdentity.identity(claims)
        }
        return OpenIDIdentity.identity(claims, try await userinfo(tokens, metadata, claims))
    }

    private func tokens(
        _ code: String, _ attempt: SignInAttempt, _ callback: String, _ metadata: OpenIDMetadata
    ) async throws(SignInError) -> JSONValue {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
            ("code_verifier", attempt.verifier),
        ]
        var headers: HTTPHeaders = ["Content-Type": "application/x-www-form-urlencoded"]
        let secret = settings.clientSecret ?? ""
        switch metadata.clientAuthentication(settings) {
        case .basic:
            // RFC 6749 §2.3.1: both are form-encoded first.
            let credentials = "\(percentEncoded(settings.clientID)):\(percentEncoded(secret))"
            headers.set("Authorization", "Basic " + Base64.encode(Array(credentials.utf8)))
        case .post: form += [("client_id", settings.clientID), ("client_secret", secret)]
        case .none: form.append(("client_id", settings.clientID))
        }
        let (status, json) = try await requests.json(
            "the token endpoint",
            HTTPRequest(
                method: "POST", url: metadata.tokenEndpoint, headers: headers, body: Array(formEncoded(form).utf8)))
        guard status == 200, json["id_token"]?.stringValue != nil else {
            let reason = SignInError.shownCode(json["error"]?.stringValue)
            throw SignInError(
                status == 200 ? .invalidAnswer : .refused,
                "the token endpoint of \(metadata.issuer) answered status \(status) with \(reason)")
        }
        return json
    }

    /// What the identity token says, when it is one for this sign-in (OpenID Connect Core §3.1.3.7).
    private func claims(
        _ tokens: JSONValue, _ attempt: SignInAttempt, _ metadata: OpenIDMetadata
    ) async throws(SignInError) -> JSONObject {
        let token: JSONWebToken
        do throws(JWTError) {
            token = try JSONWebToken(parsing: tokens["id_token"]?.stringValue ?? "")
        } catch {
            throw SignInError(.invalidAnswer, "the identity token is not good: \(error)")
        }
        var rules = ClaimRules(issuer: metadata.issuer, audiences: [settings.clientID], needsExpiry: true)
        rules.leeway = Self.leeway
        try await documents.verify(
            token, metadata, allowing: settings.algorithm.map { [$0] } ?? JWTAlgorithm.asymmetric, rules)
        try OpenIDIdentity.check(token.claims, nonce: attempt.nonce, clientID: settings.clientID)
        return token.claims
    }

    /// What the identity token left out. Only what is said of the same subject counts (OpenID Connect Core §5.3.2).
    private func userinfo(
        _ tokens: JSONValue, _ metadata: OpenIDMetadata, _ claims: JSONObject
    ) async throws(SignInError) -> JSONObject {
        guard let endpoint = metadata.userinfoEndpoint, let token = tokens["access_token"]?.stringValue,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return JSONObject() }
        let request = HTTPRequest(url: endpoint, headers: ["Authorization": "Bearer \(token)"])
        let (status, json) = try await requests.json("the userinfo endpoint", request)
        guard status == 200, let more = json.objectValue, more["sub"] == claims["sub"] else { return JSONObject() }
        return more
    }
}
