import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport

@testable import CostSources

/// A ScaleOps over HTTP: its login, and whatever a test has it answer.
final class ScaleOpsStandIn: Sendable {
    struct Asked: Sendable {
        let method: String
        let target: String
        let headers: HTTPHeaders
        let body: String
    }

    private struct State {
        var asked: [Asked] = []
        var logins = 0
        /// Taken for good; further ones are refused.
        var goodTokens: Set<String> = []
        var nextToken: @Sendable (Int) -> String = { "token-number-\($0)" }
        var answer: @Sendable (HTTPServerRequest) async -> HTTPServerResponse? = { _ in nil }
        var login: @Sendable (HTTPServerRequest) async -> HTTPServerResponse? = { _ in nil }
    }

    private let state = Mutex(State())
    private let server: Mutex<HTTPServer?> = Mutex(nil)
    static let password = Secret("open sesame")

    init() throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            await self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    /// All but logins.
    var asked: [Asked] { state.withLock { $0.asked } }
    var logins: Int { state.withLock { $0.logins } }

    /// From now on requests with a good token are answered by this; nil of it: `{}`.
    func answer(_ answer: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse?) {
        state.withLock { $0.answer = answer }
    }
    func answer(_ text: String) {
        answer { _ in
            HTTPServerResponse(
                status: 200, headers: ["Content-Type": "application/json"], body: .bytes(Array(text.utf8)))
        }
    }
    /// From now on logins are answered by this; nil of it: as usual.
    func login(_ login: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse?) {
        state.withLock { $0.login = login }
    }
    /// What logins give, by their number.
    func give(_ token: @escaping @Sendable (Int) -> String) { state.withLock { $0.nextToken = token } }
    func accept(_ token: String) { state.withLock { _ = $0.goodTokens.insert(token) } }
    /// All tokens so far are of no use any more.
    func revoke() { state.withLock { $0.goodTokens = [] } }

    func client(
        _ credentials: ScaleOpsCredentials = .login(user: "robot", password: password),
        metrics: MetricsRegistry = MetricsRegistry(), _ change: (inout ScaleOpsClient.Manner) -> Void = { _ in },
        log: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> ScaleOpsClient {
        var manner = ScaleOpsClient.Manner()
        manner.pause = { _ in }
        manner.deadline = .seconds(20)
        change(&manner)
        return ScaleOpsClient(
            ScaleOpsEndpoint(baseURL: url + "//", credentials: credentials), http: HTTPClient(name: "test"),
            metrics: ScaleOpsMetrics(metrics), version: "1", manner: manner, logger: Logger("test") { log($0) })
    }

    private func respond(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        if request.path == "/auth/callback" || request.path == "/oauth" { return await logIn(request) }
        let (answer, tokens) = state.withLock { state in
            state.asked.append(
                Asked(
                    method: request.method, target: request.target, headers: request.headers,
                    body: String(decoding: request.body, as: UTF8.self)))
            return (state.answer, state.goodTokens)
        }
        let token = request.headers["Authorization"]?.split(separator: " ").last.map(String.init)
        if let token, !tokens.contains(token) { return .json(401, ["error": "expired"]) }
        return await answer(request) ?? .json(200, [:])
    }

    private func logIn(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let (login, token) = state.withLock { state in
            state.logins += 1
            return (state.login, state.nextToken(state.logins))
        }
        if let answer = await login(request) { return answer }
        let body = (try? JSONValue(parsing: request.body)) ?? .null
        guard body == ["username": "robot", "password": .string(Self.password.text)],
            request.headers["Cookie"] == "auth_state=TOKEN"
        else { return .json(401, ["error": "wrong"]) }
        accept(token)
        return HTTPServerResponse(status: 302, headers: ["Location": "/?token=\(percentEncoded(token))"])
    }
}

/// The code of the error that is thrown; nil: none is.
func code(_ body: () async throws -> Void) async -> ScaleOpsError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? ScaleOpsError)?.code
    }
}

/// What the API answers to a request.
func text(_ client: ScaleOpsClient, _ request: ScaleOpsRequest) async throws -> String {
    var answer = try await client.open(request)
    return String(decoding: try await answer.body.collect(), as: UTF8.self)
}

/// A JWT without a signature that ends at a time.
func jwt(exp: Int64) -> String {
    func part(_ value: JSONValue) -> String {
        Base64.encode(value.serialized()).map { $0 == "+" ? "-" : $0 == "/" ? "_" : "\($0)" }.joined()
            .filter { $0 != "=" }
    }
    return part(["alg": "none"]) + "." + part(["exp": .int(exp), "sub": "robot"]) + ".signature"
}
