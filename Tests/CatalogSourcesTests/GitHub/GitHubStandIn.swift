import Base
import HTTPClient
import HTTPServer
import Synchronization
import TestSupport

@testable import CatalogSources

/// A GitHub over HTTP, as its REST API is documented: listings in pages, contents with etags, trees, redirects, limits.
/// It fails when a test says so.
final class GitHubStandIn: Sendable {
    struct Repository: Sendable {
        var branch = "main"
        var files: [String: String] = [:]
        /// Of other branches and tags.
        var otherRefs: [String: [String: String]] = [:]
        var topics: [String] = []
        var visibility = "public"
        var isArchived = false
        var isFork = false
        var pushedAt: String?
        /// In KiB; nil: not told.
        var size: Int64?
        /// Known to its members alone: left out of listings, and answered with 404.
        var isHidden = false
    }

    struct Asked: Sendable {
        let path: String
        let query: [String: String]
        let headers: HTTPHeaders
        let status: Int
    }

    private struct State {
        var repositories: [String: Repository] = [:]
        var asked: [Asked] = []
        var fault: @Sendable (HTTPServerRequest) -> HTTPServerResponse? = { _ in nil }
        var treeLimit = Int.max
        var remaining = 5_000
    }

    let token: String?
    /// Whether the owner is a user rather than an organisation.
    let isUser: Bool
    private let state = Mutex(State())
    private let server: Mutex<HTTPServer?> = Mutex(nil)

    init(token: String? = "ghp_sesame", isUser: Bool = false) throws {
        self.token = token
        self.isUser = isUser
        let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
            self?.respond(request) ?? HTTPServerResponse(status: 503)
        }
        self.server.withLock { $0 = server }
    }

    var authority: String { "127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
    var asked: [Asked] { state.withLock { $0.asked } }
    /// `status path` of all requests so far.
    var log: [String] { asked.map { "\($0.status) \($0.path)" } }
    /// Requests that cost some of the rate limit.
    var cost: Int { asked.count { $0.status != 304 } }

    func forget() { state.withLock { $0.asked = [] } }
    func set(_ name: String, _ repository: Repository?) { state.withLock { $0.repositories[name] = repository } }
    func change(_ name: String, _ body: (inout Repository) -> Void) {
        state.withLock { body(&$0.repositories[name, default: Repository()]) }
    }
    /// From now on requests are answered by this; nil of it: as usual.
    func fail(_ fault: @escaping @Sendable (HTTPServerRequest) -> HTTPServerResponse?) {
        state.withLock { $0.fault = fault }
    }
    func recover() { fail { _ in nil } }
    /// The most entries that a recursive tree has.
    func limitTrees(to count: Int) { state.withLock { $0.treeLimit = count } }

    /// The way to it as `integrations.github` would have it.
    func host(token: String?? = nil, raw: Bool = false) -> GitHubHost {
        GitHubHost(
            name: authority, apiBaseURL: "http://\(authority)/api/v3",
            rawBaseURL: raw ? "http://\(authority)/raw" : nil, token: token ?? self.token)
    }

    func client(
        token: String?? = nil, raw: Bool = false, deadline: Duration = .seconds(10),
        metrics: MetricsRegistry = MetricsRegistry(), now: @escaping @Sendable () -> Timestamp = { .now() }
    ) -> GitHubClient {
        var manner = GitHubClient.Manner()
        (manner.gap, manner.deadline, manner.now) = (.zero, deadline, now)
        return GitHubClient(
            host(token: token, raw: raw), http: HTTPClient(name: "test"), metrics: GitHubMetrics(metrics), version: "1",
            manner: manner)
    }

    func url(_ repository: String, _ path: String, ref: String = "main") -> String {
        "https://\(authority)/\(repository)/blob/\(ref)/\(path)"
    }
}

