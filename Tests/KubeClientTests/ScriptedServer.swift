import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport

@testable import KubeClient

/// An API server that answers for namespaces as its script says, one answer for each list or watch. When the script is
/// at its end, requests wait.
final class ScriptedServer: Sendable {
    enum Ending: Sendable {
        case end, cut, hold
        /// Like `hold`, but with line breaks every now and then.
        case blankLines
    }

    enum Answer: Sendable {
        case bytes([UInt8], Ending, headers: HTTPHeaders = [:])
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
        /// Of the form `28+`; nil: the server does not say.
        var minorVersion: String?
        var versionRequests = 0
        var silentPaths: Set<String> = []
        var silences = 0
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

    /// What lists and watches were asked for: `list 0`, `list newest after token`, `list newest probe`, `watch 7`,
    /// `stream newest`.
    var asked: [String] {
        requests.map { request in
            let version = request.query["resourceVersion"] ?? "newest"
            let page = request.query["continue"].map { " after \($0)" } ?? ""
            let isStream = request.query["sendInitialEvents"] == "true"
            let step = request.query["watch"] == nil ? "list " : isStream ? "stream " : "watch "
            let probe = request.query["limit"] == "1" ? " probe" : ""
            return step + version + page + probe
        }
    }

    /// Which resources the group version at a path has; nil: it does not exist.
    func serve(_ path: String, _ plurals: [String]?) { state.withLock { $0.discovery[path] = plurals } }

    /// What `/version` says.
    func setMinorVersion(_ text: String) { state.withLock { $0.minorVersion = text } }
    var versionRequests: Int { state.withLock { $0.versionRequests } }

    /// From now on requests for this path are read and never answered.
    func fallSilent(at path: String) { state.withLock { _ = $0.silentPaths.insert(path) } }
    /// How many such requests there were.
    var silences: Int { state.withLock { $0.silences } }

    func prepend(_ answer: Answer) { state.withLock { $0.script.insert(answer, at: 0) } }
    func append(_ answers: Answer...) { state.withLock { $0.script += answers } }

    func client(
        _ credentials: ClusterConfiguration.Credentials = .none, clock: some Clock<Duration> = SkippingClock(),
        observe: @escaping @Sendable (KubernetesClient.Observation) -> Void = { _ in }
    ) -> KubernetesClient {
        KubernetesClient(
            ClusterConfiguration(server: url, credentials: credentials), http: HTTPClient(name: "test"),
            version: "1.2.3", clock: clock, observe: observe)
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let isSilent = state.withLock { state in
            guard state.silentPaths.contains(request.path) else { return false }
            state.silences += 1
            return true
        }
        if isSilent { try? await Task.sleep(for: .seconds(3600)) }
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
        case .bytes(let bytes, let ending, let headers):
            return HTTPServerResponse(
                status: 200, headers: headers, body: .stream { try await Self.write(bytes, ending, to: $0) })
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
        case .blankLines:
            while true {
                try await Task.sleep(for: .milliseconds(20))
                try await writer.write([UInt8(ascii: "\n")])
            }
        }
    }

    private func discovery(_ request: HTTPServerRequest) -> HTTPServerResponse? {
        if request.path == "/version" {
            let minor = state.withLock { state in
                state.versionRequests += 1
                return state.minorVersion
            }
            guard let minor else { return HTTPServerResponse(status: 403) }
            return .json(200, ["major": "1", "minor": .string(minor)])
        }
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
