package import Base
internal import Store

// A client changes what it has for tokens.
extension AuthorizationServer {
    /// Answers a request for tokens (RFC 6749 §3.2).
    ///
    /// - Parameter authorization: the header field, when there is one.
    /// - Throws: ``OAuthError``, `StoreError`.
    package func token(_ parameters: OAuthParameters, authorization: String?) async throws -> JSONValue {
        let type = try parameters.required("grant_type")
        let clientID = try authenticatedClient(parameters, authorization)
        switch type {
        case "authorization_code": return try await redeem(parameters, clientID)
        case "refresh_token" where configuration.givesRefreshTokens: return try await refresh(parameters, clientID)
        default:
            throw OAuthError(
                .unsupportedGrantType,
                "expected grant_type authorization_code" + (configuration.givesRefreshTokens ? " or refresh_token" : "")
            )
        }
    }

    private func redeem(_ parameters: OAuthParameters, _ clientID: String) async throws -> JSONValue {
        let (code, verifier) = (try parameters.required("code"), try parameters.required("code_verifier"))
        guard TokenDecision.isVerifier(verifier) else {
            throw OAuthError(.invalidRequest, "expected code_verifier as 43 to 128 unreserved characters")
        }
        let redirectURI = try parameters.one("redirect_uri")
        let (time, first) = (now(), Self.refreshPrefix + Self.secret())
        // Of a client that has a document, this was known where a person was asked, and is among the scopes.
        let refreshes = knownClient(clientID)?.refreshes ?? false
        let (configuration, maximum) = (configuration, configuration.refreshTokens?.maximumPerPerson ?? 20)
        let found = try await store.redeem(code: Self.hash(code), maximumGrants: maximum, now: time) { grant, code in
            let isLasting =
                configuration.givesRefreshTokens
                && (refreshes || grant.scopes.contains(OAuthScope.offlineAccess.rawValue))
            return TokenDecision.code(
                code, of: grant, clientID: clientID, redirectURI: redirectURI, verifier: verifier, now: time,
                grantExpires: configuration.end(of: grant, isLasting: isLasting, time),
                next: isLasting ? configuration.refreshToken(first, time) : nil)
        }
        guard let found, case .use(let end, let next) = found.verdict else {
            throw refusal(
                found?.grant, found?.verdict, "the code is not good: wrong, used, too old, or not for this client")
        }
        try checkResource(parameters, found.grant)
        return try await answer(
            found.grant, until: end, scopes: found.grant.scopes, refreshToken: next == nil ? nil : first,
            nonce: found.code.nonce, now: time)
    }

    private func refresh(_ parameters: OAuthParameters, _ clientID: String) async throws -> JSONValue {
        let token = try parameters.required("refresh_token")
        let (time, configuration, next) = (now(), configuration, successor(of: token))
        let scope = try parameters.one("scope")?.split(separator: " ").map(String.init)
        if scope != nil || !parameters.all("resource").isEmpty {
            // Checked before the token is used up.
            try await check(scope, parameters, Self.hash(token))
        }
        try await checkPresence(Self.hash(token), clientID, now: time)
        let found = try await store.refresh(Self.hash(token), now: time) { grant, stored in
            TokenDecision.refresh(
                stored, of: grant, clientID: clientID, now: time,
                next: configuration.refreshToken(next, time) ?? stored)
        }
        switch found?.verdict {
        case .use, .repeatAnswer: break
        default: throw refusal(found?.grant, found?.verdict, "the refresh token is not good: wrong, used or too old")
        }
        guard let grant = found?.grant else { throw OAuthError(.invalidGrant, "the refresh token is not good") }
        return try await answer(
            grant, until: grant.expires, scopes: scope ?? grant.scopes, refreshToken: next, nonce: nil, now: time)
    }

    /// Ends the access of a person who is no longer in the catalog, as Backstage does.
    private func checkPresence(_ hash: String, _ clientID: String, now: Timestamp) async throws {
        guard configuration.refreshTokens?.looksForUsers == true, let grant = try await store.grant(ofRefresh: hash),
            grant.clientID == clientID, let user = grant.userEntityRef,
            try await directory.ownership(of: user).isEmpty
        else { return }
        try await store.revoke(grant: grant.id, clientID: clientID, now: now)
        verifier.forget()
        logger.info(
            "access has ended, because the person's user is no longer in the catalog",
            ["subject": .string(grant.subject), "user": .string(user), "clientName": .string(grant.clientName)])
        throw OAuthError(.invalidGrant, "the person is no longer in the catalog")
    }

    /// A client may ask for less than was given, never for more (RFC 6749 §6), and for what it was given for.
    private func check(_ scope: [String]?, _ parameters: OAuthParameters, _ hash: String) async throws {
        guard let grant = try await store.grant(ofRefresh: hash) else { return }
        guard Set(scope ?? []).isSubset(of: grant.scopes) else {
            throw OAuthError(.invalidScope, "expected some of \(grant.scopes.joined(separator: " "))")
        }
        try checkResource(parameters, grant)
    }

    private func checkResource(_ parameters: OAuthParameters, _ grant: OAuthGrant) throws {
        let named = parameters.all("resource")
        guard try named.isEmpty || AuthorizationRequest.resource(named, configuration) == grant.resource else {
            throw OAuthError(.invalidTarget, "access was given for \(grant.resource)")
        }
    }

    private func refusal(_ grant: OAuthGrant?, _ verdict: OAuthVerdict?, _ detail: String) -> OAuthError {
        if verdict == .revoke, let grant {
            verifier.forget()
            logger.warning(
                "a code or refresh token came a second time; what came of it has ended",
                ["subject": .string(grant.subject), "clientName": .string(grant.clientName)])
        }
        return OAuthError(.invalidGrant, detail)
    }

