internal import Actions
package import Base
internal import HTTPServer
internal import Store

/// What stands between a request and its route besides credentials: how often somebody may come, and the audit.
package struct Oversight: Sendable {
    let limits: RequestLimits
    let audit: AuditLog?
    /// Whose actions are called over REST.
    var registry: ActionRegistry?

    /// - Parameter audit: nil: nothing is taken down.
    package init(
        limits: RequestLimitSettings = RequestLimitSettings(), audit: AuditLog? = nil,
        metrics: MetricsRegistry = MetricsRegistry()
    ) {
        self.init(limits: RequestLimits(limits, metrics: metrics), audit: audit)
    }

    init(limits: RequestLimits, audit: AuditLog?) {
        self.limits = limits
        self.audit = audit
    }

    /// One request on its way.
    struct Visit {
        let request: HTTPServerRequest
        let began = ContinuousClock.now
        var caller: Caller?
        var parameters: [String: String]
        /// Why it was refused, in the words for the caller.
        var failure: String?
        fileprivate var ticket: RequestLimits.Ticket?

        init(_ request: HTTPServerRequest, _ parameters: [String: String] = [:]) {
            self.request = request
            self.parameters = parameters
        }
    }

    /// Lets a visit to an open route in.
    ///
    /// - Throws: `RateLimitError`.
    func admitAnybody(_ visit: inout Visit, _ route: Route?) throws(RateLimitError) {
        if let route, HealthRoutes.isProbe(route.pattern) { return }
        if Self.isGuess(visit.request, route) { try limits.checkGuess(visit.request) }
        visit.ticket = try limits.take(visit.request, nil)
    }

    /// Whether something is tried there that only some know.
    private static func isGuess(_ request: HTTPServerRequest, _ route: Route?) -> Bool {
        guard let route, route.isOpen, route.pattern.hasPrefix("/api/auth/") else { return false }
        return request.method == "POST" || route.pattern == "/api/auth/:provider/handler/frame"
    }

    /// Lets a visit in, once it is known whose it is.
    ///
    /// - Throws: `RateLimitError`, or what `authenticate` throws.
    func admit(
        _ visit: inout Visit, _ authenticate: (HTTPServerRequest) async throws -> Caller
    ) async throws -> Caller {
        try limits.checkAttempt(visit.request)
        do {
            let caller = try await authenticate(visit.request)
            try welcome(&visit, caller)
            return caller
        } catch let error as AuthenticationError {
            // Nothing is known of credentials that could not be checked.
            if case .unavailable = error { throw error }
            limits.attempted(visit.request, isGood: false)
            visit.ticket = try limits.take(visit.request, nil)
            throw error
        }
    }

    /// The same where it is known at once, and the answer too. False: the long way tells what is wrong.
    func admitAtOnce(_ visit: inout Visit, _ caller: Caller) -> Bool {
        do throws(RateLimitError) {
            try limits.checkAttempt(visit.request)
            try welcome(&visit, caller)
            return true
        } catch {
            return false
        }
    }

    private func welcome(_ visit: inout Visit, _ caller: Caller) throws(RateLimitError) {
        visit.caller = caller
        limits.attempted(visit.request, isGood: true)
        visit.ticket = try limits.take(visit.request, caller)
    }

    /// Adds what the limits say to the answer, and takes the visit down.
    func finish(_ visit: Visit, _ route: Route?, _ response: inout HTTPServerResponse) {
        if let ticket = visit.ticket { limits.finish(ticket, &response) }
        if Self.isGuess(visit.request, route), [400, 401].contains(response.status) {
            limits.guessedWrong(visit.request)
        }
        guard let audit else { return }
        let event = AuditEvent(
            visit.request, route, visit.parameters, caller: visit.caller, status: response.status,
            failure: visit.failure, action: { registry?[$0]?.definition.attributes },
            duration: ContinuousClock.now - visit.began, audit.settings, limits.addresses)
        if let event { audit.note(event) }
    }
}
