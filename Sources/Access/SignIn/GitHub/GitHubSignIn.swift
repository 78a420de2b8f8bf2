internal import Base
package import HTTPClient

/// How to sign in at GitHub; the keys of `auth.providers.github.<environment>`.
package struct GitHubSignInSettings: Sendable {
    package let clientID: String
    let clientSecret: String
    /// Of an enterprise's own server; nil: github.com.
    package var enterpriseURL: String?
    /// Members of one of these may sign in; nil: the organization does not matter.
    package var allowedOrganizations: [String]?
    /// Whether to ask for the person's emails, because a rule or a resolver looks at them.
    package var needsEmail = false

    package init(clientID: String, clientSecret: String) {
        self.clientID = clientID
        self.clientSecret = clientSecret
    }
}

/// Signs persons in at GitHub: its code flow with state and PKCE.
package struct GitHubSignIn: SignInProvider {
    package let id = "github"
    package let title = "GitHub"
    private let settings: GitHubSignInSettings
    private let requests: ProviderRequests

    package init(_ settings: GitHubSignInSettings, http: HTTPClient) {
        self.settings = settings
        requests = ProviderRequests(http: http, provider: settings.enterpriseURL ?? "https://github.com")
    }

    private var webURL: String { settings.enterpriseURL ?? "https://github.com" }
    private var apiURL: String { settings.enterpriseURL.map { $0 + "/api/v3" } ?? "https://api.github.com" }

    package func authorizationURL(
        for attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> String {
        var scopes = ["read:user"]
        if settings.allowedOrganizations != nil { scopes.append("read:org") }
        if settings.needsEmail { scopes.append("user:email") }
        return webURL + "/login/oauth/authorize?"
            + formEncoded([
                ("client_id", settings.clientID), ("redirect_uri", callback),
                ("scope", scopes.joined(separator: " ")), ("state", attempt.state),
                ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
            ])
    }

    package func identity(
        code: String, issuer: String?, attempt: SignInAttempt, callback: String
    ) async throws(SignInError) -> SignInIdentity {
        let token = try await token(code, attempt, callback)
        let user = try await requests.document("the user", request("/user", token))
        guard let id = user["id"]?.intValue, let login = user["login"]?.stringValue else {
            throw SignInError(.invalidAnswer, "the user of \(webURL) has no id or no login")
        }
        var identity = SignInIdentity(provider: self.id, id: String(id))
        identity.username = login
        identity.displayName = user["name"]?.stringValue
        if settings.needsEmail { identity.email = try await email(token) }
        identity.isAdmitted = try await isMember(token)
        // Rules let in some of those who are members, never others.
        guard settings.allowedOrganizations == nil || identity.isAdmitted else {
            throw SignInError(.notAdmitted, "\(login) is in none of the allowed organizations")
        }
        return identity
    }

    private func token(
        _ code: String, _ attempt: SignInAttempt, _ callback: String
    ) async throws(SignInError) -> String {
        let form = formEncoded([
            ("client_id", settings.clientID), ("client_secret", settings.clientSecret), ("code", code),
            ("redirect_uri", callback), ("code_verifier", attempt.verifier),
        ])
        let (status, json) = try await requests.json(
            "the token endpoint",
            HTTPRequest(
                method: "POST", url: webURL + "/login/oauth/access_token",
                headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8)))
        // GitHub answers 200 also for a code that is not good.
        guard let token = json["access_token"]?.stringValue, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            let reason = SignInError.shownCode(json["error"]?.stringValue)
            let isRefusal = json["error"] != nil || status != 200
            throw SignInError(
                isRefusal ? .refused : .invalidAnswer,
                "the token endpoint of \(webURL) answered status \(status) with \(reason)")
        }
        return token
    }

    /// The primary one, if GitHub has verified it.
    private func email(_ token: String) async throws(SignInError) -> String? {
        let (_, json) = try await requests.json("the emails", request("/user/emails", token))
        return json.arrayValue?.first { $0["primary"] == true && $0["verified"] == true }?["email"]?.stringValue
    }

    private func isMember(_ token: String) async throws(SignInError) -> Bool {
        for organization in settings.allowedOrganizations ?? [] {
            let path = "/user/memberships/orgs/" + percentEncoded(organization)
            let (status, json) = try await requests.json("the membership", request(path, token))
            // An invitation that was not taken yet is `pending`.
            if status == 200, json["state"] == "active" { return true }
        }
        return false
    }

    private func request(_ path: String, _ token: String) -> HTTPRequest {
        HTTPRequest(
            url: apiURL + path,
            headers: ["Authorization": "Bearer \(token)", "X-GitHub-Api-Version": "2022-11-28"])
    }
}
