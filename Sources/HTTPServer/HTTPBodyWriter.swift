/// Writes a streamed body. Safe to use from several tasks; each write stays in one piece.
package final class HTTPBodyWriter: Sendable {
    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    /// Hands bytes over, and waits while more than 64 KiB are unsent. Bytes go out as soon as the connection takes
    /// them.
    ///
    /// - Throws: `HTTPWriteError` when the client is gone or the server stops, `CancellationError` when the task is
    ///   cancelled while it waits.
    package func write(_ bytes: [UInt8]) async throws {
        guard try exchange.append(bytes) == .full else { return }
        try await withTaskCancellationHandler {
            while try exchange.room() == .full {
                try Task.checkCancellation()
                await exchange.roomChange()
            }
        } onCancel: {
            exchange.wakeWriters()
        }
    }
}

/// A body could not be written to its end.
package struct HTTPWriteError: Error, CustomStringConvertible {
    /// For logs.
    package var description: String { "the connection ended before the whole body was written" }
}
