import Base
import HTTPServer
import Synchronization

/// The events of one stream, between whoever has something to tell and the one task that writes them out. Telling never waits.
///
/// What a reader does not take is bounded: a stream is cut when more than ``maximumUnsent`` bytes wait, or when nothing moved
/// for two ticks. An answer that can wait is sent when there is room (``deliver(_:)``).
final class EventChannel: Sendable {
    private struct State {
        var unsent: [UInt8] = []
        /// How many events were sent.
        var events = 0
        var isEnded = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Who waits for room.
        var senders: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastSender = 0
        var writing: Task<Void, any Error>?
        /// Ticks since a piece was handed to the connection that has not taken it yet; nil: none is under way.
        var stuckTicks: Int?
        /// Nothing was sent since the last tick.
        var isQuiet = false

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }

        mutating func takeSenders() -> [CheckedContinuation<Void, Never>] {
            defer { senders = [:] }
            return Array(senders.values)
        }

        /// Ends the stream.
        ///
        /// - Returns: all who wait for something of it.
        mutating func end() -> [CheckedContinuation<Void, Never>] {
            isEnded = true
            return takeSenders() + (takeWaiter().map { [$0] } ?? [])
        }
    }

    /// One answer of a tool is a tenth of this.
    static let maximumUnsent = 1 << 20

    /// What the ids of its events begin with; nil: they have none.
    let name: String?
    private let state = Mutex(State())

    init(name: String? = nil) { self.name = name }

    /// Sends an event without a message, so that its reader has an id to come back with.
    func prime() { add(Array("data:\n\n".utf8)) }

    /// Ends the stream and says where its rest will be.
    ///
    /// - Parameter retry: when the reader is to ask for it.
    func end(continuedBy name: String, retry: Duration) {
        add(Array("id: \(name)-0\nretry: \(Int(retry / .milliseconds(1)))\ndata:\n\n".utf8))
        end()
    }

    /// Sends events that were written elsewhere, or a part of them.
    func send(written bytes: [UInt8]) { add(bytes) }

    /// Sends a JSON-RPC message as an event of one line of data. What comes after the end goes nowhere.
    func send(_ message: JSONValue) { send(event: "message", message.serialized()) }

    func send(event: String, _ data: [UInt8]) { add(Self.written(event, data)) }

    private static func written(_ event: String, _ data: [UInt8]) -> [UInt8] {
        Array("event: \(event)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }

    private func add(_ bytes: [UInt8]) {
        guard !add(bytes, within: Self.maximumUnsent) else { return }
        let (waiters, stuck) = state.withLock { ($0.end(), $0.writing) }
        stuck?.cancel()
        for waiter in waiters { waiter.resume() }
    }

    /// False when there is no room; then nothing was added. After the end there is room for anything, which goes nowhere.
    private func add(_ bytes: [UInt8], within maximum: Int) -> Bool {
        let (isAdded, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isEnded else { return (true, nil) }
            guard state.unsent.isEmpty || state.unsent.count + bytes.count <= maximum else { return (false, nil) }
            state.events += 1
            if let name { state.unsent += Array("id: \(name)-\(state.events)\n".utf8) }
            state.unsent += bytes
            state.isQuiet = false
            return (true, state.takeWaiter())
        }
        waiter?.resume()
        return isAdded
    }

    /// Sends a message when there is room for it besides what cannot wait. Waits no longer than until the end, which comes for
    /// a reader that takes nothing; when the task is cancelled the message is not sent.
    func deliver(_ message: JSONValue) async {
        let bytes = Self.written("message", message.serialized())
        while !Task.isCancelled, !add(bytes, within: Self.maximumUnsent / 2) { await room() }
    }

    /// Waits until the reader has taken something, or the stream has ended.
    private func room() async {
        let number = state.withLock { state in
            state.lastSender += 1
            return state.lastSender
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard !state.unsent.isEmpty, !state.isEnded, !Task.isCancelled else { return false }
                    state.senders[number] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.senders.removeValue(forKey: number) }?.resume()
        }
    }

    /// Ends the stream after what was sent.
    func end() {
        for waiter in state.withLock({ $0.end() }) { waiter.resume() }
    }

    /// Ends the stream, without what its reader is not taking: whose reader is gone is not waited for.
    func endNow() {
        let (waiters, stuck) = state.withLock { ($0.end(), $0.stuckTicks == nil ? nil : $0.writing) }
        stuck?.cancel()
        for waiter in waiters { waiter.resume() }
    }

    /// Says that the stream lives when nothing else did since the last tick, so that no proxy takes it for dead; cuts it when
    /// the reader takes nothing.
    func tick() {
        let (waiter, stuck) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Task<Void, any Error>?) in
            if let ticks = state.stuckTicks {
                state.stuckTicks = ticks + 1
                return ticks > 0 ? (nil, state.writing) : (nil, nil)
            }
            guard state.isQuiet, state.unsent.isEmpty, !state.isEnded else {
                state.isQuiet = true
                return (nil, nil)
            }
            state.unsent = Self.keepAlive
            return (state.takeWaiter(), nil)
        }
        stuck?.cancel()
        waiter?.resume()
    }

    private static let keepAlive = Array(":\n\n".utf8)

    /// Writes until the end.
    ///
    /// - Throws: when the reader is gone, or was cut because it does not read.
    func write(to writer: HTTPBodyWriter) async throws {
        let writing = Task { [self] in
            while let bytes = await next() {
                try await writer.write(bytes)
                state.withLock { $0.stuckTicks = nil }
            }
            try Task.checkCancellation()
        }
        state.withLock { $0.writing = writing }
        defer { end() }
        try await withTaskCancellationHandler {
            try await writing.value
        } onCancel: {
            writing.cancel()
        }
    }

    /// What waits to be written; nil at the end.
    func next() async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, isEnded, senders) = state.withLock { state in
                defer { state.unsent = [] }
                if !state.unsent.isEmpty { state.stuckTicks = 0 }
                return (state.unsent, state.isEnded, state.takeSenders())
            }
            for sender in senders { sender.resume() }
            if !bytes.isEmpty { return bytes }
            if isEnded { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        guard state.unsent.isEmpty, !state.isEnded, !Task.isCancelled else { return false }
                        state.waiter = continuation
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.takeWaiter() }?.resume()
            }
        }
        return nil
    }
}

extension EventChannel {
    /// The answer whose body this stream is.
    ///
    /// - Parameter onEnd: called once, when nobody reads any more, also when nobody ever did.
    func response(onEnd: @escaping @Sendable () -> Void) -> HTTPServerResponse {
        let reader = Reader(onEnd)
        return HTTPServerResponse(
            status: 200,
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no",
            ],
            body: .stream { [self] writer in
                defer { withExtendedLifetime(reader) {} }
                try await write(to: writer)
            })
    }

    /// Lives as long as the answer that is being read.
    private final class Reader: Sendable {
        private let onEnd: @Sendable () -> Void

        init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

        deinit { onEnd() }
    }
}
