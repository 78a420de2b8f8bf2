package import Base
package import HTTPClient
internal import Synchronization

/// Asks one ScaleOps: logs in when that is needed, sends reads again that failed on their way, and never more at once than
/// it shall.
package final class ScaleOpsClient: Sendable {
    /// How requests are sent.
    package struct Manner: Sendable {
        /// For an answer from the first attempt to the last byte of its body; waiting for a turn and logins come on top.
        package var deadline: Duration = .seconds(30)
        /// Requests under way at once.
        package var concurrency = 8
        /// Requests that wait for their turn; further ones are refused.
        package var maximumWaiting = 64
        /// A longer body is given up.
        package var maximumBytes = 32 << 20
        package var now: @Sendable () -> Timestamp = { .now() }
        /// What the deadline is measured by.
        package var clock: @Sendable () -> ContinuousClock.Instant = { .now }
        /// Waits between two attempts.
        package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        package init() {}
    }

    /// How the endpoint fared when it was last asked.
    package struct Health: Sendable {
        package let at: Timestamp
        /// What went wrong; nil when it answered.
        package let error: String?
    }

    package let endpoint: ScaleOpsEndpoint
    let manner: Manner
    private let http: HTTPClient
    private let metrics: ScaleOpsMetrics
    private let version: String
    private let tokens: ScaleOpsTokens
    private let slots: Slots
    private let logger: Logger
    private let lastHealth = Mutex<Health?>(nil)

    /// Logging in is a small matter.
    private static let loginDeadline: Duration = .seconds(10)
    private static let loginBytes = 1 << 20
    /// With this, a login before it and one in the midst, the longest deadline ends before the minute that the server gives.
    private static let longestTurn: Duration = .seconds(8)

    /// - Parameter version: of the program.
    package init(
        _ endpoint: ScaleOpsEndpoint, http: HTTPClient, metrics: ScaleOpsMetrics, version: String,
        manner: Manner = Manner(), logger: Logger = Logger("scaleops")
    ) {
        self.logger = logger
        self.endpoint = endpoint
        self.http = http
        self.metrics = metrics
        self.version = version
        self.manner = manner
        slots = Slots(count: manner.concurrency, maximumWaiting: manner.maximumWaiting)
        tokens = ScaleOpsTokens(
            endpoint, now: manner.now, count: { metrics.countLogin(endpoint.name, succeeded: $0) }
        ) { request in
            var request = request
            request.totalTimeout = min(manner.deadline, Self.loginDeadline)
            request.headers.set("User-Agent", "callboard/\(version)")
            return try await http.send(request, maximumBodyBytes: Self.loginBytes)
        }
    }

    /// Nil: it has not been asked yet.
    package var health: Health? { lastHealth.withLock { $0 } }

    /// Sends a request and gives the answer, whatever its status, as soon as its header is there.
    ///
    /// - Throws: when there is none: no token, no connection, not in time; or it leads elsewhere.
    package func open(_ request: ScaleOpsRequest) async throws(ScaleOpsError) -> ScaleOpsAnswer {
        do {
            return try await answer(request)
        } catch {
            note(error)
            throw error
        }
    }

    /// A request has come to its end.
    ///
    /// - Parameter status: of the answer; nil: there was none.
    private func note(_ error: ScaleOpsError?, _ request: ScaleOpsRequest, status: Int) {
        guard error == nil, status >= 500 else { return note(error) }
        note(ScaleOpsError(.refused, endpoint, "\(request.shown): answered \(status)", status: status))
    }

    /// Keeps how the endpoint fared; the log is told when that changes.
    private func note(_ error: ScaleOpsError?) {
        // These two tell something of us, not of ScaleOps.
        guard error?.code != .cancelled, error?.code != .busy else { return }
        let health = Health(at: manner.now(), error: error?.detail)
        let before = lastHealth.withLock { kept in
            defer { kept = health }
            return kept
        }
        if let error, before?.error == nil { logger.warning("ScaleOps fails", ["error": .string(error.detail)]) }
        if error == nil, before?.error != nil {
            logger.info("ScaleOps answers again", ["endpoint": .string(endpoint.name)])
        }
    }

    private func answer(_ request: ScaleOpsRequest) async throws(ScaleOpsError) -> ScaleOpsAnswer {
        guard let slot = await slots.take(until: .now + min(manner.deadline, Self.longestTurn)) else {
            throw ScaleOpsError(
                Task.isCancelled ? .cancelled : .busy, endpoint, "\(request.shown): too many requests are under way")
        }
        var repeats = RequestRepeats(isRead: request.isRead)
        var end = manner.clock() + manner.deadline
        while true {
            let began = manner.clock()
            let token = try await tokens.token()
            end += manner.clock() - began
            let attempt = await attempt(request, token, until: end)
            let outcome = outcome(of: attempt)
            switch await next(&repeats, after: outcome, until: end) {
            case .renew where tokens.renew(token): try checkTime(request, until: end)
            case .wait: continue
            case .renew, .end:
                // So that the next write has a good one.
                if !request.isRead, outcome.mayHaveEndedToken { _ = tokens.renew(token) }
                return try judge(attempt, request, token, slot)
            }
        }
    }

    private func attempt(
        _ request: ScaleOpsRequest, _ token: Secret?, until end: ContinuousClock.Instant
    ) async -> Result<HTTPStream, any Error> {
        let left = max(end - manner.clock(), .milliseconds(1))
        let wire = HTTPRequest(
            method: request.method, url: endpoint.baseURL + request.path + (request.query.map { "?\($0)" } ?? ""),
            headers: request.headers(token: token, version: version), body: request.body,
            connectTimeout: min(left, .seconds(10)), totalTimeout: left)
        do {
            let stream = try await http.open(wire)
            metrics.countRequest(endpoint.name, status: stream.status)
            return .success(stream)
        } catch {
            metrics.countRequest(endpoint.name, status: nil)
            return .failure(error)
        }
    }

    private func outcome(of attempt: Result<HTTPStream, any Error>) -> RequestRepeats.Outcome {
        switch attempt {
        case .failure(let error): return .failure((error as? HTTPClientError)?.code ?? .cancelled)
        case .success(let stream):
            return .answer(
                status: stream.status,
                retryAfter: stream.headers.retryAfterSeconds().map { .seconds($0) },
                leadsToLogin: RequestRepeats.leadsToLogin(
                    status: stream.status, location: stream.headers["Location"], baseURL: endpoint.baseURL))
        }
    }

    /// What follows, after the wait that it needs. When there is no time for that, what came is the end.
    private func next(
        _ repeats: inout RequestRepeats, after outcome: RequestRepeats.Outcome, until end: ContinuousClock.Instant
    ) async -> RequestRepeats.Step {
        var generator = SystemRandomNumberGenerator()
        let step = repeats.next(after: outcome, using: &generator)
        guard case .wait(let pause) = step else { return step }
        guard manner.clock() + pause < end, (try? await manner.pause(pause)) != nil else { return .end }
        return step
    }

    /// A write that is sent with hardly any time left may be done and yet fail.
    private func checkTime(
        _ request: ScaleOpsRequest, until end: ContinuousClock.Instant
    ) throws(ScaleOpsError) {
        guard end - manner.clock() >= manner.deadline / 10 else {
            throw ScaleOpsError(
                .timeout, endpoint, "\(request.shown): the token was refused when it was too late to send it again")
        }
    }

    private func judge(
        _ attempt: Result<HTTPStream, any Error>, _ request: ScaleOpsRequest, _ token: Secret?, _ slot: Slots.Slot
    ) throws(ScaleOpsError) -> ScaleOpsAnswer {
        let stream: HTTPStream
        switch attempt {
        case .failure(let error): throw ScaleOpsError(error, endpoint)
        case .success(let answer): stream = answer
        }
        guard !outcome(of: attempt).isUnauthorized(isRead: request.isRead) else {
            throw ScaleOpsError(
                .unauthorized, endpoint,
                "\(request.shown): the credentials are not taken (\(stream.status)); check scaleops.authentication",
                status: stream.status)
        }
        // Where a redirect leads may be told by its Location, which may hold anything; so it goes no further.
        guard ![301, 302, 303, 307, 308].contains(stream.status) else {
            throw ScaleOpsError(
                .redirected, endpoint,
                "\(request.shown): a redirect (\(stream.status)) is not followed; check baseUrl"
                    + (request.isRead ? "" : ", and whether the write was done"),
                status: stream.status)
        }
        let secrets = endpoint.credentials.secrets + [token].compactMap { $0 }
        let body = ScaleOpsBody(
            stream, of: request, at: endpoint, slot, secrets: secrets, manner: manner
        ) { [self] in note($0, request, status: stream.status) }
        return ScaleOpsAnswer(status: stream.status, headers: SecretMask.masked(stream.headers, secrets), body: body)
    }
}
