package import Actions
package import Base
internal import Synchronization

/// Tokens of a cluster's accounts: the API server says whose they are. Answers are kept for a short time under the token's
/// hash, and who asks for the same token meanwhile waits for the same answer.
package final class KubernetesTokens: TokenVerifier {
    /// How much is kept, and for how long.
    package struct Limits: Sendable, Hashable {
        /// Of a good token; it is never kept beyond its own end.
        package var lifetime: Duration = .seconds(60)
        /// Of one that is not good: short, since an account may come into being.
        package var refusalLifetime: Duration = .seconds(10)
        /// Tokens that are kept, of either kind.
        package var maximumKept = 10_000
        /// Questions under way; who comes beyond that is told to come again.
        package var maximumQuestions = 32

        package init() {}
    }

    private enum Outcome: Sendable {
        case caller(Caller, expires: Timestamp?)
        case refused(String)
    }
    private typealias Hash = [UInt8]

    private struct State {
        var good: ShortMemory<Hash, Outcome>
        var refused: ShortMemory<Hash, Outcome>
        var flights: [Hash: (work: SharedWork<Outcome>, waiters: Int)] = [:]
    }

    private let reviews: TokenReviews
    private let audiences: Set<String>
    private let grants: [KubernetesGrant]
    private let limits: Limits
    private let passed: @Sendable () -> Duration
    private let now: @Sendable () -> Timestamp
    private let count: @Sendable (_ result: String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - audiences: for which tokens must be meant, one of these.
    ///   - passed: time since some fixed moment.
    ///   - count: told of each question: `succeeded`, `refused` or `failed`.
    package init(
        _ reviews: TokenReviews, audiences: Set<String>, grants: [KubernetesGrant], limits: Limits = Limits(),
        passed: @escaping @Sendable () -> Duration, now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        count: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.reviews = reviews
        self.audiences = audiences
        self.grants = grants
        self.limits = limits
        self.passed = passed
        self.now = now
        self.count = count
        state = Mutex(
            State(
                good: ShortMemory(lifetime: limits.lifetime, limit: limits.maximumKept),
                refused: ShortMemory(lifetime: limits.refusalLifetime, limit: limits.maximumKept)))
    }

    /// Only what has the form of a token of a cluster is shown to the API server: a secret that somebody mistyped is not.
    package func caller(of token: String) async throws(TokenError) -> Caller? {
        guard JSONWebToken.looksLikeOne(token), let parsed = try? JSONWebToken(parsing: token) else { return nil }
        let hash = sha256(Array(token.utf8))
        let outcome: Outcome
        if let kept = kept(hash) {
            outcome = kept
        } else {
            outcome = try await ask(once: hash, token, expires: parsed.end)
        }
        switch outcome {
        case .caller(let caller, _): return caller
        case .refused(let reason): throw .invalid(reason)
        }
    }

    private func kept(_ hash: Hash) -> Outcome? {
        let (passed, now) = (passed(), now())
        return state.withLock { state in
            if case .caller(let caller, let end)? = state.good.value(hash, at: passed), end.map({ now < $0 }) ?? true {
                return .caller(caller, expires: end)
            }
            return state.refused.value(hash, at: passed)
        }
    }

    private func ask(
        once hash: Hash, _ token: String, expires: Timestamp?
    ) async throws(TokenError) -> Outcome {
        guard let work = join(hash) else { throw .unavailable("too many tokens of clusters are asked about") }
        defer { leave(hash) }
        do {
            return try await work.value { [self] in
                // It may have come while this was on its way.
                if let kept = kept(hash) { return kept }
                return try await ask(token, hash, expires: expires)
            }
        } catch let error as TokenError {
            throw error
        } catch {
            throw .unavailable("the request was given up while a token was asked about")
        }
    }

    private func join(_ hash: Hash) -> SharedWork<Outcome>? {
        state.withLock { state in
            guard state.flights[hash] != nil || state.flights.count < limits.maximumQuestions else { return nil }
            let flight = state.flights[hash] ?? (SharedWork(), 0)
            state.flights[hash] = (flight.work, flight.waiters + 1)
            return flight.work
        }
    }

    private func leave(_ hash: Hash) {
        state.withLock { state in
            guard let (work, waiters) = state.flights[hash] else { return }
            state.flights[hash] = waiters == 1 ? nil : (work, waiters - 1)
        }
    }

    private func ask(_ token: String, _ hash: Hash, expires: Timestamp?) async throws(TokenError) -> Outcome {
        let outcome: Outcome
        do throws(TokenError) {
            outcome = try await judge(token, expires: expires)
        } catch {
            count("failed")
            throw error
        }
        let passed = passed()
        state.withLock { state in
            switch outcome {
            case .caller: state.good.keep(outcome, for: hash, cost: 1, at: passed)
            case .refused: state.refused.keep(outcome, for: hash, cost: 1, at: passed)
            }
        }
        if case .caller = outcome { count("succeeded") } else { count("refused") }
        return outcome
    }

    private func judge(_ token: String, expires: Timestamp?) async throws(TokenError) -> Outcome {
        guard let user = try await reviews.user(of: token, audiences: audiences) else {
            return .refused("The cluster does not take the token or it is meant for another audience")
        }
        guard let access = grants.access(of: user) else {
            return .refused("The account of the token is not one of those that are let in")
        }
        var missing: Set<Permission> = []
        for permission in access.decidedByCluster where try await !has(user, permission) { missing.insert(permission) }
        let caller = Caller(
            subject: "kubernetes:\(user.name)", restrictions: access.without(missing), expires: expires)
        return .caller(caller, expires: expires)
    }

    private func has(_ user: KubernetesUser, _ permission: Permission) async throws(TokenError) -> Bool {
        for right in ClusterRule.all.filter({ $0.permission == permission }).flatMap(\.rights)
        where try await !reviews.may(user, right) { return false }
        return true
    }
}
