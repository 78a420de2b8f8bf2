internal import Base
internal import HTTPClient
internal import Synchronization

/// The one place that holds the token of an endpoint. Whoever needs one while there is none waits for the same login.
final class ScaleOpsTokens: Sendable {
    typealias Send = @Sendable (HTTPRequest) async throws -> HTTPResponse

    private struct State {
        var token: BearerToken?
        /// When tokens were given up because the server refused them.
        var renewals: [Timestamp] = []
        /// Why the last login was of no use, and until when nobody tries another: an account must not be locked because
        /// its password was changed.
        var failure: (error: ScaleOpsError, until: Timestamp)?
        var backoff = Backoff(initial: .seconds(1), factor: 2, maximum: .seconds(60), jitter: 0.2)
    }

    private let login: ScaleOpsLogin
    private let send: Send
    private let count: @Sendable (_ succeeded: Bool) -> Void
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())
    private let work = SharedWork<BearerToken>()

    /// - Parameters:
    ///   - count: called after each login.
    ///   - send: sends what logs in.
    init(
        _ endpoint: ScaleOpsEndpoint, now: @escaping @Sendable () -> Timestamp,
        count: @escaping @Sendable (_ succeeded: Bool) -> Void, send: @escaping Send
    ) {
        login = ScaleOpsLogin(endpoint: endpoint)
        self.now = now
        self.count = count
        self.send = send
    }

    /// The token to send; nil: none is needed.
    func token() async throws(ScaleOpsError) -> Secret? {
        switch login.endpoint.credentials {
        case .none: return nil
        case .bearer(let token): return token
        case .login, .azure: break
        }
        if let kept = try kept() { return kept.secret }
        do {
            return try await work.value { [self] in
                // It may have come while this was on its way.
                if let kept = try kept() { return kept }
                return try await logIn()
            }.secret
        } catch {
            throw ScaleOpsError(error, login.endpoint)
        }
    }

    /// The server does not take this token: it is forgotten, unless it has been replaced meanwhile.
    ///
    /// - Returns: whether another one may be had. A server that refuses what it has just given is not asked for ever more.
    func renew(_ token: Secret?) -> Bool {
        let now = now()
        return state.withLock { state in
            guard login.request != nil else { return false }
            guard state.token?.secret == token else { return true }
            state.renewals.removeAll { now.secondsSince($0) > Self.renewalWindow }
            guard state.renewals.count < Self.maximumRenewals else { return false }
            state.renewals.append(now)
            state.token = nil
            return true
        }
    }

    private static let maximumRenewals = 3
    /// In seconds.
    private static let renewalWindow = 30.0

    private func kept() throws(ScaleOpsError) -> BearerToken? {
        let now = now()
        let (token, failure) = state.withLock { ($0.token, $0.failure) }
        if let token, token.until > now { return token }
        if let failure, failure.until > now { throw failure.error }
        return nil
    }

    private func logIn() async throws -> BearerToken {
        guard let request = login.request else { throw CancellationError() }
        do {
            let token = try login.token(in: await send(request), now: now())
            count(true)
            state.withLock { state in
                (state.token, state.failure) = (token, nil)
                state.backoff.reset()
            }
            return token
        } catch {
            let failure = ScaleOpsError(error, login.endpoint)
            count(false)
            if failure.code != .cancelled { state.withLock { pause(failure, &$0) } }
            throw failure
        }
    }

    private func pause(_ error: ScaleOpsError, _ state: inout State) {
        var generator = SystemRandomNumberGenerator()
        let wait = state.backoff.next(using: &generator)
        state.failure = (error, Timestamp(microseconds: now().microseconds + Int64(wait / .microseconds(1))))
    }
}
