internal import Base
internal import Synchronization

/// The published keys of one issuer. They are fetched when somebody needs them: the first time, when they are old, and when a
/// token names one that is not among them. Keys that were fetched stay good while the issuer is down.
package final class IssuerKeys: Sendable {
    package typealias Fetch = @Sendable () async throws -> [UInt8]

    private struct State {
        var keys: JSONWebKeySet?
        var fetchedAt: Duration?
        var triedAt: Duration?
        var hasFailed = false
    }

    /// Keys are fetched again after that long, as Backstage's library for tokens does.
    static let refreshInterval = Duration.seconds(600)
    /// Between two attempts, so that nobody can have the issuer asked at will: as in Backstage's library.
    static let pause = Duration.seconds(30)
    /// The same while there are no keys at all.
    static let firstPause = Duration.seconds(5)

    /// The issuer's host, for people.
    let name: String
    private let fetch: Fetch
    private let now: @Sendable () -> Duration
    private let observe: @Sendable (_ isGood: Bool) -> Void
    private let state = Mutex(State())
    private let work = SharedWork<Void>(isGivenUp: false)

    /// - Parameters:
    ///   - now: since some fixed moment.
    ///   - observe: told of each attempt.
    ///   - fetch: gets the document; must end within seconds.
    package init(
        name: String, now: @escaping @Sendable () -> Duration, observe: @escaping @Sendable (Bool) -> Void = { _ in },
        fetch: @escaping Fetch
    ) {
        self.name = name
        self.now = now
        self.observe = observe
        self.fetch = fetch
    }

    /// How long ago the keys were fetched; nil when they never were.
    package var age: Duration? { state.withLock { $0.fetchedAt }.map { now() - $0 } }

    /// The keys with which to check a token.
    ///
    /// - Throws: `unavailable` when the issuer does not answer and the key is not known from before.
    func keys(for token: JSONWebToken) async throws(TokenError) -> JSONWebKeySet {
        if needsFetching(for: token) {
            do {
                try await work.value { [self] in
                    // Others may have fetched them since.
                    if needsFetching(for: token) { await refresh() }
                }
            } catch {
                throw .unavailable("the request was given up while the keys of \(name) were fetched")
            }
        }
        let (keys, hasFailed) = state.withLock { ($0.keys, $0.hasFailed) }
        guard let keys, !hasFailed || keys.key(for: token) != nil else {
            throw .unavailable("the keys of \(name) cannot be fetched")
        }
        return keys
    }

    private func needsFetching(for token: JSONWebToken) -> Bool {
        let now = now()
        return state.withLock { state in
            let isUseful =
                state.keys?.key(for: token) == nil || state.fetchedAt.map { now - $0 >= Self.refreshInterval } ?? true
            let pause = state.keys == nil ? Self.firstPause : Self.pause
            return isUseful && state.triedAt.map { now - $0 >= pause } ?? true
        }
    }

    private func refresh() async {
        let keys = (try? await fetch()).flatMap(JSONWebKeySet.init)
        let isGood = keys.map { !$0.keys.isEmpty } ?? false
        let now = now()
        state.withLock { state in
            state.triedAt = now
            state.hasFailed = !isGood
            guard isGood else { return }
            (state.keys, state.fetchedAt) = (keys, now)
        }
        observe(isGood)
    }
}
