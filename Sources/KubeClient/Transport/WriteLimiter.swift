internal import Synchronization

/// Keeps us from flooding an API server with writes: 20 a second after a burst of 30. Reads are left to the server's own
/// fairness, as controller-runtime does; leases must not wait, events are few, and reviews write nothing.
final class WriteLimiter: Sendable {
    /// Longer rows than this mean that something is wrong; waiting more would only hide it.
    static let maximumWait: Duration = .seconds(30)

    private static let exemptResources: Set<Substring> = ["leases", "events"]
    private static let exemptGroups: Set<Substring> = ["authentication.k8s.io", "authorization.k8s.io"]

    private let bucket = Mutex(TokenBucket(burst: 30, period: .milliseconds(50)))
    private let elapsed: @Sendable () -> Duration

    init(clock: some Clock<Duration>) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
    }

    static func limits(_ request: KubernetesRequest) -> Bool {
        guard !["GET", "HEAD", "OPTIONS"].contains(request.method) else { return false }
        // `api/<version>/…` or `apis/<group>/<version>/…`, then perhaps `namespaces/<name>`, then the resource.
        var parts = request.path.split(separator: "/")[...]
        if parts.first == "apis", parts.count > 1, exemptGroups.contains(parts[parts.startIndex + 1]) { return false }
        parts = parts.dropFirst(parts.first == "apis" ? 3 : 2)
        if parts.first == "namespaces", parts.count > 2 { parts = parts.dropFirst(2) }
        return parts.first.map { !exemptResources.contains($0) } ?? true
    }

    /// How long to wait before a write; nil when too many wait already.
    func take() -> Duration? {
        let now = elapsed()
        return bucket.withLock { $0.take(at: now, limit: Self.maximumWait) }
    }
}
