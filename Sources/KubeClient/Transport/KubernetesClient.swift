package import Base
package import HTTPClient

/// Sends requests to one cluster's API server: with credentials, which are renewed when they expire, with the server's
/// refusals as `KubernetesError`, and again when the server asks for that.
package final class KubernetesClient: Sendable {
    package let configuration: ClusterConfiguration
    let discovery = Discovery()
    let streamingLists: StreamingLists
    private let http: HTTPClient
    private let access: ClusterAccess
    private let limiter: WriteLimiter
    private let warnings: ServerWarnings
    private let userAgent: String
    private let observe: @Sendable (Observation) -> Void
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - version: of the program, for the `User-Agent`.
    ///   - clock: waits before a request is repeated and tells when files are to be read again.
    ///   - logger: told of files that cannot be read again, and of what the API server warns about.
    ///   - observe: told of each request what became of it. It must return quickly.
    package init(
        _ configuration: ClusterConfiguration, http: HTTPClient, version: String,
        clock: some Clock<Duration> = ContinuousClock(), logger: Logger = Logger("kubernetes"),
        observe: @escaping @Sendable (Observation) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.http = http
        self.observe = observe
        let logger = logger.with(["server": .string(configuration.server)])
        access = ClusterAccess(configuration, clock: clock, logger: logger)
        limiter = WriteLimiter(clock: clock)
        streamingLists = StreamingLists(clock: clock)
        warnings = ServerWarnings(logger)
        userAgent = "callboard/\(version) (linux/\(machineArchitecture))"
        sleep = { try await clock.sleep(for: $0) }
    }

    /// Sends a request and returns the whole answer. Writes wait for their turn. Refused credentials are renewed once; 429
    /// and 5xx answers that name a wait are waited for, and what only asks is sent again when the connection broke
    /// (`RepeatPolicy`).
    ///
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx.
    package func send(_ request: KubernetesRequest) async throws -> HTTPResponse {
        try await waitForTurn(request)
        return try await repeating(request) { () async throws(Failure) in try await attempt(request) }
    }

    /// The body of the answer to a request that only asks, for who must know how long it is before it is in memory.
    /// Renewed and sent again as by `send`.
    ///
    /// - Parameter admit: told before bytes are taken how many there will be then; the number falls to 0 when the request
    ///   is sent again. False: they are not wanted.
    /// - Returns: nil when the body was not wanted.
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx and for a body beyond `maximumBodyBytes`.
    package func body(of request: KubernetesRequest, admit: (Int) -> Bool) async throws -> [UInt8]? {
        try await repeating(request) { () async throws(Failure) in
            _ = admit(0)
            let stream = try await stream(request, unreadBytes: Self.unreadBytes)
            do {
                return try await Self.body(of: stream, request, admit)
            } catch {
                throw Failure(error: KubernetesError(any: error, request: request.description))
            }
        }
    }

    /// Of a body that is admitted piece by piece: these come before they are.
    private static let unreadBytes = 64 << 10

    private static func body(
        of stream: HTTPStream, _ request: KubernetesRequest, _ admit: (Int) -> Bool
    ) async throws -> [UInt8]? {
        var (body, chunk): ([UInt8], [UInt8]) = ([], [])
        while try await stream.next(into: &chunk) {
            guard chunk.count <= request.maximumBodyBytes - body.count else {
                throw HTTPClientError(
                    code: .bodyTooLarge, request: request.description, detail: "the body is longer than the limit")
            }
            guard admit(body.count + chunk.count) else { return nil }
            body += chunk
        }
        return body
    }

    private func repeating<Answer>(
        _ request: KubernetesRequest, _ attempt: () async throws(Failure) -> Answer
    ) async throws -> Answer {
        var policy = RepeatPolicy(method: request.method, repeats: request.isRepeated)
        while true {
            do throws(Failure) {
                return try await attempt()
            } catch {
                guard let wait = policy.wait(after: error.error, cause: error.cause) else { throw error.error }
                observe(.again(method: request.method, status: error.error.status?.code ?? 0))
                try await pause(wait, request)
            }
        }
    }

    /// Opens a stream, such as a list or a watch. Nothing is repeated here: who follows a stream decides that.
    ///
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx.
    package func open(_ request: KubernetesRequest) async throws -> HTTPStream {
        do throws(Failure) {
            return try await stream(request)
        } catch {
            throw error.error
        }
    }

    private func stream(_ request: KubernetesRequest, unreadBytes: Int? = nil) async throws(Failure) -> HTTPStream {
        let grant = try await granted(request)
        let started = ContinuousClock.now
        do {
            var sent = httpRequest(request, grant)
            if let unreadBytes { sent.unreadBytes = unreadBytes }
            let stream = try await http.open(sent)
            observe(request, stream.status, stream.headers, stream.timing)
            guard !(200..<300).contains(stream.status) else { return stream }
            let body = (try? await Self.beginning(of: stream)) ?? []
            throw await refusal(request, grant, stream.status, stream.headers, body)
        } catch {
            throw await failure(error, request, grant, since: started)
        }
    }

    /// A proxy may answer an error with pages of text; more than this of it says nothing more.
    private static let maximumErrorBytes = 64 << 10

    private static func beginning(of stream: HTTPStream) async throws -> [UInt8] {
        var body: [UInt8] = []
        while body.count < maximumErrorBytes, let chunk = try await stream.next() { body += chunk }
        return body
    }
}

