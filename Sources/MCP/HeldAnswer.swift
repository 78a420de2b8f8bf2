import Base
import Synchronization

/// The answer of a request that may have more to say than its result: JSON when the work ends before it said anything else,
/// so that the status can tell of errors, else a stream that ends with the result.
final class HeldAnswer: Sendable {
    enum Form: Sendable {
        case whole(MCPReply)
        case streamed
    }

    private struct State {
        var form: Form?
        var waiter: CheckedContinuation<Form, Never>?
        /// Where the rest goes, when the stream has ended before it.
        var rest: EventChannel?
    }

    /// When a client is to come for the rest of an answer.
    private static let retry = Duration.milliseconds(500)

    let channel = EventChannel()
    private let state = Mutex(State())

    /// Says something before the result.
    func emit(_ message: JSONValue) {
        present.send(message)
        decide(.streamed)
    }

    /// Ends the stream; what comes goes to another one, for which the client is told to come. Once.
    func pause(_ rest: EventChannel, _ name: String) {
        let isFirst = state.withLock { state in
            defer { state.rest = state.rest ?? rest }
            return state.rest == nil
        }
        guard isFirst else { return rest.end() }
        decide(.streamed)
        channel.end(continuedBy: name, retry: Self.retry)
    }

    /// Whether the work goes on without a reader.
    var isPaused: Bool { state.withLock { $0.rest != nil } }

    private var present: EventChannel { state.withLock { $0.rest } ?? channel }

    /// Gives the result.
    func finish(_ reply: MCPReply) {
        if case .streamed = decide(.whole(reply)) {
            present.send(reply.body)
            present.end()
        }
    }

    /// Ends without a result: the client asked for that.
    func abandon() {
        decide(.streamed)
        channel.end()
        present.end()
    }

    /// Waits until it is known which form the answer has.
    func form() async -> Form {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.form == nil { state.waiter = continuation }
                return state.form
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// The form that was decided on first.
    @discardableResult
    private func decide(_ form: Form) -> Form {
        let (decided, waiter) = state.withLock { state -> (Form, CheckedContinuation<Form, Never>?) in
            if let decided = state.form { return (decided, nil) }
            state.form = form
            defer { state.waiter = nil }
            return (form, state.waiter)
        }
        waiter?.resume(returning: decided)
        return decided
    }
}

/// The task of a call, which may be cancelled before it begins.
final class CallHandle: Sendable {
    private let state = Mutex<(task: Task<Void, Never>?, isCancelled: Bool)>((nil, false))

    func run(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }?.cancel()
    }
}

/// What a request is answered with.
struct MCPReply: Sendable {
    /// The HTTP status when it is not part of a stream.
    let status: Int
    let body: JSONValue
}
