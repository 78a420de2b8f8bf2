extension KubernetesClient {
    /// What happened on the way to the API server, for metrics.
    package enum Observation: Sendable, Equatable {
        /// A request was answered, or failed.
        case attempt(Attempt)
        /// The body of an answer has come, other than a watch's.
        case body(method: String, bytes: Int)
        /// A request is sent again because of this answer.
        case again(method: String, status: Int)
        /// A write waited for its turn before it was sent.
        case turn(method: String, wait: Duration)
    }

    /// A request that was sent once.
    package struct Attempt: Sendable, Equatable {
        package let method: String
        /// The HTTP status; 0 when there was no answer.
        package let status: Int
        /// Until the answer's header was there, or the failure.
        package let duration: Duration
        /// Nil when there was none.
        package let requestBytes: Int?
        /// How long the server's name was looked for; nil when a connection was there already, the server has no name,
        /// or there was no answer.
        package let nameLookup: Duration?
    }
}
