import Base

/// What this replica does for a session at the moment; gone when it does nothing.
struct LiveSession {
    /// What cancels a call under way, by the id of its request.
    var running: [RequestID: @Sendable () -> Void] = [:]
    /// Who waits for the client's answer, by the id of our request.
    var asked: [String: CheckedContinuation<JSONObject, any Error>] = [:]
    /// The stream for what belongs to no request.
    var stream: Int?

    /// Takes the client's messages, of a session of HTTP+SSE.
    var take: (@Sendable (JSONValue) -> Void)?

    var isIdle: Bool { running.isEmpty && asked.isEmpty && stream == nil && take == nil }
}

/// The client did not answer what a tool asked.
struct UnansweredQuestion: Error, CustomStringConvertible {
    let description: String
}
