package import Base

/// An HTTP/1.1 server on libmicrohttpd. Each request is handled by a Swift task while its connection is suspended, so
/// that no thread waits for a handler.
///
/// The handler's task is cancelled when the client disconnects, when `requestTimeout` has passed, and when the server
/// stops. A disconnect is noticed within 250 ms. A client that closes its sending side only is taken for gone too, as
/// Go's server does: the two cannot be told apart before an answer is sent.
package final class HTTPServer: Sendable {
    /// Where to listen, and the bounds of what clients may use.
    package struct Configuration: Sendable {
        /// A numeric IPv4 or IPv6 address to listen on.
        package var host = "127.0.0.1"
        /// 0: any free one.
        package var port = 0
        /// A longer body is answered with 413.
        package var maximumBodyBytes = 4 << 20
        /// Of the request line and the header; longer ones are answered with 431.
        package var maximumHeaderBytes = 32 << 10
        /// A connection is closed when neither side has sent for that long and no handler is at work. Whole seconds.
        package var idleTimeout: Duration = .seconds(60)
        /// Until the handler has answered, then 503; streaming of the body does not count. Kept to within 250 ms.
        package var requestTimeout: Duration = .seconds(60)
        /// More wait in the system's queue until one is closed.
        package var maximumConnections = 1024
        /// Threads that read and write; handlers run on Swift's pool.
        package var threads = 2

        /// Loopback, any free port.
        package init() {}
    }

    private let supervisor: Supervisor

    /// The port that is listened on.
    package var port: Int { supervisor.port }

    /// Starts to listen and to serve.
    ///
    /// - Parameters:
    ///   - logger: told of answers that break off.
    ///   - immediate: asked before the handler, in the thread that reads requests: for answers of bytes that are at hand.
    ///     It must not block. Nil: the handler is to be asked.
    /// - Throws: `HTTPServerError` when the address cannot be listened on.
    package init(
        _ configuration: Configuration, logger: Logger = Logger("http-server"),
        immediate: @escaping @Sendable (HTTPServerRequest) -> HTTPServerResponse? = { _ in nil },
        handler: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) throws {
        supervisor = try Supervisor(configuration, logger: logger, immediate: immediate, handler: handler)
    }

    deinit { supervisor.stop(drain: .zero) {} }

    /// Stops: refuses new connections at once, lets requests under way end within `drain`, then cancels their tasks and
    /// cuts them. Returns when every connection is closed. Handlers that ignore cancellation may still run then; their
    /// answers go nowhere.
    package func stop(drain: Duration) async {
        await withCheckedContinuation { continuation in
            supervisor.stop(drain: drain) { continuation.resume() }
        }
    }
}

/// A server could not be started.
package struct HTTPServerError: Error, CustomStringConvertible {
    /// What kind of failure.
    package enum Code: String, Sendable {
        /// The host is not a numeric address, or the port is not one.
        case invalidAddress
        /// The system refused: in use, not ours, not permitted.
        case cannotListen
        case cannotStart
    }

    /// What kind of failure.
    package let code: Code
    /// Host and port as configured.
    package let address: String
    /// What went wrong or was expected.
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    /// What was attempted and what went wrong.
    package var description: String { "listening on \(address): \(detail)" }
}
