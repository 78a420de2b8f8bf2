/// A request got no whole answer. Answers with an error status are not errors here.
package struct HTTPClientError: Error, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The request cannot be sent as it is described.
        case invalidRequest
        case cannotResolve
        case cannotConnect
        /// The server was not trusted, or it did not trust us.
        case tls
        /// One of the request's timeouts.
        case timeout
        /// The connection broke before the end of the answer.
        case connectionLost
        case bodyTooLarge
        /// By the caller, its task, or the client's shutdown.
        case cancelled
        case other
    }

    package let code: Code
    /// Method and URL without user, query and fragment.
    package let request: String
    /// What went wrong. Never holds header values or the query.
    package let detail: String

    package init(code: Code, request: String, detail: String) {
        self.code = code
        self.request = request
        self.detail = detail
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "\(request): \(detail) (\(code.rawValue))" }
}
