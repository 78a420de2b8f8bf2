internal import Base
internal import CMicrohttpd
internal import Synchronization

/// One request and its response on a connection: the meeting point of libmicrohttpd's thread, the handler's task and
/// the supervisor.
///
/// Phases go forward only: `reading` → `handling` → `answered` → `sending` → `finished`; refusals and immediate answers go
/// from `reading` to `sending`. `finished` may come at any time, when the connection ends.
///
/// The connection is suspended while the handler works and while a stream has nothing to send. Every suspending and
/// resuming is done under the lock together with the change of `isSuspended`, so that neither is done twice, and none
/// is done after `isCut`.
final class Exchange: Sendable {
    private enum Phase {
        case reading
        case handling
        /// To be queued by libmicrohttpd's thread.
        case answered(HTTPServerResponse)
        case sending
        case finished
    }

    private struct State {
        var phase = Phase.reading
        var draft: RequestDraft
        var connection: ConnectionHandle?
        var isSuspended = false
        var task: Task<Void, Never>?
        var deadline = ContinuousClock.now
        /// The client has closed; nothing more will be written.
        var isClientGone = false
        /// The server stops: the connection is to be closed as it is.
        var isCut = false
        var stream = StreamBuffer()
    }

    private let supervisor: Supervisor
    private let state: Mutex<State>

    init(target: String, supervisor: Supervisor) {
        self.supervisor = supervisor
        state = Mutex(State(draft: RequestDraft(target: target)))
    }

    /// A connection as it may be kept beside the callbacks.
    struct ConnectionHandle: @unchecked Sendable {
        // Safe: outside of libmicrohttpd's callbacks it is used for MHD_resume_connection and for the socket's number
        // only, under the exchange's lock and while `isSuspended` says that libmicrohttpd leaves the connection alone
        // and alive.
        let pointer: OpaquePointer

        var socket: Int32 { callboard_mhd_socket(pointer) }
    }
}

// Called by libmicrohttpd's thread.
extension Exchange {
    /// What the daemon's callback is to do.
    enum Step {
        case goOn
        case answer(HTTPServerResponse, id: String, method: String)
        case close
    }

    var hasBegun: Bool { state.withLock { $0.draft.hasBegun } }

    /// The header has come.
    func begin(method: String, headers: HTTPHeaders, headerBytes: Int, remoteAddress: String) -> Step {
        state.withLock { state in
            do throws(Refusal) {
                try state.draft.begin(
                    method: method, headers: headers, headerBytes: headerBytes, remoteAddress: remoteAddress,
                    limits: supervisor.configuration)
                return .goOn
            } catch {
                return Self.refuse(&state, error)
            }
        }
    }

    /// A part of the body has come.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
        state.withLock { $0.draft.append(bytes) ? .goOn : .close }
    }

    /// The request is whole, or the connection has been resumed.
    func proceed(_ connection: ConnectionHandle) -> Step {
        state.withLock { state in
            guard !state.isCut else { return .close }
            switch state.phase {
            case .reading: return start(&state, connection)
            case .answered(let response):
                state.phase = .sending
                return .answer(response, id: state.draft.id, method: state.draft.method)
            // Not reached: the connection is suspended, answered, or gone.
            case .handling, .sending, .finished: return .close
            }
        }
    }

    private func start(_ state: inout State, _ connection: ConnectionHandle) -> Step {
        do throws(Refusal) {
            let request = try state.draft.finish()
            guard supervisor.register(self) else { throw .stopping }
            if let response = supervisor.immediate(request), case .bytes = response.body {
                state.phase = .sending
                return .answer(response, id: state.draft.id, method: state.draft.method)
            }
            state.connection = connection
            state.deadline = .now + supervisor.configuration.requestTimeout
            state.phase = .handling
            suspend(&state)
            state.task = Task { await self.handle(request) }
            return .goOn
        } catch {
            return Self.refuse(&state, error)
        }
    }

    private static func refuse(_ state: inout State, _ refusal: Refusal) -> Step {
        state.phase = .sending
        let response = refusal.response(method: state.draft.method, target: state.draft.target)
        return .answer(response, id: state.draft.id, method: state.draft.method)
    }

    /// Bytes of the streamed body for libmicrohttpd; suspends the connection when there are none yet.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (count, waiters) = state.withLock { state -> (Int, [CheckedContinuation<Void, Never>]) in
            guard !state.isCut, !state.isClientGone else { return (StreamBuffer.brokenEnd, []) }
            let count = state.stream.read(into: buffer)
            if count == 0 { suspend(&state) }
            return (count, state.stream.takeWaitersIfRoom())
        }
        for waiter in waiters { waiter.resume() }
        return count
    }

    /// libmicrohttpd is done with the request, whether the response was sent or not.
    func complete() {
        let (task, waiters) = state.withLock { state -> (Task<Void, Never>?, [CheckedContinuation<Void, Never>]) in
            state.phase = .finished
            state.connection = nil
            state.isSuspended = false
            state.isClientGone = true
            defer { state.task = nil }
            return (state.task, state.stream.takeWaiters())
        }
        task?.cancel()
        for waiter in waiters { waiter.resume() }
        supervisor.unregister(self)
    }

    private func suspend(_ state: inout State) {
        guard let connection = state.connection, !state.isSuspended else { return }
        state.isSuspended = true
        MHD_suspend_connection(connection.pointer)
    }

    private func resume(_ state: inout State) {
        guard let connection = state.connection, state.isSuspended else { return }
        state.isSuspended = false
        MHD_resume_connection(connection.pointer)
    }
}

