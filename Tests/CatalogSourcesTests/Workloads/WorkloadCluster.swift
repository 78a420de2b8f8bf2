import Base
import HTTPClient
import HTTPServer
import KubeClient
import Synchronization

/// An API server that has the objects that a test puts there, lists and watches them, and refuses types when the test says so.
final class WorkloadCluster: Sendable {
    private struct Served {
        var objects: [String: JSONValue] = [:]
        /// Lines of watches, with their versions.
        var events: [(version: Int, line: String)] = []
        /// Instead of lists and watches; 404 means that the whole group is gone.
        var refusal: Int?
        /// Opens at the next change.
        var changed = Gate()
    }

    private struct State {
        var types: [String: Served] = [:]
        var version = 1
    }

    /// What it says of its groups: names of types, and their kinds.
    private let groups: [String: [String: String]]
    private let state: Mutex<State>
    private let server: Mutex<HTTPServer?> = Mutex(nil)
    private let http = HTTPClient(name: "workload-cluster")

    /// - Parameter groups: for each path of a group version the plurals that it has, with their kinds.
    init(_ groups: [String: [String: String]]) throws {
        self.groups = groups
        let paths = groups.flatMap { group in group.value.keys.map { "\(group.key)/\($0)" } }
        state = Mutex(State(types: Dictionary(uniqueKeysWithValues: paths.map { ($0, Served()) })))
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            self?.answer(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var client: KubernetesClient {
        let url = "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })"
        return KubernetesClient(ClusterConfiguration(server: url), http: http, version: "test")
    }

    /// Puts an object into the namespace `shop`, or takes it away.
    func set(_ type: String, _ name: String, _ object: JSONObject?) {
        change(type) { served, version in
            let event = object == nil ? "DELETED" : served.objects[name] == nil ? "ADDED" : "MODIFIED"
            var whole = object ?? [:]
            var metadata: JSONObject = if case .object(let given) = whole["metadata"] { given } else { [:] }
            metadata["name"] = .string(name)
            metadata["namespace"] = "shop"
            metadata["resourceVersion"] = .string("\(version)")
            whole["metadata"] = .object(metadata)
            served.objects[name] = object.map { _ in .object(whole) }
            let line: JSONValue = ["type": .string(event), "object": .object(whole)]
            served.events.append((version, line.text() + "\n"))
        }
    }

    /// Answers for a type with this status from now on, and ends its watches; nil: as usual again.
    func refuse(_ type: String, _ status: Int?) { change(type) { served, _ in served.refusal = status } }

    private func change(_ type: String, _ body: (inout Served, Int) -> Void) {
        let gate = state.withLock { state -> Gate? in
            state.version += 1
            guard var served = state.types[type] else { return nil }
            body(&served, state.version)
            let gate = served.changed
            served.changed = Gate()
            state.types[type] = served
            return gate
        }
        gate?.open()
    }

    private func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
        if let group = groups[request.path] { return discovery(request.path, group) }
        let parts = request.path.split(separator: "/namespaces/shop/", maxSplits: 1).map(String.init)
        if parts.count == 2, let slash = parts[1].firstIndex(of: "/") {
            let name = String(parts[1][parts[1].index(after: slash)...])
            return object("\(parts[0])/\(parts[1][..<slash])", name)
        }
        let (served, version) = state.withLock { ($0.types[request.path], $0.version) }
        guard let served else { return Self.status(request.path == "/version" ? 403 : 404) }
        if let refusal = served.refusal { return Self.status(refusal) }
        guard request.queryValue("watch") != nil else {
            return .json(
                200,
                ["metadata": ["resourceVersion": .string("\(version)")], "items": .array(Array(served.objects.values))])
        }
        let from = Int(request.queryValue("resourceVersion") ?? "") ?? 0
        return HTTPServerResponse(
            status: 200, body: .stream { [weak self] in try await self?.watch(request.path, from: from, $0) })
    }

    private func discovery(_ path: String, _ group: [String: String]) -> HTTPServerResponse {
        let isGone = state.withLock { state in group.keys.contains { state.types["\(path)/\($0)"]?.refusal == 404 } }
        if isGone { return Self.status(404) }
        let resources = group.map { name, kind -> JSONValue in
            ["name": .string(name), "kind": .string(kind), "namespaced": .bool(name != "nodes")]
        }
        return .json(200, ["kind": "APIResourceList", "resources": .array(resources)])
    }

    private func object(_ type: String, _ name: String) -> HTTPServerResponse {
        let served = state.withLock { $0.types[type] }
        if let refusal = served?.refusal { return Self.status(refusal) }
        return served?.objects[name].map { .json(200, $0) } ?? Self.status(404)
    }

    private func watch(_ type: String, from version: Int, _ writer: HTTPBodyWriter) async throws {
        var seen = version
        while let served = state.withLock({ $0.types[type] }), served.refusal == nil {
            for event in served.events where event.version > seen {
                try await writer.write(Array(event.line.utf8))
                seen = event.version
            }
            guard await served.changed.wait() else { return }
        }
    }

    private static func status(_ code: Int) -> HTTPServerResponse {
        .json(code, ["kind": "Status", "code": .int(Int64(code)), "message": "as the test says"])
    }
}
