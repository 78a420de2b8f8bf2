internal import Base
internal import HTTPClient

/// ScaleOps did not give what it was asked for. Never holds a token, a password or a query.
package struct ScaleOpsError: Error, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// There is no token to be had: the credentials are not good, or who gives tokens answers otherwise.
        case loginFailed
        /// The token is not taken, a new one neither.
        case unauthorized
        /// An answer with an error status.
        case refused
        /// It leads elsewhere, where the credentials must not go.
        case redirected
        /// No connection.
        case unreachable
        /// No whole answer in time.
        case timeout
        /// The answer broke off.
        case incomplete
        case tooLarge
        /// The answer is not what the API has there.
        case undecodable
        /// Too many requests are under way.
        case busy
        case cancelled
    }

    package let code: Code
    /// The endpoint, what was attempted, and what went wrong.
    package let detail: String
    /// That of the answer; nil when there was none.
    package let status: Int?

    init(_ code: Code, _ endpoint: ScaleOpsEndpoint, _ detail: String, status: Int? = nil) {
        self.code = code
        self.detail = "ScaleOps \(endpoint.name): \(detail)"
        self.status = status
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { detail }

    /// A request that got no whole answer.
    init(_ error: any Error, _ endpoint: ScaleOpsEndpoint) {
        if let error = error as? ScaleOpsError {
            self = error
            return
        }
        guard let error = error as? HTTPClientError else {
            self.init(.cancelled, endpoint, "cancelled")
            return
        }
        let code: Code =
            switch error.code {
            case .cancelled: .cancelled
            case .bodyTooLarge: .tooLarge
            case .timeout: .timeout
            case .connectionLost: .incomplete
            case .invalidRequest, .cannotResolve, .cannotConnect, .tls, .other: .unreachable
            }
        self.init(code, endpoint, error.description)
    }
}
