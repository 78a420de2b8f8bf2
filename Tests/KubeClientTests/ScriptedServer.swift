import Base
import HTTPClient
import HTTPServer
import Synchronization

@testable import KubeClient

/// An API server that answers for namespaces as its script says, one answer for each list or watch. When the script is
/// at its end, requests wait.
final class ScriptedServer: Sendable {
    enum Ending: Sendable { case end, cut, hold }

    enum Answer: Sendable {
        case bytes([UInt8], Ending)
        case refusal(Int, body: [UInt8] = [], headers: HTTPHeaders = [:])
        /// Not even a header.
        case silence

        static func list(_ items: [UInt8]..., version: Int, continueToken: String = "") -> Answer {
            .bytes(Wire.list(items, resourceVersion: "\(version)", continueToken: continueToken), .end)
        }

        static func watch(_ events: [UInt8]..., then ending: Ending = .end) -> Answer {
            .bytes(events.flatMap { $0 }, ending)
        }

        static func status(_ code: Int, reason: String, causes: [String] = []) -> Answer {
            .refusal(code, body: Wire.envelope("Status", Wire.status(code: code, reason: reason, causes: causes)))
        }
    }

    struct Request: Sendable {
        let method: String
        let path: String
        let query: [String: String]
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    private struct State {
        var script: [Answer]
        var requests: [Request] = []
        var discovery: [String: [String]] = ["/api/v1": ["namespaces"]]
    }

    private let state: Mutex<State>
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    init(_ script: Answer...) throws {
        state = Mutex(State(script: script))
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            await self?.answer(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }

    /// All but discovery.
    var requests: [Request] { state.withLock { $0.requests } }

    /// What lists and watches were asked for: `list 0`, `list 500 after token`, `watch 7`, `list newest`.
    var asked: [String] {
        requests.map { request in
            let version = request.query["resourceVersion"] ?? "newest"
            let page = request.query["continue"].map { " after \($0)" } ?? ""
            return (request.query["watch"] == nil ? "list " : "watch ") + version + page
        }
    }

    /// Which resources the group version at a path has; nil: it does not exist.
    func serve(_ path: String, _ plurals: [String]?) { state.withLock { $0.discovery[path] = plurals } }

    func append(_ answers: Answer...) { state.withLock { $0.script += answers } }

    func client(
        _ credentials: ClusterConfiguration.Credentials = .none,
        observe: @escaping @Sendable (KubernetesClient.Observation) -> Void = { _ in }
    ) -> KubernetesClient {
        KubernetesClient(
            ClusterConfiguration(server: url, credentials: credentials), http: HTTPClient(name: "test"),
            version: "1.2.3", clock: SkippingClock(), observe: observe)
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        if let response = discovery(request) { return response }
        let recorded = Request(
            method: request.method, path: request.path,
            query: Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            headers: request.headers, body: request.body)
        let answer = state.withLock { state in
            state.requests.append(recorded)
            return state.script.isEmpty ? Answer.silence : state.script.removeFirst()
        }
        switch answer {
        case .silence:
            try? await Task.sleep(for: .seconds(3600))
            return HTTPServerResponse(status: 503)
        case .refusal(let status, let body, let headers):
            return HTTPServerResponse(status: status, headers: headers, body: .bytes(body))
        case .bytes(let bytes, let ending):
            return HTTPServerResponse(status: 200, body: .stream { try await Self.write(bytes, ending, to: $0) })
        }
    }

    private static func write(_ bytes: [UInt8], _ ending: Ending, to writer: HTTPBodyWriter) async throws {
        // In pieces, so that objects are split between chunks.
        for start in stride(from: 0, to: bytes.count, by: 50) {
            try await writer.write(Array(bytes[start..<min(start + 50, bytes.count)]))
        }
        switch ending {
        case .end: return
        case .cut: throw CancellationError()
        case .hold: try await Task.sleep(for: .seconds(3600))
        }
    }

    private func discovery(_ request: HTTPServerRequest) -> HTTPServerResponse? {
        guard request.pathSegments.count <= 3, request.pathSegments.last != "namespaces" else { return nil }
        guard let plurals = state.withLock({ $0.discovery[request.path] }) else {
            return HTTPServerResponse(status: 404, body: .bytes(Array("404 page not found\n".utf8)))
        }
        let resources = plurals.map { plural -> JSONValue in ["name": .string(plural)] }
        return .json(200, ["kind": "APIResourceList", "resources": .array(resources)])
    }
}

/// A clock on which time passes by sleeping alone, at once.
struct SkippingClock: Clock {
    private final class Time: Sendable {
        let offset = Mutex(Duration.zero)
    }

    private let time = Time()

    var now: ManualClock.Instant { ManualClock.Instant(offset: time.offset.withLock { $0 }) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: ManualClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        time.offset.withLock { $0 = max($0, deadline.offset) }
        await Task.yield()
    }
}
