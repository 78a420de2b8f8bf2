import Base
import HTTPClient
import HTTPServer
import KubeClient
import Synchronization

/// An API server that serves what a test says: lists by path, refusals, and silence.
final class ScriptedCluster: Sendable {
    enum Answer: Sendable {
        case list(String)
        case status(Int)
        case raw(String, type: String)
        /// Until the client goes.
        case silence
        /// Once this is open.
        case gated(Gate, String)
        /// In small pieces, the second half of them once this is open.
        case halves(Gate, String)
    }

    struct Request: Sendable, Hashable {
        let path: String
        let selector: String?
    }

    private struct State {
        var answers: [String: Answer] = [:]
        /// Plurals by path of group version; the server has no others.
        var served: [String: [String]]
        var requests: [Request] = []
        var underWay = 0
        var mostUnderWay = 0
        var halves = 0
    }

    let name: String
    private let state: Mutex<State>
    private let server: Mutex<HTTPServer?> = Mutex(nil)
    private let http: HTTPClient

    /// What a server of these days has.
    static let current = [
        "/api/v1": ["pods", "services", "configmaps", "limitranges", "resourcequotas", "secrets"],
        "/apis/apps/v1": ["deployments", "replicasets", "statefulsets", "daemonsets"],
        "/apis/autoscaling/v2": ["horizontalpodautoscalers"], "/apis/batch/v1": ["jobs", "cronjobs"],
        "/apis/networking.k8s.io/v1": ["ingresses"],
    ]

    init(_ name: String, serving served: [String: [String]] = current) throws {
        self.name = name
        http = HTTPClient(name: "scripted")
        state = Mutex(State(served: served))
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            await self?.answer(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    func set(_ path: String, _ answer: Answer) { state.withLock { $0.answers[path] = answer } }
    func serve(_ path: String, _ plurals: [String]?) { state.withLock { $0.served[path] = plurals } }

    /// All but discovery.
    var requests: [Request] { state.withLock { state in state.requests.filter { state.served[$0.path] == nil } } }
    var paths: [String] { requests.map(\.path) }
    var allPaths: [String] { state.withLock { $0.requests.map(\.path) } }
    var underWay: Int { state.withLock { $0.underWay } }
    var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }

    /// How many lists have been sent by half, or were not wanted so far.
    var halves: Int { state.withLock { $0.halves } }

    var entry: ClusterDirectory.Entry { entry { _ in } }

    func entry(_ change: (inout ClusterDefinition) -> Void) -> ClusterDirectory.Entry {
        let port = server.withLock { $0?.port ?? 0 }
        let access = ClusterConfiguration(
            server: "http://127.0.0.1:\(port)", credentials: .token("secret-of-the-cluster"))
        var definition = ClusterDefinition(name: name, access: access)
        change(&definition)
        return ClusterDirectory.Entry(
            definition: definition, client: KubernetesClient(access, http: http, version: "test"))
    }

    /// A cluster that nothing listens for.
    static func unreachable(_ name: String) -> ClusterDirectory.Entry {
        let access = ClusterConfiguration(server: "http://127.0.0.1:1")
        return ClusterDirectory.Entry(
            definition: ClusterDefinition(name: name, access: access),
            client: KubernetesClient(access, http: HTTPClient(name: "nowhere"), version: "test"))
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let (answer, served) = state.withLock { state in
            state.requests.append(Request(path: request.path, selector: request.queryValue("labelSelector")))
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            return (state.answers[request.path], state.served[request.path])
        }
        defer { state.withLock { $0.underWay -= 1 } }
        switch answer {
        case .list(let items): return Self.list(items)
        case .status(let code): return Self.status(code)
        case .raw(let text, let type):
            return HTTPServerResponse(status: 200, headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
        case .silence:
            try? await Task.sleep(for: .seconds(3600))
            return Self.status(503)
        case .gated(let gate, let items): return await gate.wait() ? Self.list(items) : Self.status(503)
        case .halves(let gate, let items):
            return HTTPServerResponse(status: 200, body: .stream { try await self.write(items, gate, to: $0) })
        case nil: break
        }
        if let served {
            return .json(
                200, ["kind": "APIResourceList", "resources": .array(served.map { ["name": .string($0)] })])
        }
        let isList = state.withLock { state in
            state.served.contains { path, plurals in
                request.path.hasPrefix(path + "/") && plurals.contains(request.pathSegments.last ?? "")
            }
        }
        return isList ? Self.list("") : Self.status(404)
    }

    private func write(_ items: String, _ gate: Gate, to writer: HTTPBodyWriter) async throws {
        let bytes = Self.bytes(items)
        func write(_ range: Range<Int>) async throws {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 10_000) {
                try await writer.write(Array(bytes[start..<min(start + 10_000, range.upperBound)]))
            }
        }
        do {
            defer { state.withLock { $0.halves += 1 } }
            try await write(0..<bytes.count / 2)
        }
        guard await gate.wait() else { throw CancellationError() }
        try await write(bytes.count / 2..<bytes.count)
    }

    private static func list(_ items: String) -> HTTPServerResponse {
        HTTPServerResponse(status: 200, body: .bytes(bytes(items)))
    }

    static func bytes(_ items: String) -> [UInt8] {
        Array(
            #"{"kind":"ThingList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[\#(items)]}"#.utf8)
    }

    private static func status(_ code: Int) -> HTTPServerResponse {
        .json(code, ["kind": "Status", "code": .int(Int64(code)), "message": "as the script says"])
    }
}
