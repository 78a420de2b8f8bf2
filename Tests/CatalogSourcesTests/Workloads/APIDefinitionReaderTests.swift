import Base
import Catalog
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import CatalogSources

@Suite("Reading the definitions of APIs")
struct APIDefinitionReaderTests {
    /// Another reader, which knows the host `code.example` alone.
    private struct CodeHost: URLReading {
        func read(_ url: String, etag: String?) async throws -> URLAnswer {
            if url.hasPrefix("https://code.example/") { return .content(Array("code".utf8), etag: etag) }
            throw CatalogSourceError(.unreadable, SourceID(type: "url", target: "x"), "no integration knows it")
        }
    }

    /// A host with definitions, which notes what it was asked for.
    private final class Host: Sendable {
        private let requests = Mutex<[HTTPServerRequest]>([])
        private let server: Mutex<HTTPServer?> = Mutex(nil)

        init(_ answer: @escaping @Sendable (HTTPServerRequest) -> HTTPServerResponse) throws {
            let server = try HTTPServer(HTTPServer.Configuration()) { [weak self] request in
                self?.requests.withLock { $0.append(request) }
                return answer(request)
            }
            self.server.withLock { $0 = server }
        }

        var authority: String { "127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }
        var asked: [HTTPServerRequest] { requests.withLock { $0 } }

        func reader(allowing hosts: [String]? = nil) throws -> APIDefinitionReader {
            APIDefinitionReader(
                try #require(AllowedHosts(hosts ?? [authority])), http: HTTPClient(name: "definitions"),
                version: "1.2.3", otherwise: CodeHost())
        }

        /// What a reading gives: its text and etag, `missing`, `unchanged`, or the error's label and detail.
        func outcome(_ path: String, etag: String? = nil, allowing hosts: [String]? = nil) async throws -> String {
            let url = path.hasPrefix("/") ? "http://\(authority)\(path)" : path
            do {
                switch try await reader(allowing: hosts).read(url, etag: etag) {
                case .content(let bytes, let etag): return String(decoding: bytes, as: UTF8.self) + " " + (etag ?? "-")
                case .missing: return "missing"
                case .unchanged: return "unchanged"
                }
            } catch let error as CatalogSourceError {
                return "\(error.label): \(error)"
            }
        }
    }

    @Test("an allowed host is asked without a secret, and with the etag of what is known")
    func allowed() async throws {
        let host = try Host { request in
            guard request.headers["If-None-Match"] != "\"1\"" else { return HTTPServerResponse(status: 304) }
            return HTTPServerResponse(status: 200, headers: ["ETag": "\"1\""], body: .bytes(Array("a: 1".utf8)))
        }
        #expect(try await host.outcome("/a?b=c") == "a: 1 \"1\"")
        #expect(try await host.outcome("/a", etag: "\"1\"") == "unchanged")
        let first = try #require(host.asked.first)
        #expect(first.target == "/a?b=c" && first.method == "GET")
        #expect(first.headers["User-Agent"] == "callboard/1.2.3")
        #expect(first.headers["Accept"] == "application/json, application/yaml, */*")
        #expect(first.headers["Authorization"] == nil && first.headers["Cookie"] == nil)
    }

    @Test("a host that is not allowed is not asked: the other reader is, and says what would help")
    func refused() async throws {
        let host = try Host { _ in HTTPServerResponse(status: 200) }
        for hosts in [["other.example"], ["127.0.0.1"], []] {
            let outcome = try await host.outcome("/a?token=hidden", allowing: hosts)
            #expect(
                outcome == "unreadable: url:http://\(host.authority)/a: no integration knows it; "
                    + "kubernetesIngestor.apiFetch.allowedHosts does not have it either")
        }
        #expect(host.asked.isEmpty)
        #expect(try await host.outcome("https://code.example/x", etag: "e") == "code e")
    }

    @Test("a redirect is not followed, wherever it leads", arguments: [301, 302, 303, 307, 308])
    func redirect(status: Int) async throws {
        let elsewhere = try Host { _ in HTTPServerResponse(status: 200) }
        let target = "http://\(elsewhere.authority)/b"
        let host = try Host { request in
            HTTPServerResponse(status: status, headers: ["Location": request.path == "/near" ? "/b" : target])
        }
        for path in ["/near", "/far"] {
            let outcome = try await host.outcome(path)
            #expect(outcome.hasSuffix("\(path): answered \(status); expected 200"))
        }
        #expect(host.asked.map(\.path) == ["/near", "/far"] && elsewhere.asked.isEmpty)
    }

    @Test(
        "what is not there is missing, and any other answer is an error that does not tell the query",
        arguments: [
            (404, "missing"), (410, "missing"), (204, "answered 204"), (401, "answered 401"), (500, "answered 500"),
        ])
    func statuses(status: Int, expected: String) async throws {
        let host = try Host { _ in HTTPServerResponse(status: status) }
        let outcome = try await host.outcome("/a?token=hidden")
        #expect(outcome.contains(expected) && !outcome.contains("hidden"))
    }

    @Test("a definition may be as long as a placeholder's text, and no longer")
    func bounded() async throws {
        let host = try Host { request in
            let extra = request.path == "/long" ? 1 : 0
            return HTTPServerResponse(
                status: 200,
                body: .bytes([UInt8](repeating: UInt8(ascii: "a"), count: Placeholder.maximumBytes + extra)))
        }
        #expect(try await host.outcome("/right").utf8.count == Placeholder.maximumBytes + 2)
        #expect(try await host.outcome("/long").hasPrefix("too_large: url:http://\(host.authority)/long: "))
    }

    @Test("a host that cannot be reached is an error")
    func unreachable() async throws {
        let host = try Host { _ in HTTPServerResponse(status: 200) }
        // Port 1 is reserved and closed.
        let outcome = try await host.outcome("http://127.0.0.1:1/a", allowing: ["127.0.0.1:1"])
        #expect(outcome.hasPrefix("unreadable: url:http://127.0.0.1:1/a: "))
    }
}
