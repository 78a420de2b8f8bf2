/// Decides whether a failed request is sent again, and when. Pure; one for each request.
struct RepeatPolicy {
    /// What the decision depends on, beside the error.
    enum Cause {
        /// 401: the credentials are renewed before the next attempt.
        case refusedCredentials
        /// TLS failed, and there is another certificate or authority to try.
        case renewedTrust
        case other
    }

    /// Of what the server asks to send again after a wait. client-go's limit is ten; our callers repeat by themselves.
    private static let maximumWaits = 4
    private static let maximumWait: Duration = .seconds(10)
    /// Of requests that broke on the way. client-go waits a second before each (rest/with_retry.go).
    private static let maximumReconnections = 3
    private static let reconnectionWait: Duration = .seconds(1)

    private let isIdempotent: Bool
    private let repeats: Bool
    private var waits = 0
    private var reconnections = 0
    private var hasRenewedCredentials = false
    private var hasRenewedTrust = false

    /// - Parameter repeats: false for who has a loop of its own; only what costs no wait is then tried again.
    init(method: String, repeats: Bool = true) {
        isIdempotent = ["GET", "HEAD", "OPTIONS"].contains(method)
        self.repeats = repeats
    }

    /// How long to wait before the request is sent again; nil: it is not.
    mutating func wait(after error: KubernetesError, cause: Cause) -> Duration? {
        switch cause {
        case .refusedCredentials:
            defer { hasRenewedCredentials = true }
            return hasRenewedCredentials ? nil : .zero
        case .renewedTrust:
            // Safe for any method: without a connection the server has seen nothing of the request.
            defer { hasRenewedTrust = true }
            return hasRenewedTrust ? nil : .zero
        case .other: guard repeats else { return nil }
        }
        if error.code == .connectionLost, isIdempotent {
            reconnections += 1
            return reconnections > Self.maximumReconnections ? nil : Self.reconnectionWait
        }
        // client-go repeats what the server refused with a `Retry-After`, whatever the method: it did not act on it.
        guard let wait = error.retryAfter, error.code == .tooManyRequests || (error.status?.code ?? 0) >= 500 else {
            return nil
        }
        waits += 1
        return waits > Self.maximumWaits ? nil : min(wait, Self.maximumWait)
    }
}
