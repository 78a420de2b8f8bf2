import Base

/// What this replica does for a session at the moment; gone when it does nothing.
struct LiveSession {
    /// Calls under way, by the id of their request.
    var running: [RequestID: RunningCall] = [:]
    /// Who waits for the client's answer, by the id of our request.
    var asked: [String: CheckedContinuation<JSONObject, any Error>] = [:]
    /// The stream for what belongs to no request.
    var stream: Int?

    /// Answers whose streams have ended before them, by the names of their rests; and those that other replicas keep, which
    /// come out here piece by piece.
    var kept: [String: EventChannel] = [:]
    var expected: [String: ExpectedAnswer] = [:]

    /// Takes the client's messages, of a session of HTTP+SSE.
    var conversation: (any SessionConversation)?

    var isIdle: Bool {
        running.isEmpty && asked.isEmpty && stream == nil && conversation == nil && kept.isEmpty && expected.isEmpty
    }
}

/// An answer that comes from another replica piece by piece.
struct ExpectedAnswer {
    let channel: EventChannel
    /// How many have come.
    var pieces: Int64 = 0
    /// Of an event whose end has not come: nothing else may be told in the midst of it.
    var held: [UInt8] = []
}

/// A call under way. Its number tells it from a later one whose request has the same id.
struct RunningCall {
    let number: Int
    let cancel: @Sendable () -> Void
}

/// Who takes what a client posts, at the replica that holds the stream of its session.
protocol SessionConversation: AnyObject, Sendable {
    /// Takes a message that came to another replica.
    func take(_ message: JSONValue)
}

/// The client did not answer what a tool asked.
struct UnansweredQuestion: Error, CustomStringConvertible {
    let description: String
}
