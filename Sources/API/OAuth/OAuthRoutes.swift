internal import Access
internal import Actions
internal import Base
internal import HTTPServer
internal import Store

/// The authorization server's face: documents, the pages that a person sees, and what clients ask.
struct OAuthRoutes: Sendable {
    private let server: AuthorizationServer
    private let persons: any PersonSource
    private let answers: Counter
    private let logger: Logger

    init(_ server: AuthorizationServer, persons: any PersonSource, metrics: MetricsRegistry, logger: Logger) {
        self.server = server
        self.persons = persons
        self.logger = logger
        answers = metrics.counter(
            "callboard_oauth_requests_total", help: "Requests to the authorization server.",
            labels: ["endpoint", "outcome"])
    }

    /// Forms and JSON that clients send are small.
    private static let maximumBodyBytes = 32 << 10

    var routes: [Route] {
        documents + [
            Route("/api/auth/v1/authorize", methods: ["GET", "POST"], isOpen: true) { await authorize($0.http) },
            Route("/api/auth/v1/consent", methods: ["POST"], isOpen: true) { await decide($0.http) },
            Route("/api/auth/v1/token", methods: ["POST"], isOpen: true, reach: .everyPage) { request in
                await answer("token", request.http) { try await server.token($0, authorization: $1) }
            },
            Route("/api/auth/v1/revoke", methods: ["POST"], isOpen: true, reach: .everyPage) { request in
                await answer("revoke", request.http) {
                    try await server.revoke($0, authorization: $1)
                    return [:]
                }
            },
            Route("/api/auth/v1/register", methods: ["POST"], isOpen: true, reach: .everyPage) { register($0.http) },
            Route("/api/auth/v1/userinfo", methods: ["GET", "POST"], isOpen: true, reach: .everyPage) {
                await person($0.http)
            },
        ]
    }

    /// At every place where clients look (RFC 8414 §3.1, OpenID Connect Discovery §4); clients of 2025-03-26 look at the
    /// origin alone.
    private var documents: [Route] {
        let prefixes = Set(["", server.configuration.basePath]).sorted()
        let places = prefixes.flatMap { prefix in
            ["oauth-authorization-server", "openid-configuration"].map { "/.well-known/\($0)\(prefix)/api/auth" }
        }
        let appended = ["oauth-authorization-server", "openid-configuration"].map { "/api/auth/.well-known/\($0)" }
        return (["/.well-known/oauth-authorization-server"] + places + appended).map { path in
            Route(path, isOpen: true, reach: .everyPage) { [server] _ in .json(200, server.metadata) }
        } + [
            Route("/api/auth/.well-known/jwks.json", isOpen: true, reach: .everyPage) { [server] _ in
                .json(200, try await server.keySet())
            }
        ]
    }
}

// What a person sees.
extension OAuthRoutes {
    private func authorize(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let isForm = request.method == "POST"
        guard let pairs = isForm ? try? Self.form(request) : request.query else {
            return ConsentPage.refusal(OAuthError.invalidForm).response
        }
        let parameters = OAuthParameters(pairs)
        guard let person = persons.person(of: Cookies.read(request.headers)) else {
            return signIn(parameters)
        }
        return await page("authorize") { try await server.begin(parameters, for: person) }
    }

    /// The person signs in first, so that nobody else has the documents of clients read.
    private func signIn(_ parameters: OAuthParameters) -> HTTPServerResponse {
        let path = "\(server.configuration.basePath)/api/auth/v1/authorize?\(parameters.query)"
        guard SignInSite.isReturnPath(path) else {
            return ConsentPage.refusal(OAuthError.tooLong).response
        }
        return Page.redirect(to: persons.signInPath(returningTo: path))
    }

    private func decide(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        guard let form = try? OAuthParameters(Self.form(request)), let ticket = (try? form.one("ticket")) ?? nil,
            let decision = (try? form.one("decision")) ?? nil, ["approve", "reject"].contains(decision)
        else { return ConsentPage.refusal(OAuthError.invalidForm).response }
        guard let person = persons.person(of: Cookies.read(request.headers)) else {
            return ConsentPage.refusal(OAuthError.signedOut).response
        }
        return await page("consent") {
            try await server.decide(ticket, approves: decision == "approve", by: person)
        }
    }