// One attempt.
extension KubernetesClient {
    private struct Failure: Error {
        var error: KubernetesError
        var cause = RepeatPolicy.Cause.other
    }

    private func attempt(_ request: KubernetesRequest) async throws(Failure) -> HTTPResponse {
        let grant = try await granted(request)
        let started = ContinuousClock.now
        do {
            let response = try await http.send(
                httpRequest(request, grant), maximumBodyBytes: request.maximumBodyBytes)
            observe(request, response.status, response.headers, response.timing)
            guard !(200..<300).contains(response.status) else { return response }
            throw await refusal(request, grant, response.status, response.headers, response.body)
        } catch {
            throw await failure(error, request, grant, since: started)
        }
    }

    private func waitForTurn(_ request: KubernetesRequest) async throws {
        guard WriteLimiter.limits(request) else { return }
        guard let wait = limiter.take() else {
            throw KubernetesError(
                code: .tooManyRequests, request: request.description,
                detail: "not sent: writes already wait for more than \(WriteLimiter.maximumWait)")
        }
        observe(.turn(method: request.method, wait: wait))
        try await pause(wait, request)
    }

    private func pause(_ wait: Duration, _ request: KubernetesRequest) async throws(KubernetesError) {
        guard wait > .zero else { return }
        do {
            try await sleep(wait)
        } catch {
            throw KubernetesError(any: error, request: request.description)
        }
    }

    private func granted(_ request: KubernetesRequest) async throws(Failure) -> ClusterAccess.Grant {
        do {
            return try await access.grant()
        } catch let error as ExecPluginError {
            throw Failure(
                error: KubernetesError(
                    code: .unauthorized, request: request.description, detail: error.description))
        } catch {
            throw Failure(error: KubernetesError(any: error, request: request.description))
        }
    }

    private func refusal(
        _ request: KubernetesRequest, _ grant: ClusterAccess.Grant, _ status: Int, _ headers: HTTPHeaders,
        _ body: [UInt8]
    ) async -> KubernetesError {
        if status == 401 { await access.refuse(grant) }
        return KubernetesError(
            Status(body: body, httpStatus: status), request: request.description, retryAfter: headers["Retry-After"])
    }

    /// What a failure means, and what has been done about it.
    private func failure(
        _ error: any Error, _ request: KubernetesRequest, _ grant: ClusterAccess.Grant,
        since started: ContinuousClock.Instant
    ) async -> Failure {
        let failure = KubernetesError(any: error, request: request.description)
        if let status = failure.status {
            return Failure(error: failure, cause: status.code == 401 ? .refusedCredentials : .other)
        }
        observe(
            .attempt(
                Attempt(
                    method: request.method, status: 0, duration: started.duration(to: .now),
                    requestBytes: request.body?.count, nameLookup: nil)))
        guard let error = error as? HTTPClientError, error.code == .tls, await access.failTLS(grant) else {
            return Failure(error: failure)
        }
        return Failure(error: failure, cause: .renewedTrust)
    }

    private func observe(
        _ request: KubernetesRequest, _ status: Int, _ headers: HTTPHeaders, _ timing: RequestTiming
    ) {
        warnings.read(headers, of: request)
        observe(
            .attempt(
                Attempt(
                    method: request.method, status: status, duration: timing.untilHead,
                    requestBytes: request.body?.count, nameLookup: timing.nameLookup)))
    }

    /// On the machine itself the bytes are faster than their compression.
    private var compresses: Bool {
        !configuration.disableCompression && !HTTPRequest.isLoopback(configuration.server)
    }

    private func httpRequest(_ request: KubernetesRequest, _ grant: ClusterAccess.Grant) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": request.accept, "User-Agent": userAgent]
        if let authorization = grant.authorization { headers.add("Authorization", authorization) }
        for (name, value) in access.impersonation { headers.add(name, value) }
        if request.acceptsCompression, compresses { headers.add("Accept-Encoding", "gzip") }
        if request.body != nil { headers.add("Content-Type", request.contentType) }
        var made = HTTPRequest(
            method: request.method, url: configuration.server + request.target, headers: headers, body: request.body,
            tls: grant.tls, proxy: proxy, totalTimeout: request.totalTimeout, idleTimeout: request.idleTimeout)
        made.gatherTime = request.gatherTime
        if !request.isWatch {
            made.onBodyEnd = { [observe, method = request.method] in observe(.body(method: method, bytes: $0)) }
        }
        return made
    }

    /// Go's `socks5` leaves looking up names to the proxy, which curl calls `socks5h`.
    private var proxy: String? {
        guard let proxy = configuration.proxy, proxy.hasPrefix("socks5://") else { return configuration.proxy }
        return "socks5h" + proxy.dropFirst("socks5".count)
    }
}

extension KubernetesRequest {
    fileprivate var isWatch: Bool { query.contains { $0.name == "watch" && $0.value != "0" && $0.value != "false" } }
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
