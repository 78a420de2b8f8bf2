internal import Actions
internal import Base
package import HTTPServer
internal import Synchronization

/// What the operator decided about how often requests may come.
package struct RequestLimitSettings: Sendable {
    /// Of each caller, and of each address where nobody is known (`backend.rateLimit`); nil: none.
    package var requests: RateLimit?
    /// Requests that succeeded or failed need not count.
    package var skipsSuccessful = false
    package var skipsFailed = false
    /// Those who are not held to any limit.
    package var allowed: [IPNetwork] = ["127.0.0.0/8", "::1"].compactMap(IPNetwork.init)
    /// Those who may bring bad credentials as often as they like.
    package var allowedFailures: [IPNetwork] = []
    /// Bad credentials of each address; nil: any number.
    package var failures: RateLimit? = RateLimit(limit: 100)
    /// Calls of tools by each caller (`callboard.mcp.rateLimit`); nil: any number.
    package var tools: RateLimit?
    /// Proxies that tell from where requests come.
    package var trustedProxies: [IPNetwork] = []

    package init() {}
}

/// More requests came than may.
struct RateLimitError: Error {
    let rule: RateLimit
    let wait: Duration

    /// Whole seconds, as `Retry-After` has them.
    var seconds: Int64 { Int64((wait / .seconds(1)).rounded(.up)) }
}

/// Decides who has come too often.
final class RequestLimits: Sendable {
    /// Who is counted: a caller, or an address.
    enum Key: Hashable, Sendable {
        case caller(String)
        case address([UInt8])
        /// What comes by a proxy of which the operator has said nothing, by what that says of its origin.
        case forwarded(by: [UInt8], from: [UInt8])
    }

    /// A request that was counted.
    struct Ticket {
        let key: Key
        let rule: RateLimit
        let verdict: RateVerdict
    }

    let addresses: ClientAddresses
    private let settings: RequestLimitSettings
    private let requests: RateLimiter<Key>?
    private let failures: RateLimiter<Key>?
    /// Of all that comes by one such proxy: who makes up origins gets no further than this.
    private let forwardedFailures: RateLimiter<Key>?
    private static let forwardedFactor = 20
    private let tools: RateLimiter<Key>?
    private let goodCredentials = Mutex(LatelySeen())
    private let refused: Counter
    private let logger: Logger
    private let hasWarned = Atomic(false)

    init(
        _ settings: RequestLimitSettings, metrics: MetricsRegistry, logger: Logger = Logger("limits"),
        now: @escaping @Sendable () -> Duration = RequestLimits.uptime
    ) {
        self.settings = settings
        self.logger = logger
        addresses = ClientAddresses(trusted: settings.trustedProxies)
        requests = settings.requests.map { RateLimiter($0, now: now) }
        failures = settings.failures.map { RateLimiter($0, now: now) }
        forwardedFailures = settings.failures.map { failures in
            RateLimiter(RateLimit(limit: failures.limit * Self.forwardedFactor, window: failures.window), now: now)
        }
        tools = settings.tools.map { RateLimiter($0, now: now) }
        refused = metrics.counter(
            "callboard_rate_limited_total", help: "What was refused because too much of it came.", labels: ["limit"])
        for limit in ["requests", "authentication", "tools"] { refused.increment(by: 0, [limit]) }
    }

    private static let start = ContinuousClock.now
    package static let uptime: @Sendable () -> Duration = { ContinuousClock.now - start }

    /// Counts a request of a caller, or of somebody unknown.
    ///
    /// - Returns: nil when there is no limit for it.
    /// - Throws: `RateLimitError`.
    func take(_ request: HTTPServerRequest, _ caller: Caller?) throws(RateLimitError) -> Ticket? {
        guard let requests, let key = key(request, caller) else { return nil }
        let verdict = requests.take(key)
        try check(verdict, requests.rule, "requests")
        return Ticket(key: key, rule: requests.rule, verdict: verdict)
    }

    /// Tells how the counted request ended, and the client how much is left.
    func finish(_ ticket: Ticket, _ response: inout HTTPServerResponse) {
        let isFailure = response.status >= 400
        if isFailure ? settings.skipsFailed : settings.skipsSuccessful { requests?.giveBack(ticket.key) }
        response.headers.set("RateLimit-Limit", String(ticket.rule.limit))
        response.headers.set("RateLimit-Remaining", String(ticket.verdict.remaining))
        response.headers.set("RateLimit-Reset", String(Int64((ticket.verdict.wait / .seconds(1)).rounded(.up))))
    }