extension GitHubStandIn {
    private func respond(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let fault = state.withLock { $0.fault }
        var response = fault(request) ?? answer(request)
        state.withLock { state in
            if response.status != 304 { state.remaining -= 1 }
            if response.headers["X-RateLimit-Remaining"] == nil {
                response.headers.add("X-RateLimit-Remaining", "\(state.remaining)")
            }
            state.asked.append(
                Asked(
                    path: request.path, query: Dictionary(request.query.map { ($0.name, $0.value) }) { $1 },
                    headers: request.headers, status: response.status))
        }
        return response
    }

    private func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let path = request.pathSegments
        if path.first == "raw", path.count > 4 {
            return file("\(path[1])/\(path[2])", path[3], path.dropFirst(4).joined(separator: "/"), request)
        }
        guard path.starts(with: ["api", "v3"]) else { return Self.notFound }
        if let token, request.headers["Authorization"] != "Bearer \(token)" {
            return .json(401, ["message": .string("Bad credentials \(request.headers["Authorization"] ?? "")")])
        }
        let call = Array(path.dropFirst(2))
        switch (call.first, call.count) {
        case ("orgs", 3): return isUser ? Self.notFound : list(request, owner: call[1]) { !$0.isHidden }
        case ("users", 3): return list(request, owner: call[1]) { $0.visibility == "public" }
        case ("user", 1): return .json(200, ["login": isUser ? "acme" : "robot"])
        case ("user", 2): return list(request, owner: "acme") { _ in true }
        case ("repos", 3...): return repository(Array(call.dropFirst()), request)
        default: return Self.notFound
        }
    }

    private static let notFound = HTTPServerResponse.json(
        404, ["message": "Not Found", "documentation_url": "https://docs.github.com/rest"])

    private func list(
        _ request: HTTPServerRequest, owner: String, _ isShown: (Repository) -> Bool
    ) -> HTTPServerResponse {
        let all = state.withLock { $0.repositories }.filter { $0.key.hasPrefix(owner + "/") && isShown($0.value) }
            .sorted { $0.key < $1.key }
        let size = request.queryValue("per_page").flatMap { Int($0) } ?? 30
        let page = request.queryValue("page").flatMap { Int($0) } ?? 1
        let shown = all.dropFirst((page - 1) * size).prefix(size)
        var response = HTTPServerResponse.json(200, .array(shown.map { Self.document($0.key, $0.value) }))
        if page * size < all.count { response.headers.set("Link", "<http://x/?page=\(page + 1)>; rel=\"next\"") }
        if page > 1 { response.headers.set("Link", (response.headers["Link"] ?? "") + ", <http://x/>; rel=\"prev\"") }
        return response
    }

    private static func document(_ name: String, _ repository: Repository) -> JSONValue {
        [
            "full_name": .string(name), "default_branch": .string(repository.branch),
            "archived": .bool(repository.isArchived), "fork": .bool(repository.isFork),
            "topics": .array(repository.topics.map(JSONValue.string)), "visibility": .string(repository.visibility),
            "private": .bool(repository.visibility != "public"),
            "pushed_at": repository.pushedAt.map(JSONValue.string) ?? .null,
            "size": repository.size.map(JSONValue.int) ?? .null,
        ]
    }

    private func repository(_ call: [String], _ request: HTTPServerRequest) -> HTTPServerResponse {
        let name = call.prefix(2).joined(separator: "/")
        guard let found = state.withLock({ $0.repositories[name] }), !found.isHidden else { return Self.notFound }
        if call.count == 2 { return .json(200, Self.document(name, found)) }
        if call[2] == "contents" {
            let ref = request.queryValue("ref") ?? found.branch
            return file(name, ref, call.dropFirst(3).joined(separator: "/"), request)
        }
        guard call.count == 5, call[2] == "git", call[3] == "trees" else { return Self.notFound }
        var response = tree(found, call[4], isRecursive: request.queryValue("recursive") != nil)
        guard response.status == 200 else { return response }
        let etag = "\"\(sha256Hex(Array(found.files.keys.sorted().joined().utf8)).prefix(12))\""
        response.headers.set("ETag", etag)
        return request.headers["If-None-Match"] == etag
            ? HTTPServerResponse(status: 304, headers: ["ETag": etag]) : response
    }

    private func file(
        _ name: String, _ ref: String, _ path: String, _ request: HTTPServerRequest
    ) -> HTTPServerResponse {
        guard let found = state.withLock({ $0.repositories[name] }), !found.isHidden else { return Self.notFound }
        let files = ref == found.branch ? found.files : found.otherRefs[ref] ?? [:]
        guard let text = files[path] else {
            let isFolder = files.keys.contains { $0.hasPrefix(path + "/") }
            return isFolder ? .json(200, [["type": "file", "name": "a.yaml"]]) : Self.notFound
        }
        let etag = "\"\(sha256Hex(Array(text.utf8)).prefix(12))\""
        let headers: HTTPHeaders = [
            "ETag": etag, "Content-Type": "application/vnd.github.v3.raw; charset=utf-8",
        ]
        if request.headers["If-None-Match"] == etag { return HTTPServerResponse(status: 304, headers: headers) }
        return HTTPServerResponse(status: 200, headers: headers, body: .bytes(Array(text.utf8)))
    }

    /// A tree's sha is here the path of its directory, encoded.
    private func tree(_ repository: Repository, _ ref: String, isRecursive: Bool) -> HTTPServerResponse {
        if repository.files.isEmpty { return .json(409, ["message": "Git Repository is empty."]) }
        let isRoot = ref == repository.branch
        guard isRoot || ref.hasPrefix("sha-") else { return Self.notFound }
        let base = isRoot ? "" : ref.dropFirst(4).replacingDashes + "/"
        var entries: [String: JSONValue] = [:]
        for path in repository.files.keys where path.hasPrefix(base) {
            let names = path.dropFirst(base.count).split(separator: "/")
            for depth in 1...names.count where isRecursive || depth == 1 {
                let part = names.prefix(depth).joined(separator: "/")
                let isFile = depth == names.count
                entries[part] = [
                    "path": .string(part), "type": isFile ? "blob" : "tree",
                    "sha": .string("sha-" + (base + part).split(separator: "/").joined(separator: "--")),
                ]
            }
        }
        let limit = isRecursive ? state.withLock { $0.treeLimit } : Int.max
        let shown = entries.sorted { $0.key < $1.key }.prefix(limit).map(\.value)
        return .json(200, ["tree": .array(shown), "truncated": .bool(shown.count < entries.count)])
    }
}

