internal import Base
internal import HTTPClient

/// Decides what follows an attempt. Pure; one for each request.
struct RequestRepeats {
    /// What an attempt led to.
    enum Outcome: Equatable {
        case answer(status: Int, retryAfter: Duration? = nil, leadsToLogin: Bool = false)
        case failure(HTTPClientError.Code)

        /// Whether the credentials were not taken. A write that is answered with a redirect may have been done, wherever
        /// that leads; so for writes 401 alone says so.
        func isUnauthorized(isRead: Bool) -> Bool {
            guard case .answer(let status, _, let leadsToLogin) = self else { return false }
            return status == 401 || isRead && leadsToLogin
        }

        /// Whether the token is of no use any more, though what was sent may have been done.
        var mayHaveEndedToken: Bool {
            guard case .answer(_, _, let leadsToLogin) = self else { return false }
            return leadsToLogin
        }
    }

    enum Step: Equatable {
        /// This is it, be it good or bad.
        case end
        /// Log in anew and send it again.
        case renew
        /// Send it again after a while.
        case wait(Duration)
    }

    private let isRead: Bool
    private var hasRenewed = false
    private var waits = 0
    private var backoff = Backoff(initial: .milliseconds(200), factor: 3, maximum: .seconds(2), jitter: 0.5)

    private static let maximumWaits = 3
    /// Who asks for more patience gets the next request later, from who asked us.
    private static let maximumWait: Duration = .seconds(5)

    init(isRead: Bool) { self.isRead = isRead }

    mutating func next(after outcome: Outcome, using generator: inout some RandomNumberGenerator) -> Step {
        switch outcome {
        case _ where outcome.isUnauthorized(isRead: isRead):
            // Safe for writes too: who is not let in has changed nothing.
            defer { hasRenewed = true }
            return hasRenewed ? .end : .renew
        case .answer(let status, let retryAfter, _) where [429, 502, 503, 504].contains(status):
            return wait(retryAfter, &generator)
        case .failure(let code) where [.connectionLost, .cannotConnect, .cannotResolve].contains(code):
            return wait(nil, &generator)
        case .answer, .failure: return .end
        }
    }

    private mutating func wait(_ wanted: Duration?, _ generator: inout some RandomNumberGenerator) -> Step {
        guard isRead, waits < Self.maximumWaits, wanted ?? .zero <= Self.maximumWait else { return .end }
        waits += 1
        return .wait(max(wanted ?? .zero, backoff.next(using: &generator)))
    }

    /// Whether a redirect leads to where people log in, which is how some servers say 401: to another host, or to a path
    /// that says so.
    static func leadsToLogin(status: Int, location: String?, baseURL: String) -> Bool {
        guard [301, 302, 303, 307, 308].contains(status), let location else { return false }
        let path = location.prefix { $0 != "?" }
        let isElsewhere = path.contains("://") && !path.hasPrefix(baseURL + "/") || path.hasPrefix("//")
        let names = path.lowercased().split { $0 == "/" || $0 == "#" }
        return isElsewhere || names.contains { ["login", "signin", "sign-in", "auth", "oauth2", "sso"].contains($0) }
    }
}
