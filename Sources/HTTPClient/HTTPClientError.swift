/// A request got no whole answer. Answers with an error status are not errors here.
package struct HTTPClientError: Error, CustomStringConvertible {
    /// What kind of failure, for decisions and metrics.
    package enum Code: String, Sendable, CaseIterable {
        /// The request cannot be sent as it is described.
        case invalidRequest
        case cannotResolve
        /// No connection, TLS and proxy included, or none in time.
        case cannotConnect
        /// The server was not trusted, or it did not trust us.
        case tls
        /// One of the request's timeouts, after it was sent.
        case timeout
        /// The connection broke before the end of the answer.
        case connectionLost
        case bodyTooLarge
        /// By the caller, its task, or the client's shutdown.
        case cancelled
        case other
    }

    /// What kind of failure.
    package let code: Code
    /// Method and URL without user, query and fragment.
    package let request: String
    /// What went wrong. Never holds header values or the query.
    package let detail: String

    /// Callers of this room make such errors in tests only.
    package init(code: Code, request: String, detail: String) {
        self.code = code
        self.request = request
        self.detail = detail
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    /// Request, what went wrong, code.
    package var description: String { "\(request): \(detail) (\(code.rawValue))" }
}