extension Substring {
    fileprivate var replacingDashes: String {
        var text = self
        var result = ""
        while let range = text.firstRange(of: "--") {
            result += text[..<range.lowerBound] + "/"
            text = text[range.upperBound...]
        }
        return result + text
    }
}

/// Copies in memory.
final class MemoryEtags: EtagKeeping {
    struct Refusal: Error {}

    private let copies = Mutex<[SourceID: [String: EtaggedCopy]]>([:])
    private let failing = Mutex(false)

    var isFailing: Bool {
        get { failing.withLock { $0 } }
        set { failing.withLock { $0 = newValue } }
    }

    private func check() throws { if isFailing { throw Refusal() } }

    func copy(of url: String, for source: SourceID) async throws -> EtaggedCopy? {
        try check()
        return copies.withLock { $0[source]?[url] }
    }

    func keep(_ copy: EtaggedCopy, of url: String, for source: SourceID) async throws {
        try check()
        copies.withLock { $0[source, default: [:]][url] = copy }
    }

    func urls(for source: SourceID) async throws -> Set<String> {
        try check()
        return copies.withLock { Set($0[source, default: [:]].keys) }
    }

    func forget(allBut urls: Set<String>, for source: SourceID) async throws {
        try check()
        copies.withLock { copies in
            copies[source] = copies[source]?.filter { urls.contains($0.key) }
        }
    }
}