// Called by the handler's task.
extension Exchange {
    /// Whether a writer has to wait.
    enum Room { case free, full }

    private func handle(_ request: HTTPServerRequest) async {
        let response = await supervisor.handler(request)
        guard answer(response), case .stream(let produce) = response.body else { return }
        guard response.mayHaveBody, request.method != "HEAD" else { return }
        stream(request, produce)
    }

    /// In a task of its own: a task keeps until its end the memory that handling took, and a stream may last for days.
    private func stream(_ request: HTTPServerRequest, _ produce: @escaping HTTPServerResponse.Producer) {
        let task = Task {
            do {
                try await produce(HTTPBodyWriter(self))
                endStream(isWhole: true)
            } catch {
                tell(error, of: request)
                endStream(isWhole: false)
            }
        }
        let isOver = state.withLock { state in
            state.task = state.isClientGone || state.isCut ? nil : task
            return state.task == nil
        }
        if isOver { task.cancel() }
    }

    /// The status that was sent and counted says nothing of what goes wrong after it. That a client goes or the server stops
    /// is no failure.
    private func tell(_ error: any Error, of request: HTTPServerRequest) {
        if error is HTTPWriteError || error is CancellationError || Task.isCancelled { return }
        supervisor.logger.error(
            "a streamed answer broke off",
            [
                "requestId": .string(request.id), "method": .string(request.method), "path": .string(request.path),
                "error": .string("\(error)"),
            ])
    }

    /// False when the answer comes too late.
    private func answer(_ response: HTTPServerResponse) -> Bool {
        state.withLock { state in
            guard case .handling = state.phase, !state.isCut else { return false }
            state.phase = .answered(response)
            resume(&state)
            return true
        }
    }

    func append(_ bytes: [UInt8]) throws(HTTPWriteError) -> Room {
        try access { state in
            guard !bytes.isEmpty else { return state.stream.room }
            state.stream.append(bytes)
            if case .sending = state.phase { resume(&state) }
            return state.stream.room
        }
    }

    func room() throws(HTTPWriteError) -> Room { try access { $0.stream.room } }

    private func access(_ body: (inout State) -> Room) throws(HTTPWriteError) -> Room {
        let room: Room? = state.withLock { $0.isClientGone || $0.isCut ? nil : body(&$0) }
        guard let room else { throw HTTPWriteError() }
        return room
    }

    /// Returns when there is room, when the exchange is over, or when a task that waits has been cancelled.
    func roomChange() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.stream.room == .full, !state.isClientGone, !state.isCut else { return false }
                state.stream.waiters.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    /// Lets every waiting writer look again.
    func wakeWriters() {
        for waiter in state.withLock({ $0.stream.takeWaiters() }) { waiter.resume() }
    }

    private func endStream(isWhole: Bool) {
        state.withLock { state in
            state.stream.end(isWhole: isWhole)
            if case .sending = state.phase { resume(&state) }
        }
    }
}

// Called by the supervisor.
extension Exchange {
    /// The socket to watch for a disconnect: of a suspended connection whose client was there when last looked.
    var watchedSocket: Int32? {
        state.withLock { $0.isSuspended && !$0.isClientGone ? $0.connection?.socket : nil }
    }

    /// Acts when the client of a suspended connection has gone. `isGone` is asked again under the lock, because the
    /// socket's number may belong to another connection by now.
    func checkClient(_ isGone: (Int32) -> Bool) {
        let (task, waiters) = state.withLock { state -> (Task<Void, Never>?, [CheckedContinuation<Void, Never>]) in
            guard state.isSuspended, let socket = state.connection?.socket, isGone(socket) else { return (nil, []) }
            state.isClientGone = true
            // A stream ends here. A handler at work is left to notice its cancellation; then its answer is tried.
            if case .sending = state.phase { resume(&state) }
            return (state.task, state.stream.takeWaiters())
        }
        task?.cancel()
        for waiter in waiters { waiter.resume() }
    }

    /// Answers 503 when the handler has taken too long.
    func expire(at now: ContinuousClock.Instant) {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard case .handling = state.phase, state.deadline <= now else { return nil }
            let response = Refusal.timedOut.response(method: state.draft.method, target: state.draft.target)
            state.phase = .answered(response)
            resume(&state)
            return state.task
        }
        task?.cancel()
    }

    /// The server stops now.
    func cut() {
        let (task, waiters) = state.withLock { state -> (Task<Void, Never>?, [CheckedContinuation<Void, Never>]) in
            state.isCut = true
            resume(&state)
            return (state.task, state.stream.takeWaiters())
        }
        task?.cancel()
        for waiter in waiters { waiter.resume() }
    }
}

extension HTTPServerResponse {
    /// RFC 9110 §6.4.1.
    var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }
}
