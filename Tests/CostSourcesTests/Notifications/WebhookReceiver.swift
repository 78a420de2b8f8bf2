import Base
import HTTPClient
import HTTPServer
import Synchronization

@testable import CostSources

/// A webhook on loopback that answers as a test says and remembers what came.
final class WebhookReceiver: Sendable {
    private let state = Mutex((answer: HTTPServerResponse(status: 204), got: [HTTPServerRequest]()))
    private let server: Mutex<HTTPServer?> = Mutex(nil)
    private let gate = Gate()
    let http = HTTPClient(name: "test-webhooks")

    init() throws {
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            await self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var got: [HTTPServerRequest] { state.withLock { $0.got } }
    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }

    func answer(_ status: Int, _ headers: HTTPHeaders = [:], _ body: String = "") {
        state.withLock {
            $0.answer = HTTPServerResponse(status: status, headers: headers, body: .bytes(Array(body.utf8)))
        }
    }

    /// The answer begins and breaks off.
    func cut() {
        struct Cut: Error {}
        state.withLock {
            $0.answer = HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x6F])
                    throw Cut()
                })
        }
    }

    /// Who asks `/slow` waits until this.
    func release() { gate.open() }

    func client(
        _ path: String = "/hook", format: Webhook.Format = .json, headers: [(name: String, value: Secret)] = [],
        key: Secret? = nil, deadline: Duration = .seconds(10)
    ) -> WebhookClient {
        let webhook = Webhook(name: "test", url: Secret(url + path), format: format, headers: headers, key: key)
        return WebhookClient(webhook, http: http, version: "1.2.3", deadline: deadline)
    }

    private func respond(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let answer = state.withLock { state in
            state.got.append(request)
            return state.answer
        }
        if request.path == "/slow" { _ = await gate.wait() }
        return answer
    }
}
