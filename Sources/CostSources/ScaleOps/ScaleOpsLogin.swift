internal import Base
internal import HTTPClient

/// Logging in: what is sent, and what the answer means. Pure.
struct ScaleOpsLogin {
    let endpoint: ScaleOpsEndpoint

    /// What asks for a token; nil when none has to be asked for.
    var request: HTTPRequest? {
        switch endpoint.credentials {
        case .none, .bearer: nil
        case .login(let user, let password): login(user, password)
        case .azure(let application): Self.grant(application)
        }
    }

    /// The token in an answer.
    ///
    /// - Throws: `loginFailed`; the words of the answer are in it, those that must not be shown are not.
    func token(in response: HTTPResponse, now: Timestamp) throws(ScaleOpsError) -> BearerToken {
        if case .azure(let application) = endpoint.credentials {
            return try granted(application, response, now: now)
        }
        return BearerToken(try redirectedToken(response), now: now)
    }
}

// ScaleOps' own login, which is that of its LDAP too.
extension ScaleOpsLogin {
    private func login(_ user: String, _ password: Secret) -> HTTPRequest {
        let body: JSONValue = ["username": .string(user), "password": .string(password.text)]
        return HTTPRequest(
            method: "POST", url: endpoint.baseURL + "/auth/callback",
            // The word TOKEN is meant as it stands.
            headers: ["Content-Type": "application/json", "Cookie": "auth_state=TOKEN"], body: body.serialized())
    }

    private func redirectedToken(_ response: HTTPResponse) throws(ScaleOpsError) -> Secret {
        guard response.status < 400, let location = response.headers["Location"] else {
            throw failed("expected a redirect with a token in its Location, found status \(response.status)")
        }
        guard let token = Self.token(inLocation: location) else {
            throw failed("the redirect after the login has no token: the user or the password may be wrong")
        }
        return try checked(token)
    }

    /// The parameter `token` of the query, or of the fragment, decoded once; what cannot be decoded is taken as it is.
    static func token(inLocation location: String) -> String? {
        let parts = location.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        // Single-page applications have a query in their fragment too.
        for part in parts.reversed() {
            let query = part.firstIndex(of: "?").map { part[part.index(after: $0)...] } ?? part
            for pair in query.split(separator: "&") where pair.hasPrefix("token=") && pair.count > 6 {
                let value = pair.dropFirst(6)
                guard let bytes = percentDecoded(value.utf8) else { return String(value) }
                return String(validating: bytes, as: UTF8.self)
            }
        }
        return nil
    }
}

// Azure AD.
extension ScaleOpsLogin {
    private static func grant(_ application: AzureApplication) -> HTTPRequest {
        var form = [
            ("grant_type", "client_credentials"), ("client_id", application.clientID),
            ("client_secret", application.clientSecret.text), ("scope", application.scope),
        ]
        // The older of Microsoft's two token endpoints wants the resource, the newer one refuses it.
        if !application.tokenURL.contains("/v2.0/"), application.scope.hasSuffix("/.default") {
            form.append(("resource", String(application.scope.dropLast("/.default".count))))
        }
        let body = form.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
        return HTTPRequest(
            method: "POST", url: application.tokenURL,
            headers: ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"],
            body: Array(body.utf8))
    }

    private func granted(
        _ application: AzureApplication, _ response: HTTPResponse, now: Timestamp
    ) throws(ScaleOpsError) -> BearerToken {
        let document = (try? JSONValue(parsing: response.body)) ?? .null
        guard response.status == 200, let token = document["access_token"]?.stringValue else {
            // RFC 6749 §5.2: one of a few words.
            let reason = document["error"]?.stringValue.map { " (\($0.prefix(80)))" } ?? ""
            throw failed(
                "\(application.tokenURL) answered status \(response.status)\(reason); expected an access_token")
        }
        let seconds = document["expires_in"].flatMap { $0.doubleValue ?? $0.stringValue.flatMap(Double.init) }
        return BearerToken(try checked(token), lives: seconds, now: now)
    }
}

extension ScaleOpsLogin {
    /// Refuses what cannot stand in a header.
    private func checked(_ token: String) throws(ScaleOpsError) -> Secret {
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw failed("the token holds characters that no header can hold")
        }
        return Secret(token)
    }

    private func failed(_ detail: String) -> ScaleOpsError {
        ScaleOpsError(
            .loginFailed, endpoint, "login: " + SecretMask.masked(detail, endpoint.credentials.secrets))
    }
}
