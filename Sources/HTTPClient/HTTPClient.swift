package import Base

/// Sends requests over libcurl's multi interface, which runs on one thread of its own. Connections are kept and reused.
///
/// HTTP/1.1 only: a watch on its own connection cannot hold up, or be held up by, another. Dropping the client is a
/// shutdown: it must outlive its streams.
package final class HTTPClient: Sendable {
    private let loop: CurlLoop

    /// - Parameter name: of the thread.
    package init(name: String) { loop = CurlLoop(name: name) }

    deinit { loop.shutdown() }

    /// Sends a request and collects its whole answer.
    ///
    /// - Parameter maximumBodyBytes: a longer body (after decompression) fails with `bodyTooLarge`.
    /// - Throws: `HTTPClientError`; `cancelled` at once when the calling task is cancelled.
    package func send(_ request: HTTPRequest, maximumBodyBytes: Int = 16 << 20) async throws -> HTTPResponse {
        let transfer = Transfer(request, use: .collect(limit: maximumBodyBytes), loop: loop)
        loop.post(.start(transfer))
        return try await transfer.response()
    }

    /// Sends a request and returns when the header of its answer is there; the body is then read piece by piece.
    ///
    /// - Throws: `HTTPClientError`; `cancelled` at once when the calling task is cancelled.
    package func open(_ request: HTTPRequest) async throws -> HTTPStream {
        let transfer = Transfer(request, use: .stream, loop: loop)
        loop.post(.start(transfer))
        return HTTPStream(transfer, head: try await transfer.head())
    }

    /// Fails all requests under way and later ones with `cancelled`, and lets the thread end.
    package func shutdown() { loop.shutdown() }
}

/// An answer whose body is still coming. One consumer. Closing is by `cancel()`, by dropping the stream, or by
/// cancelling the task that awaits `next()`.
package final class HTTPStream: Sendable {
    /// 200 to 599.
    package let status: Int
    /// In the order sent, without trailers.
    package let headers: HTTPHeaders
    package let timing: RequestTiming
    private let transfer: Transfer

    init(_ transfer: Transfer, head: ResponseHead) {
        self.transfer = transfer
        status = head.status
        headers = head.headers
        timing = head.timing
    }

    deinit { transfer.cancel() }

    /// All bytes that came since the last call, at least one; nil is the body's clean end. Above the
    /// request's `unreadBytes` the connection is not read any more until the consumer catches up.
    ///
    /// - Throws: `HTTPClientError`; what came before the error is given first.
    package func next() async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        return try await transfer.next(into: &bytes) ? bytes : nil
    }

    /// The same into a buffer, whose memory serves for the bytes that come after: who reads much takes less memory so.
    ///
    /// - Returns: false at the body's clean end; the buffer is then empty.
    package func next(into buffer: inout [UInt8]) async throws -> Bool { try await transfer.next(into: &buffer) }

    /// From now on the request fails when no byte has come for that long. A limit that is shorter than the one before
    /// takes effect when that one would have.
    package func setIdleTimeout(_ timeout: Duration) { transfer.setIdleTimeout(timeout) }

    /// Closes the connection; a pending `next()` fails with `cancelled`.
    package func cancel() { transfer.cancel() }
}
