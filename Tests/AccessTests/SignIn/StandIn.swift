import Base
import HTTPServer
import Synchronization

/// A service over HTTP that answers what a test says.
final class StandIn: Sendable {
    typealias Answers = @Sendable (HTTPServerRequest) -> HTTPServerResponse

    private let state = Mutex(
        (answers: { _ in HTTPServerResponse(status: 404) } as Answers, asked: [HTTPServerRequest]()))
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    init() throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            guard let self else { return HTTPServerResponse(status: 503) }
            let answers = state.withLock { state in
                state.asked.append(request)
                return state.answers
            }
            return answers(request)
        }
        self.server.withLock { $0 = server }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    var asked: [HTTPServerRequest] { state.withLock { $0.asked } }

    func answer(_ answers: @escaping Answers) { state.withLock { $0.answers = answers } }

    func stop() async { await server.withLock { $0 }?.stop(drain: .zero) }
}

extension HTTPServerRequest {
    /// A field of the form in the body.
    func formField(_ name: String) -> String? {
        RequestTarget("/?" + String(decoding: body, as: UTF8.self))?.query.first { $0.name == name }?.value
    }
}

/// A time of day that a test sets.
final class TestTime: Sendable {
    private let time: Mutex<Timestamp>

    init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { time = Mutex(start) }

    var now: Timestamp { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}
