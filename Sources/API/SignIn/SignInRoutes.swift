internal import Access
internal import Actions
internal import Base
internal import HTTPServer

/// How persons sign in and out in browsers.
struct SignInRoutes: Sendable {
    private let signIn: SignIn
    private let directory: any UserDirectory
    private let pages: SignInPages
    private let outcomes: Counter
    private let logger: Logger

    init(_ signIn: SignIn, directory: any UserDirectory, metrics: MetricsRegistry, logger: Logger) {
        self.signIn = signIn
        self.directory = directory
        self.logger = logger
        pages = SignInPages(signIn: signIn)
        outcomes = metrics.counter(
            "callboard_sign_ins_total", help: "Sign-ins of persons that came to an end.",
            labels: ["provider", "outcome"])
    }

    var routes: [Route] {
        [
            Route("/api/auth/sign-in", isOpen: true) { try await page($0.http) },
            Route("/api/auth/sign-in/:provider", methods: ["POST"], isOpen: true) { await begin($0) },
            Route("/api/auth/:provider/handler/frame", isOpen: true) { await comeBack($0) },
            Route("/api/auth/sign-out", methods: ["POST"], isOpen: true) { signOut($0.http) },
            Route("/api/auth/session", isOpen: true) { try await session($0.http) },
        ]
    }

    private func page(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let path = request.queryValue("return") ?? ""
        guard path.isEmpty || SignInSite.isReturnPath(path) else {
            return SignInPages.problem(400, "Expected return to be a path here, such as /api/auth/sign-in.").response
        }
        let (target, cookies) = (path.isEmpty ? nil : path, Cookies.read(request.headers))
        if let person = signIn.sessions.person(of: cookies),
            let token = signIn.sessions.formToken(for: Self.signOutForm, cookies)
        {
            let ownership = try await person.userEntityRef.asyncMap(directory.ownership) ?? []
            return pages.welcome(person, ownership: ownership, returningTo: target, formToken: token).response
        }
        return choice(returningTo: target, cookies)
    }

    private func choice(
        returningTo path: String?, _ cookies: [String: String], status: Int = 200, note: String? = nil
    ) -> HTTPServerResponse {
        let binding = cookies[formCookie] ?? Base64.encode(randomBytes(16), alphabet: .urlSafe)
        let token = signIn.formTokens.make(for: Self.signInForm, boundTo: binding)
        var response = pages.choice(returningTo: path, formToken: token, status: status, note: note).response
        response.headers.add(
            "Set-Cookie", Cookies.set(formCookie, binding, seconds: 3_600, isSecure: signIn.site.isSecure))
        return response
    }

    private func begin(_ request: RouteRequest) async -> HTTPServerResponse {
        let cookies = Cookies.read(request.http.headers)
        guard let form = try? FormFields(request.http) else {
            return SignInPages.problem(400, "Expected the form of the sign-in page.").response
        }
        let path = form["return"].flatMap { SignInSite.isReturnPath($0) ? $0 : nil }
        guard let binding = cookies[formCookie],
            signIn.formTokens.isGood(form["form"], for: Self.signInForm, boundTo: binding)
        else {
            return choice(
                returningTo: path, cookies, status: 403, note: "The page was open for too long. Please choose again.")
        }
        do throws(SignInError) {
            if request["provider"] == "kubernetes", signIn.takesKubernetesTokens {
                let person = try await signIn.person(withKubernetesToken: form["token"] ?? "")
                return welcome(person, provider: "kubernetes", returningTo: path, request.http)
            }
            guard let provider = provider(request) else { return Self.unknownProvider }
            let (location, cookies) = try await signIn.begin(at: provider, returningTo: path ?? ownPath)
            var response = Page.redirect(to: location)
            for cookie in cookies { response.headers.add("Set-Cookie", cookie) }
            return response
        } catch {
            return failed(error, provider: request["provider"], returningTo: path, request.http)
        }
    }

    /// The person comes back from a provider. The attempt is over, whatever becomes of it.
    private func comeBack(_ request: RouteRequest) async -> HTTPServerResponse {
        guard let provider = provider(request) else { return Self.unknownProvider }
        let cookies = Cookies.read(request.http.headers)
        let attempt = signIn.attempt(in: cookies)
        var response: HTTPServerResponse
        do throws(SignInError) {
            let person = try await signIn.finish(attempt, at: provider, request.http.query)
            response = welcome(person, provider: provider.id, returningTo: attempt?.returnPath, request.http)
        } catch {
            response = failed(error, provider: provider.id, returningTo: attempt?.returnPath, request.http)
            // Otherwise any other site could end it by sending the browser here.
            if error.code == .mismatch { return response }
        }
        for cookie in signIn.attemptEndingCookies(cookies) { response.headers.add("Set-Cookie", cookie) }
        return response
    }

    private func signOut(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let cookies = Cookies.read(request.headers)
        let token = (try? FormFields(request))?["form"]
        guard signIn.sessions.isFormToken(token, for: Self.signOutForm, cookies) else {
            return SignInPages.problem(403, "Expected the form of the page that tells who is signed in.").response
        }
        var response = Page.redirect(to: ownPath)
        response.headers.add("Set-Cookie", signIn.sessions.endingCookie)
        return response
    }

    /// Who is signed in, for programs that run in the same browser.
    private func session(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard let person = signIn.sessions.person(of: Cookies.read(request.headers)) else {
            throw AuthenticationError.missing
        }
        let ownership = try await person.userEntityRef.asyncMap(directory.ownership) ?? []
        var response = HTTPServerResponse.json(
            200,
            [
                "subject": .string(person.subject), "displayName": .string(person.displayName),
                "userEntityRef": person.userEntityRef.map { .string($0) } ?? .null,
                "ownershipEntityRefs": .array(ownership.map { .string($0) }),
                "expiresAt": .string(person.expires.rfc3339),
            ])
        response.headers.set("Cache-Control", "no-store")
        return response
    }

    private func welcome(
        _ person: Person, provider: String, returningTo path: String?, _ request: HTTPServerRequest
    ) -> HTTPServerResponse {
        outcomes.increment([provider, "ok"])
        logger.info(
            "a person has signed in",
            [
                "requestId": .string(request.id), "subject": .string(person.subject),
                "user": .string(person.userEntityRef ?? ""), "until": .string(person.expires.rfc3339),
            ])
        var response = Page.redirect(to: path ?? ownPath)
        response.headers.add("Set-Cookie", signIn.sessions.cookie(for: person))
        return response
    }

    private func failed(
        _ error: SignInError, provider: String, returningTo path: String?, _ request: HTTPServerRequest
    ) -> HTTPServerResponse {
        outcomes.increment([provider, error.code.rawValue])
        logger.warning(
            "a person could not be signed in",
            [
                "requestId": .string(request.id), "provider": .string(provider),
                "reason": .string(error.code.rawValue), "detail": .string(error.detail),
            ])
        return pages.failure(error, returningTo: path).response
    }

    private func provider(_ request: RouteRequest) -> (any SignInProvider)? {
        signIn.providers.first { $0.id == request["provider"] }
    }

    private static var unknownProvider: HTTPServerResponse {
        SignInPages.problem(404, "Nobody can sign in this way here.").response
    }

    private var ownPath: String { signIn.site.path("/api/auth/sign-in") }
    /// Ties the sign-in page's forms to the browser, because nobody is signed in yet.
    private var formCookie: String { signIn.site.cookieName("sign-in-form") }
    private static let (signInForm, signOutForm) = ("sign-in", "sign-out")
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
