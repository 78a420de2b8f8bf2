internal import HTTPClient

/// A request to the API server failed.
package struct KubernetesError: Error, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        // What the server answered.
        case badRequest, unauthorized, forbidden, notFound, conflict, alreadyExists, gone, invalid, tooManyRequests
        case unavailable, serverTimeout, serverError
        /// A list was asked for at a version that the server has not reached.
        case versionTooLarge
        /// Any other status.
        case refused
        /// No connection could be made.
        case unreachable
        /// The connection broke before the answer was complete.
        case connectionLost
        /// No answer, or no further byte of it, came in time.
        case timeout
        /// The request was cancelled.
        case cancelled
        /// The answer is not what the API promises.
        case undecodable
    }

    package let code: Code
    /// Method and path, without the query.
    package let request: String
    package let detail: String
    /// What the server answered; nil when it did not answer.
    package let status: Status?
    /// How long the server asks to wait; nil when it does not say.
    package let retryAfter: Duration?

    init(code: Code, request: String, detail: String, status: Status? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.request = request
        self.detail = detail
        self.status = status
        self.retryAfter = retryAfter
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "\(request): \(detail) (\(code.rawValue))" }
}

extension KubernetesError {
    /// - Parameter retryAfter: the header of that name.
    init(_ status: Status, request: String, retryAfter header: String? = nil) {
        let seconds = header.flatMap { Int($0) } ?? status.retryAfterSeconds
        self.init(
            code: Code(status), request: request,
            detail: "\(status.code) \(status.message.isEmpty ? status.reason : status.message)", status: status,
            // An hour is more than any server means.
            retryAfter: seconds > 0 ? .seconds(min(seconds, 3600)) : nil)
    }

    init(_ error: HTTPClientError, request: String) {
        self.init(code: Code(error.code), request: request, detail: error.detail)
    }

    /// What any error means for a request to the API server.
    init(any error: any Error, request: String) {
        switch error {
        case let error as KubernetesError: self = error
        case let error as HTTPClientError: self.init(error, request: request)
        case is CancellationError: self.init(code: .cancelled, request: request, detail: "cancelled")
        default: self.init(code: .undecodable, request: request, detail: "\(error)")
        }
    }
}

extension KubernetesError.Code {
    /// By the HTTP status; where several errors share one, by the reason.
    init(_ status: Status) {
        switch status.code {
        case 400: self = .badRequest
        case 401: self = .unauthorized
        case 403: self = .forbidden
        case 404: self = .notFound
        case 409: self = status.reason == "AlreadyExists" ? .alreadyExists : .conflict
        case 410: self = .gone
        case 422: self = .invalid
        case 429: self = .tooManyRequests
        case 503: self = .unavailable
        // The reason is Timeout in both cases; the cause tells them apart.
        case 504 where status.causes.contains { $0.reason == "ResourceVersionTooLarge" }: self = .versionTooLarge
        case 504: self = .serverTimeout
        case 500...: self = .serverError
        default: self = .refused
        }
    }

    init(_ code: HTTPClientError.Code) {
        switch code {
        case .cannotResolve, .cannotConnect, .tls: self = .unreachable
        case .timeout: self = .timeout
        case .cancelled: self = .cancelled
        case .bodyTooLarge: self = .undecodable
        case .invalidRequest: self = .badRequest
        case .connectionLost, .other: self = .connectionLost
        }
    }
}
