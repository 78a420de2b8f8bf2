internal import Base
internal import Store

/// What comes of a request for access.
package enum AuthorizationStep: Sendable {
    /// The browser goes there, with the answer to the client.
    case redirect(String)
    /// The person is asked.
    case ask(ConsentQuestion)
    /// The person is told that it cannot be; nobody else is.
    case refused(OAuthError)
}

/// What a person is asked.
package struct ConsentQuestion: Sendable {
    package let client: OAuthClient
    package let person: Person
    package let redirectURI: RedirectURI
    package let scopes: [OAuthScope]
    package let resource: String
    /// What the form sends back with the decision.
    package let ticket: String
}

// A client asks, a person decides.
extension AuthorizationServer {
    /// Takes a request that a person's browser brought.
    ///
    /// - Throws: `StoreError`.
    package func begin(_ parameters: OAuthParameters, for person: Person) async throws -> AuthorizationStep {
        let client: OAuthClient
        let redirectURI: RedirectURI
        do {
            client = try await self.client(try parameters.required("client_id"))
            redirectURI = try RedirectURI(try parameters.required("redirect_uri"))
            guard client.allows(redirectURI) else {
                throw OAuthError(.invalidRedirectURI, "redirect_uri is none of those that the client has registered")
            }
        } catch let error as OAuthError {
            // An address that is not certain gets no answer: it may be a thief's.
            return .refused(error)
        }
        do {
            return try await ask(
                AuthorizationRequest(parameters, client: client, redirectURI: redirectURI, configuration), person)
        } catch let error as OAuthError {
            return .redirect(answer(error, to: redirectURI, state: (try? parameters.one("state")) ?? nil))
        }
    }

    private func ask(_ request: AuthorizationRequest, _ person: Person) async throws -> AuthorizationStep {
        let time = now()
        if request.client.mayBeRemembered(at: request.redirectURI),
            try await store.remembers(consent(request, person), now: time)
        {
            return .redirect(try await give(request, to: person))
        }
        let ticket = ConsentTicket(
            request: request, subject: person.subject,
            expires: time.adding(seconds: OAuthConfiguration.decisionLifetime))
        return .ask(
            ConsentQuestion(
                client: request.client, person: person, redirectURI: request.redirectURI, scopes: request.scopes,
                resource: request.resource, ticket: ticket.sealed(with: ring)))
    }

    /// Takes a person's decision.
    ///
    /// - Parameter ticket: of the question.
    /// - Throws: `StoreError`.
    package func decide(
        _ ticket: String, approves: Bool, by person: Person
    ) async throws -> AuthorizationStep {
        let time = now()
        guard let ticket = ConsentTicket(ticket, keys: ring), ticket.subject == person.subject else {
            return .refused(
                OAuthError(.invalidRequest, "this question was not asked of you; begin again in the application"))
        }
        guard time < ticket.expires else {
            return .refused(OAuthError(.invalidRequest, "this question is too old; begin again in the application"))
        }
        let request = ticket.request
        guard approves else {
            logger.info("access was refused by a person", fields(request, person))
            let error = OAuthError(.accessDenied, "the person refused")
            return .redirect(answer(error, to: request.redirectURI, state: request.state))
        }
        if request.client.mayBeRemembered(at: request.redirectURI) {
            try await store.remember(
                consent(request, person), until: time.adding(seconds: OAuthConfiguration.consentLifetime),
                now: time)
        }
        return .redirect(try await give(request, to: person))
    }

    /// A code for the client, on its way.
    private func give(_ request: AuthorizationRequest, to person: Person) async throws -> String {
        let (code, time) = (Self.secret(), now())
        let end = time.adding(seconds: OAuthConfiguration.codeLifetime)
        let grant = OAuthGrant(
            id: Self.secret(), subject: person.subject, displayName: person.displayName,
            userEntityRef: person.userEntityRef, clientID: request.client.id, clientName: request.client.name,
            scopes: request.scopes.map(\.rawValue), resource: request.resource,
            expires: person.accessEnd ?? end)
        try await store.add(
            grant,
            code: OAuthCode(
                hash: Self.hash(code), redirectURI: request.redirectURI.text, challenge: request.challenge,
                nonce: request.nonce, expires: end),
            now: time)
        logger.info("access was given by a person", fields(request, person))
        return AuthorizationRequest.answer(
            [("code", code)], to: request.redirectURI, state: request.state, issuer: configuration.issuer)
    }

    private func answer(_ error: OAuthError, to redirectURI: RedirectURI, state: String?) -> String {
        AuthorizationRequest.answer(
            [("error", error.code.rawValue), ("error_description", error.detail)], to: redirectURI, state: state,
            issuer: configuration.issuer)
    }

    private func consent(_ request: AuthorizationRequest, _ person: Person) -> OAuthConsent {
        OAuthConsent(
            subject: person.subject, userEntityRef: person.userEntityRef, clientID: request.client.id,
            scopes: request.scopes.map(\.rawValue),
            resource: request.resource, redirectURI: request.redirectURI.text)
    }

    private func fields(_ request: AuthorizationRequest, _ person: Person) -> JSONObject {
        [
            "subject": .string(person.subject), "client": .string(String(request.client.id.prefix(200))),
            "clientName": .string(request.client.name), "resource": .string(request.resource),
            "scope": .string(request.scopes.map(\.rawValue).joined(separator: " ")),
        ]
    }

    /// 256 bits that nobody can guess.
    static func secret() -> String { Base64.encode(randomBytes(32), alphabet: .urlSafe) }

    /// What is stored of a code or token.
    static func hash(_ secret: String) -> String { sha256Hex(Array(secret.utf8)) }
}
