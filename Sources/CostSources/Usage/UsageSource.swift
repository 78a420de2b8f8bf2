package import Base
package import Costs
internal import HTTPClient

/// Tells what the pods of one cluster use.
package protocol UsageSource: Sendable {
    /// `metrics.k8s.io` or `prometheus`, for metrics and for who asks where figures come from.
    var name: String { get }

    /// What they use now.
    func usage() async throws(UsageError) -> UsageReading
}

/// What a pod used and when that was measured.
package struct UsageSample: Sendable, Hashable {
    package let pod: PodUsage
    package let at: Timestamp

    package init(_ pod: PodUsage, at: Timestamp) {
        self.pod = pod
        self.at = at
    }
}

/// What a source told.
package struct UsageReading: Sendable {
    package var samples: [UsageSample] = []
    /// Rows that could not be understood.
    package var malformed = 0
    /// What the source itself said about its answer; bounded.
    package var warnings: [String] = []

    package init() {}
}

/// A source of usage or of costs did not give what it was asked for. Never holds a token or a query.
package struct UsageError: Error, CustomStringConvertible, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        /// The cluster has no such API, or nobody serves it: no error of anybody.
        case absent
        /// The account may not ask.
        case forbidden
        /// It answered with an error.
        case refused
        case unreachable
        case timeout
        case tooLarge
        /// The answer broke off, or is not what the API promises.
        case undecodable
        case cancelled
    }

    package let code: Code
    /// What was attempted and what went wrong.
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { detail }
}

extension UsageError.Code {
    /// What a request that got no whole answer comes to.
    init(_ code: HTTPClientError.Code) {
        switch code {
        case .cancelled: self = .cancelled
        case .bodyTooLarge: self = .tooLarge
        case .timeout: self = .timeout
        case .connectionLost: self = .undecodable
        case .invalidRequest, .cannotResolve, .cannotConnect, .tls, .other: self = .unreachable
        }
    }
}