    /// Refuses credentials from an address from where too many bad ones came, unless they have been good lately: who shares
    /// the address with somebody who guesses goes on.
    ///
    /// - Throws: `RateLimitError`.
    func checkAttempt(_ request: HTTPServerRequest) throws(RateLimitError) {
        guard !goodCredentials.withLock({ $0.contains(Self.credential(request)) }) else { return }
        try checkGuess(request)
    }

    /// The same where what is tried is in the body, such as a code or the secret of a client.
    ///
    /// - Throws: `RateLimitError`.
    func checkGuess(_ request: HTTPServerRequest) throws(RateLimitError) {
        for (limiter, key) in failureCounts(request) {
            try check(limiter.look(key), limiter.rule, "authentication")
        }
    }

    /// What was tried in the body was bad.
    func guessedWrong(_ request: HTTPServerRequest) {
        for (limiter, key) in failureCounts(request) { _ = limiter.take(key) }
    }

    /// Whether the credentials of a request were good.
    func attempted(_ request: HTTPServerRequest, isGood: Bool) {
        guard failures != nil else { return }
        if isGood {
            goodCredentials.withLock { $0.insert(Self.credential(request)) }
        } else if request.headers["Authorization"] != nil {
            guessedWrong(request)
        }
    }

    /// Counts a call of a tool.
    ///
    /// - Throws: `RateLimitError`.
    func takeTool(_ caller: Caller) throws(RateLimitError) {
        guard let tools else { return }
        try check(tools.take(.caller(caller.subject)), tools.rule, "tools")
    }

    private func check(_ verdict: RateVerdict, _ rule: RateLimit, _ limit: String) throws(RateLimitError) {
        guard !verdict.isAllowed else { return }
        refused.increment([limit])
        throw RateLimitError(rule: rule, wait: verdict.wait)
    }

    /// Nil: held to no limit.
    private func key(_ request: HTTPServerRequest, _ caller: Caller?) -> Key? {
        guard let address = IPAddress(addresses.client(of: request)) else {
            return caller.map { .caller($0.subject) } ?? .address([])
        }
        if settings.allowed.contains(where: { $0.contains(address) }) { return nil }
        return caller.map { .caller($0.subject) } ?? .address(address.household)
    }

    /// Where a failure counts; empty: may fail as often as it likes. Who comes by a proxy of which the operator has said nothing
    /// has its address in common with all others, who must not be locked out with him: so each origin that the proxy tells has
    /// the bound, and as it may be made up, all together have a larger one.
    private func failureCounts(_ request: HTTPServerRequest) -> [(RateLimiter<Key>, Key)] {
        guard let failures, let forwardedFailures else { return [] }
        let address = IPAddress(addresses.client(of: request))
        if let address, settings.allowedFailures.contains(where: { $0.contains(address) }) { return [] }
        let peer = address?.household ?? []
        guard settings.trustedProxies.isEmpty, let hop = ClientAddresses.hops(of: request).last else {
            return [(failures, .address(peer))]
        }
        warnOfProxy(request.remoteAddress)
        let origin = IPAddress(hop)
        return [
            (failures, .forwarded(by: peer, from: origin?.household ?? [])), (forwardedFailures, .address(peer)),
        ]
    }

    private func warnOfProxy(_ address: String) {
        guard !hasWarned.exchange(true, ordering: .relaxed) else { return }
        logger.warning(
            "requests come by a proxy: bad credentials are limited loosely until callboard.trustedProxies names it",
            ["proxy": .string(address)])
    }

    /// Seeded anew in each process: nobody can find a credential that is taken for another.
    private static func credential(_ request: HTTPServerRequest) -> Int { request.headers["Authorization"].hashValue }
}

/// Numbers that came lately: at least the latest half of the bound.
private struct LatelySeen {
    private var newer: Set<Int> = []
    private var older: Set<Int> = []
    private static let half = 5_000

    func contains(_ number: Int) -> Bool { newer.contains(number) || older.contains(number) }

    mutating func insert(_ number: Int) {
        if newer.count >= Self.half, !newer.contains(number) { (older, newer) = (newer, []) }
        newer.insert(number)
    }
}
