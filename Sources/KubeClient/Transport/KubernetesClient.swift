internal import Base
package import HTTPClient

/// Sends requests to one cluster's API server: with its token, which is renewed when it expires, with the server's
/// refusals as `KubernetesError`, and again when the server asks for that.
package final class KubernetesClient: Sendable {
    /// A finished request, for `rest_client_requests_total` and its like.
    package struct Observation: Sendable {
        package let method: String
        /// The HTTP status; 0 when there was no answer.
        package let status: Int
        package let duration: Duration
    }

    package let configuration: ClusterConfiguration
    let discovery = Discovery()
    private let http: HTTPClient
    private let tokens: TokenSource
    private let userAgent: String
    private let observe: @Sendable (Observation) -> Void
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - version: of the program, for the `User-Agent`.
    ///   - clock: waits before a request is repeated and tells when a token is to be read again.
    ///   - observe: called after each request with what became of it. It must return quickly.
    package init(
        _ configuration: ClusterConfiguration, http: HTTPClient, version: String,
        clock: some Clock<Duration> = ContinuousClock(), observe: @escaping @Sendable (Observation) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.http = http
        self.observe = observe
        tokens = TokenSource(configuration.credentials, clock: clock)
        userAgent = "callboard/\(version) (linux/\(machineArchitecture))"
        sleep = { try await clock.sleep(for: $0) }
    }

    /// Sends a request and returns the whole answer. A refused token is read again once; 429 and 5xx answers that name
    /// a wait are waited for, up to four times and 10 s each, as client-go does.
    ///
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx.
    package func send(_ request: KubernetesRequest) async throws -> HTTPResponse {
        var repeats = 0
        var tokenWasRefused = false
        while true {
            do {
                return try await attempt(request)
            } catch let error as KubernetesError {
                if error.code == .unauthorized, !tokenWasRefused {
                    tokenWasRefused = true
                } else if let wait = error.retryAfter, error.isWorthRepeating, repeats < Self.maximumRepeats {
                    repeats += 1
                    try await sleep(min(wait, Self.maximumWait))
                } else {
                    throw error
                }
            }
        }
    }

    private static let maximumRepeats = 4
    private static let maximumWait: Duration = .seconds(10)

    /// Opens a stream, such as a list or a watch. Nothing is repeated here: who follows a stream decides that.
    ///
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx.
    package func open(_ request: KubernetesRequest) async throws -> HTTPStream {
        let token = await tokens.token()
        let started = ContinuousClock.now
        do {
            let stream = try await http.open(httpRequest(request, token: token))
            observe(request, status: stream.status, since: started)
            guard !(200..<300).contains(stream.status) else { return stream }
            let body = try await Self.beginning(of: stream)
            throw await refusal(request, token, stream.status, stream.headers, body)
        } catch {
            throw observed(error, request, since: started)
        }
    }

    /// A proxy may answer an error with pages of text; more than this of it says nothing more.
    private static let maximumErrorBytes = 64 << 10

    private static func beginning(of stream: HTTPStream) async throws -> [UInt8] {
        var body: [UInt8] = []
        while body.count < maximumErrorBytes, let chunk = try await stream.next() { body += chunk }
        return body
    }

    private func attempt(_ request: KubernetesRequest) async throws -> HTTPResponse {
        let token = await tokens.token()
        let started = ContinuousClock.now
        do {
            let response = try await http.send(
                httpRequest(request, token: token), maximumBodyBytes: request.maximumBodyBytes)
            observe(request, status: response.status, since: started)
            guard !(200..<300).contains(response.status) else { return response }
            throw await refusal(request, token, response.status, response.headers, response.body)
        } catch {
            throw observed(error, request, since: started)
        }
    }

    private func refusal(
        _ request: KubernetesRequest, _ token: String?, _ status: Int, _ headers: HTTPHeaders, _ body: [UInt8]
    ) async -> KubernetesError {
        if status == 401 { await tokens.refuse(token) }
        return KubernetesError(
            Status(body: body, httpStatus: status), request: request.description, retryAfter: headers["Retry-After"])
    }

    private func observed(
        _ error: any Error, _ request: KubernetesRequest, since started: ContinuousClock.Instant
    ) -> KubernetesError {
        let failure = KubernetesError(any: error, request: request.description)
        if failure.status == nil { observe(request, status: 0, since: started) }
        return failure
    }

    private func observe(_ request: KubernetesRequest, status: Int, since started: ContinuousClock.Instant) {
        observe(Observation(method: request.method, status: status, duration: started.duration(to: .now)))
    }

    private func httpRequest(_ request: KubernetesRequest, token: String?) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": request.accept, "User-Agent": userAgent]
        if let token { headers.add("Authorization", "Bearer \(token)") }
        if request.body != nil { headers.add("Content-Type", request.contentType) }
        return HTTPRequest(
            method: request.method, url: configuration.server + request.target, headers: headers, body: request.body,
            tls: configuration.tls, proxy: configuration.proxy, totalTimeout: request.totalTimeout,
            idleTimeout: request.idleTimeout)
    }
}

extension KubernetesError {
    /// client-go repeats what the server refused with a `Retry-After`, whatever the method: it did not act on it.
    fileprivate var isWorthRepeating: Bool { code == .tooManyRequests || (status?.code ?? 0) >= 500 }
}

/// As Go names it, which is what API servers log.
private var machineArchitecture: String {
    #if arch(x86_64)
        "amd64"
    #elseif arch(arm64)
        "arm64"
    #else
        "other"
    #endif
}