    /// - Parameter end: of the grant, which no token outlives.
    private func answer(
        _ grant: OAuthGrant, until end: Timestamp, scopes: [String], refreshToken: String?, nonce: String?,
        now time: Timestamp
    ) async throws -> JSONValue {
        let key = try await keys.signing(now: time)
        let lifetime = min(OAuthConfiguration.accessLifetime, Int64(end.secondsSince(time)))
        let scope = JSONValue.string(scopes.joined(separator: " "))
        let access = key.sign(
            claims(grant, time, lifetime, audience: grant.resource).merging(["scope": scope, "gid": .string(grant.id)]),
            type: OAuthTokenVerifier.type)
        var answer: JSONObject = [
            "access_token": .string(access), "token_type": "Bearer", "expires_in": .int(lifetime), "scope": scope,
        ]
        answer["refresh_token"] = refreshToken.map(JSONValue.string)
        if scopes.contains(OAuthScope.openID.rawValue) {
            var person: JSONObject = ["name": .string(grant.displayName)]
            person["nonce"] = nonce.map(JSONValue.string)
            answer["id_token"] = .string(
                key.sign(claims(grant, time, lifetime, audience: grant.clientID).merging(person)))
        }
        return .object(answer)
    }

    /// RFC 9068 §2.2.
    private func claims(
        _ grant: OAuthGrant, _ now: Timestamp, _ lifetime: Int64, audience: String
    ) -> JSONObject {
        let seconds = now.microseconds / 1_000_000
        return [
            "iss": .string(configuration.issuer), "sub": .string(grant.subject), "aud": .string(audience),
            "client_id": .string(grant.clientID), "iat": .int(seconds),
            "exp": .int(seconds + lifetime), "jti": .string(Self.secret()),
        ]
    }

    private static let refreshPrefix = "cbr_"

    /// The token that follows one: always the same, so that it can be given again when the answer was lost, though it is stored
    /// nowhere. Nobody makes it who has not our secret.
    private func successor(of token: String) -> String {
        Self.refreshPrefix
            + Base64.encode(ring.sign(Array(token.utf8), for: "oauth-refresh-successor"), alphabet: .urlSafe)
    }
}

extension OAuthConfiguration {
    /// The grant of a person of the cluster has the end of their token already.
    fileprivate func end(of grant: OAuthGrant, isLasting: Bool, _ now: Timestamp) -> Timestamp {
        let end = now.adding(seconds: isLasting ? refreshTokens?.absolute ?? 0 : Self.accessLifetime)
        return Person.isOfTheCluster(grant.subject) ? min(end, grant.expires) : end
    }

    fileprivate func refreshToken(_ token: String, _ now: Timestamp) -> OAuthRefresh? {
        refreshTokens.map {
            OAuthRefresh(hash: AuthorizationServer.hash(token), expires: now.adding(seconds: $0.idle))
        }
    }
}

// Which client it is, and tokens that are given back.
extension AuthorizationServer {
    /// The id of the client that asks, which has shown its secret when it has one (RFC 6749 §2.3).
    ///
    /// - Throws: ``OAuthError``.
    private func authenticatedClient(_ parameters: OAuthParameters, _ authorization: String?) throws -> String {
        let basic = try authorization.map(Self.basic)
        let (named, given) = (try parameters.one("client_id"), try parameters.one("client_secret"))
        guard basic == nil || given == nil && (named == nil || named == basic?.id) else {
            throw OAuthError(.invalidRequest, "expected one way of client authentication")
        }
        guard let id = basic?.id ?? named else {
            throw OAuthError(.invalidClient, "the parameter client_id is missing")
        }
        guard let client = knownClient(id) else {
            // A client with a document has no secret; which one it is, is bound to its code.
            // What the configuration allowed once it may forbid later.
            guard configuration.documents?.ids.contains(where: { $0.matches(id) }) == true,
                ClientDocument.isMeant(id), basic?.secret ?? given == nil
            else {
                throw OAuthError(.invalidClient, "there is no such client")
            }
            return id
        }
        guard let hash = client.secretHash else { return id }
        guard let secret = basic?.secret ?? given, constantTimeEqual(hash, sha256(Array(secret.utf8))) else {
            throw OAuthError(.invalidClient, "the client's secret is missing or wrong")
        }
        return id
    }

    /// Id and secret of `Basic` credentials, each encoded as in a form (RFC 6749 §2.3.1).
    private static func basic(_ field: String) throws(OAuthError) -> (id: String, secret: String) {
        let parts = field.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.count == 2, equalIgnoringASCIICase(parts[0], "Basic"),
            let bytes = Base64.decode(parts[1]), let text = String(validating: bytes, as: UTF8.self),
            case let pair = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false), pair.count == 2,
            let id = formDecoded(pair[0]), let secret = formDecoded(pair[1])
        else { throw OAuthError(.invalidClient, "expected Basic credentials") }
        return (id, secret)
    }

    private static func formDecoded(_ text: Substring) -> String? {
        percentDecoded(text.replacing("+", with: " ").utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Ends what a token belongs to (RFC 7009). One that is not known is fine: it is worth nothing already.
    ///
    /// - Throws: ``OAuthError``, `StoreError`.
    package func revoke(_ parameters: OAuthParameters, authorization: String?) async throws {
        let clientID = try authenticatedClient(parameters, authorization)
        let (token, time) = (try parameters.required("token"), now())
        if let id = try? await verifier.claims(of: token)["gid"]?.stringValue {
            try await store.revoke(grant: id, clientID: clientID, now: time)
        } else {
            _ = try await store.revoke(refresh: Self.hash(token), clientID: clientID, now: time)
        }
        verifier.forget()
    }
}
