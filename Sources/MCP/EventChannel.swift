import Base
import HTTPServer
import Synchronization

/// The events of one stream, between whoever has something to tell and the one task that writes them out. Telling never waits.
///
/// What a reader does not take is bounded: a stream is cut when more than ``maximumUnsent`` bytes wait, or when nothing moved
/// for two ticks.
final class EventChannel: Sendable {
    private struct State {
        var unsent: [UInt8] = []
        var isEnded = false
        var waiter: CheckedContinuation<Void, Never>?
        var writing: Task<Void, any Error>?
        /// Ticks since a piece was handed to the connection that has not taken it yet; nil: none is under way.
        var stuckTicks: Int?
        /// Nothing was sent since the last tick.
        var isQuiet = false

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    /// One answer of a tool is a tenth of this.
    static let maximumUnsent = 1 << 20

    private let state = Mutex(State())

    /// Sends a JSON-RPC message as an event of one line of data. What comes after the end goes nowhere.
    func send(_ message: JSONValue) { send(event: "message", message.serialized()) }

    func send(event: String, _ data: [UInt8]) {
        add(Array("event: \(event)\ndata: ".utf8) + data + Array("\n\n".utf8))
    }

    private func add(_ bytes: [UInt8]) {
        let (waiter, stuck) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Task<Void, any Error>?) in
            guard !state.isEnded else { return (nil, nil) }
            guard state.unsent.isEmpty || state.unsent.count + bytes.count <= Self.maximumUnsent else {
                state.isEnded = true
                return (state.takeWaiter(), state.writing)
            }
            state.unsent += bytes
            state.isQuiet = false
            return (state.takeWaiter(), nil)
        }
        stuck?.cancel()
        waiter?.resume()
    }

    /// Ends the stream after what was sent.
    func end() {
        let waiter = state.withLock { state in
            state.isEnded = true
            return state.takeWaiter()
        }
        waiter?.resume()
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
            let (bytes, isEnded) = state.withLock { state -> ([UInt8], Bool) in
                defer { state.unsent = [] }
                if !state.unsent.isEmpty { state.stuckTicks = 0 }
                return (state.unsent, state.isEnded)
            }
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