    private func page(
        _ endpoint: String, _ step: () async throws -> AuthorizationStep
    ) async -> HTTPServerResponse {
        do {
            switch try await step() {
            case .redirect(let location):
                answers.increment([endpoint, "redirected"])
                return Page.redirect(to: location)
            case .ask(let question):
                answers.increment([endpoint, "asked"])
                let action = server.configuration.basePath + "/api/auth/v1/consent"
                return ConsentPage.asking(question, action: action).response
            case .refused(let error):
                answers.increment([endpoint, error.code.rawValue])
                return ConsentPage.refusal(error).response
            }
        } catch {
            answers.increment([endpoint, "unavailable"])
            logger.error("a person could not be asked", ["endpoint": .string(endpoint), "error": .string("\(error)")])
            return ConsentPage.unavailable.response
        }
    }

    private static func form(_ request: HTTPServerRequest) throws -> [(name: String, value: String)] {
        guard request.body.count <= maximumBodyBytes else { throw OAuthError.invalidForm }
        return try FormFields(request).fields
    }
}

// What clients ask.
extension OAuthRoutes {
    private func answer(
        _ endpoint: String, _ request: HTTPServerRequest,
        _ body: (OAuthParameters, String?) async throws -> JSONValue
    ) async -> HTTPServerResponse {
        do {
            let fields = request.headers.all("Authorization")
            guard fields.count <= 1, let form = try? Self.form(request) else { throw OAuthError.invalidForm }
            let value = try await body(OAuthParameters(form), fields.first)
            answers.increment([endpoint, "ok"])
            return Self.unkept(.json(200, value))
        } catch {
            return failure(error, endpoint, request)
        }
    }

    private func register(_ request: HTTPServerRequest) -> HTTPServerResponse {
        do {
            guard request.body.count <= Self.maximumBodyBytes, let json = try? JSONValue(parsing: request.body) else {
                throw OAuthError.invalidRegistration
            }
            let answer = try server.register(json)
            answers.increment(["register", "ok"])
            return Self.unkept(.json(201, answer))
        } catch {
            return failure(error, "register", request)
        }
    }

    private func person(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let parts = request.headers.all("Authorization").flatMap { $0.split(separator: " ").map(String.init) }
        do {
            guard parts.count == 2, equalIgnoringASCIICase(parts[0], "Bearer") else {
                throw TokenError.invalid("Expected a bearer token")
            }
            let answer = try await server.verifier.person(of: parts[1])
            answers.increment(["userinfo", "ok"])
            return Self.unkept(.json(200, answer))
        } catch TokenError.invalid(let reason) {
            answers.increment(["userinfo", "invalid_token"])
            var response = HTTPServerResponse.json(
                401, ["error": "invalid_token", "error_description": .string(reason)])
            response.headers.set(
                "WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"\(reason)\"")
            return Self.unkept(response)
        } catch {
            return failure(error, "userinfo", request)
        }
    }

    private func failure(
        _ error: any Error, _ endpoint: String, _ request: HTTPServerRequest
    ) -> HTTPServerResponse {
        guard let error = error as? OAuthError else {
            answers.increment([endpoint, "unavailable"])
            logger.error("a client got no answer", ["endpoint": .string(endpoint), "error": .string("\(error)")])
            var response = HTTPServerResponse.json(
                503, ["error": "temporarily_unavailable", "error_description": "Try again in a moment"])
            response.headers.set("Retry-After", "2")
            return Self.unkept(response)
        }
        answers.increment([endpoint, error.code.rawValue])
        let isClient = error.code == .invalidClient
        var response = HTTPServerResponse.json(
            isClient ? 401 : 400, ["error": .string(error.code.rawValue), "error_description": .string(error.detail)])
        if isClient, request.headers["Authorization"] != nil {
            response.headers.set("WWW-Authenticate", "Basic realm=\"callboard\"")
        }
        return Self.unkept(response)
    }

    /// RFC 6749 §5.1.
    private static func unkept(_ response: HTTPServerResponse) -> HTTPServerResponse {
        var response = response
        response.headers.set("Cache-Control", "no-store")
        response.headers.set("Pragma", "no-cache")
        return response
    }
}
