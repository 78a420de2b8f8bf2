internal import Base
internal import Synchronization

/// One request under way: the meeting point of the loop's thread, which brings bytes, and the task that takes them.
///
/// Legal order: `receive(head)`, then `receive(bytes)` any number of times, then `finish` once; `finish` may come at
/// any time, and what comes after it is ignored.
final class Transfer: Sendable {
    /// What is done with the body.
    enum Use: Sendable {
        /// Given as a whole at the end.
        case collect(limit: Int)
        /// Given as it comes.
        case stream
    }

    /// What the loop's thread has to do after bringing bytes.
    enum Reception {
        case taken
        /// The bytes were not taken; bring them again after `CurlLoop.Command.resume`.
        case pause
        /// The request has ended meanwhile, or by these bytes.
        case stop
    }

    /// A buffer of this size is kept for the bytes to come, whether they need it or not.
    private static let keptBufferBytes = 64 << 10

    let request: HTTPRequest
    /// Method and URL as errors may show them.
    let name: String
    private let use: Use
    private let loop: CurlLoop
    private let started = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var head: ResponseHead?
        var receivedBytes = 0
        var buffer: [UInt8] = []
        var isPaused = false
        var idleTimeout: Duration?
        var outcome: Result<Void, HTTPClientError>?
        var waiter: CheckedContinuation<Void, Never>?

        var hasNews: Bool { !buffer.isEmpty || outcome != nil }
    }

    init(_ request: HTTPRequest, use: Use, loop: CurlLoop) {
        self.request = request
        self.use = use
        self.loop = loop
        state = Mutex(State(idleTimeout: request.idleTimeout))
        name = request.method + " " + redactedURL(request.url)
    }

    var isFinished: Bool { state.withLock { $0.outcome != nil } }
    var isPaused: Bool { state.withLock { $0.isPaused } }
    /// See `HTTPRequest.idleTimeout`.
    var idleTimeout: Duration? { state.withLock { $0.idleTimeout } }

    func setIdleTimeout(_ timeout: Duration) { state.withLock { $0.idleTimeout = timeout } }

    func error(_ code: HTTPClientError.Code, _ detail: String) -> HTTPClientError {
        HTTPClientError(code: code, request: name, detail: detail)
    }
}

// The consumer's side.
extension Transfer {
    /// Waits for the head of the answer.
    func head() async throws -> ResponseHead {
        try await cancellable {
            while true {
                let head: ResponseHead? = try self.state.withLock { state in
                    if let head = state.head { return head }
                    try state.outcome?.get()
                    return nil
                }
                if let head { return head }
                await self.change { $0.head != nil || $0.outcome != nil }
            }
        }
    }

    /// Waits for bytes or the end. The bytes take the place of those in `buffer`, whose memory is used for the next
    /// ones; false at the end, with nothing in it.
    func next(into buffer: inout [UInt8]) async throws -> Bool {
        // Out of the argument, so that the closure captures a variable of its own.
        var taken = buffer
        buffer = []
        defer { buffer = taken }
        taken.removeAll(keepingCapacity: Self.isWorthKeeping(taken))
        return try await withTaskCancellationHandler {
            while true {
                if takeBuffer(&taken) { return true }
                let isAtEnd = try state.withLock { state in
                    guard state.buffer.isEmpty else { return false }
                    try state.outcome?.get()
                    return state.outcome != nil
                }
                if isAtEnd { return false }
                await change { $0.hasNews }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Waits for the end and takes all.
    func response() async throws -> HTTPResponse {
        try await cancellable {
            await self.change { $0.outcome != nil }
            return try self.state.withLock { state in
                try state.outcome?.get()
                // `finish` lets no success without a head pass.
                guard let head = state.head else { throw self.error(.other, "the answer has no header") }
                let body = state.buffer
                state.buffer = []
                return HTTPResponse(status: head.status, headers: head.headers, body: body, timing: head.timing)
            }
        }
    }

    /// Ends the request; nothing when it has ended already.
    func cancel() {
        guard finish(.failure(error(.cancelled, "the request was cancelled"))) else { return }
        loop.post(.cancel(self))
    }

    /// A stream that has become quiet does not keep what a rush of bytes needed.
    private static func isWorthKeeping(_ buffer: [UInt8]) -> Bool {
        buffer.capacity <= keptBufferBytes || buffer.capacity <= 4 * buffer.count
    }

    /// Exchanges the unread bytes for an empty buffer; false when there are none. Lets a paused connection go on.
    private func takeBuffer(_ empty: inout [UInt8]) -> Bool {
        let (isTaken, wasPaused) = state.withLock { state in
            guard !state.buffer.isEmpty else { return (false, false) }
            swap(&state.buffer, &empty)
            defer { state.isPaused = false }
            return (true, state.isPaused)
        }
        if wasPaused { loop.post(.resume(self)) }
        return isTaken
    }

    /// Waits until the loop's thread has changed something; may return without.
    private func change(until condition: @Sendable (borrowing State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard !condition(state) else { return true }
                state.waiter = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func cancellable<T>(_ body: () async throws -> T) async throws -> T {
        try await withTaskCancellationHandler(operation: body) { self.cancel() }
    }
}

// The side of the loop's thread.
extension Transfer {
    /// Takes the head; the consumer sees it at the next `wake()`.
    ///
    /// - Parameter nameLookup: how long looking up the name took; nil when nothing was looked up.
    func receive(_ head: ResponseHead, nameLookup: Duration?) {
        state.withLock { state in
            state.head = head
            state.head?.timing = RequestTiming(untilHead: started.duration(to: .now), nameLookup: nameLookup)
            if case .collect(let limit) = use, let length = head.contentLength, request.method != "HEAD" {
                state.buffer.reserveCapacity(max(0, min(length, limit)))
            }
        }
    }

    /// Takes bytes of the body; the consumer sees them at the next `wake()`.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Reception {
        let reception: Reception? = state.withLock { state in
            guard state.outcome == nil else { return .stop }
            switch use {
            case .collect(let limit):
                if bytes.count > limit - state.buffer.count { return nil }
            case .stream:
                if state.buffer.count >= request.unreadBytes {
                    state.isPaused = true
                    return .pause
                }
            }
            state.buffer.append(contentsOf: bytes)
            state.receivedBytes += bytes.count
            return .taken
        }
        if let reception { return reception }
        finish(.failure(error(.bodyTooLarge, "the body is longer than the limit")))
        return .stop
    }

    /// Lets the consumer see what came. Separate from `receive` so that one wake-up serves many small receptions.
    func wake() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if case .collect = use, state.outcome == nil { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Ends the request. False when it had ended already.
    @discardableResult
    func finish(_ outcome: Result<Void, HTTPClientError>) -> Bool {
        let bodyBytes: Int?
        let isFirst: Bool
        (isFirst, bodyBytes) = state.withLock { state in
            guard state.outcome == nil else { return (false, nil) }
            // libcurl takes an answer that ends within its header for whole.
            let isWithoutHead = state.head == nil
            state.outcome = outcome.flatMap {
                isWithoutHead ? .failure(error(.connectionLost, "the answer ended within its header")) : .success(())
            }
            if case .failure(let error) = outcome, error.code == .cancelled || error.code == .bodyTooLarge {
                state.buffer = []
            }
            return (true, isWithoutHead ? nil : state.receivedBytes)
        }
        if let bodyBytes { request.onBodyEnd?(bodyBytes) }
        if isFirst { wake() }
        return isFirst
    }
}
