package import Base

/// The sign-in of persons in browsers: begins it at a provider, and decides what becomes of who comes back.
package struct SignIn: Sendable {
    package let site: SignInSite
    package let sessions: BrowserSessions
    package let providers: [any SignInProvider]
    /// Nil: nobody signs in with a token of the cluster.
    private let kubernetes: (any KubernetesIdentity)?
    private let admission: SignInAdmission
    private let keys: KeyRing
    private let now: @Sendable () -> Timestamp

    package init(
        site: SignInSite, keys: KeyRing, providers: [any SignInProvider], kubernetes: (any KubernetesIdentity)?,
        settings: SignInSettings, directory: any UserDirectory,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.site = site
        self.keys = keys
        self.providers = providers
        self.kubernetes = kubernetes
        self.now = now
        sessions = BrowserSessions(keys: keys, site: site, now: now)
        admission = SignInAdmission(settings, directory: directory, now: now)
    }

    package var takesKubernetesTokens: Bool { kubernetes != nil }
    package var formTokens: FormToken { FormToken(keys: keys) }

    /// Begins a sign-in.
    ///
    /// - Returns: where to send the person, and the `Set-Cookie` fields that know them when they come back.
    /// - Throws: `unavailable` or `invalidAnswer`.
    package func begin(
        at provider: any SignInProvider, returningTo path: String
    ) async throws(SignInError) -> (location: String, cookies: [String]) {
        let attempt = SignInAttempt(provider: provider.id, returnPath: path, now: now())
        let location = try await provider.authorizationURL(for: attempt, callback: callback(of: provider.id))
        let cookies = Cookies.setParts(
            attemptCookie, attempt.sealed(keys), seconds: SignInAttempt.lifetime, isSecure: site.isSecure)
        return (location, cookies)
    }

    /// The sign-in that this browser has begun; nil when there is none.
    package func attempt(in cookies: [String: String]) -> SignInAttempt? {
        Cookies.parts(attemptCookie, in: cookies).flatMap { SignInAttempt($0, keys) }
    }

    /// The `Set-Cookie` fields with which an attempt is over.
    package func attemptEndingCookies(_ cookies: [String: String]) -> [String] {
        Cookies.endParts(attemptCookie, in: cookies, isSecure: site.isSecure)
    }

    /// Who came back from a provider with these parameters.
    ///
    /// - Throws: `SignInError`.
    package func finish(
        _ attempt: SignInAttempt?, at provider: any SignInProvider, _ parameters: [(name: String, value: String)]
    ) async throws(SignInError) -> Person {
        guard let attempt else { throw SignInError(.expired, "this browser has no sign-in under way") }
        let code = try attempt.code(in: parameters, from: provider.id, now: now())
        let issuer = parameters.first { $0.name == "iss" }?.value
        let identity = try await provider.identity(
            code: code, issuer: issuer, attempt: attempt, callback: callback(of: provider.id))
        return try await admission.person(for: identity)
    }

    /// Whose token of the cluster this is. It is neither kept nor logged.
    ///
    /// - Throws: `SignInError`.
    package func person(withKubernetesToken text: String) async throws(SignInError) -> Person {
        let token = text.filter { !$0.isWhitespace }
        guard let kubernetes, !token.isEmpty else { throw SignInError(.refused, "no token was given") }
        guard let user = try await kubernetes.identity(of: token) else {
            throw SignInError(.refused, "the cluster does not know the token")
        }
        var identity = SignInIdentity(provider: "kubernetes", id: user.username)
        identity.username = user.username
        identity.groups = user.groups
        identity.expires = user.expires
        return try await admission.person(for: identity)
    }

    /// The path is Backstage's, so that what is registered at providers for it serves here too.
    private func callback(of provider: String) -> String { site.url("/api/auth/\(provider)/handler/frame") }
    private var attemptCookie: String { site.cookieName("sign-in-attempt") }
}
