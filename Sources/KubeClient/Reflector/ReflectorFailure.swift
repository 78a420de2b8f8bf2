/// Why a list or watch failed, as far as it decides what to do next.
struct ReflectorFailure: Equatable {
    enum Kind: Equatable {
        /// The version, or the token of a page, is not kept any more.
        case expired
        case versionTooLarge
        case unauthorized
        case forbidden
        /// The server does not have the resource.
        case notServed
        /// The server does not know how to stream a list, or may not.
        case cannotStream
        /// The server has too much to do.
        case overloaded
        /// The server cannot be reached, or only what stands before it can.
        case unreachable
        /// The server failed, or its answer could not be read.
        case faulty
        /// An event came whole, but the object in it could not be read. What it told is lost.
        case malformedEvent
        case other
    }

    let kind: Kind
    /// How long the server asks to wait; nil when it does not say.
    var retryAfter: Duration?

    init(_ kind: Kind, retryAfter: Duration? = nil) {
        self.kind = kind
        self.retryAfter = retryAfter
    }
}

extension ReflectorFailure {
    init(_ error: KubernetesError) {
        let kind: Kind =
            switch error.code {
            case .gone: .expired
            case .versionTooLarge: .versionTooLarge
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notServed
            case .tooManyRequests, .timeout: .overloaded
            case .unavailable, .unreachable, .connectionLost: .unreachable
            case .serverError, .serverTimeout, .undecodable: .faulty
            case .badRequest, .conflict, .alreadyExists, .invalid, .refused, .cancelled: .other
            }
        self.init(kind, retryAfter: error.retryAfter)
    }
}
