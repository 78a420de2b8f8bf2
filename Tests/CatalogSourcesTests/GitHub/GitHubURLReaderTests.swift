import Base
import Catalog
import HTTPClient
import HTTPServer
import Testing

@testable import CatalogSources

@Suite("Files on GitHub")
struct GitHubURLReaderTests {
    private func standIn(token: String? = "ghp_sesame") throws -> GitHubStandIn {
        let github = try GitHubStandIn(token: token)
        github.set(
            "acme/shop",
            .init(
                files: ["catalog-info.yaml": "kind: Component", "docs/a b.yaml": "spaced", "api.json": "{}"],
                otherRefs: ["v1": ["catalog-info.yaml": "old"], "feature/x": ["catalog-info.yaml": "slashed"]]))
        return github
    }

    private func text(_ github: GitHubStandIn, _ url: String, raw: Bool = false) async throws -> String {
        let reader = GitHubURLReader([github.client(token: raw ? .some(nil) : nil, raw: raw)])
        guard case .content(let bytes, _) = try await reader.read(url, etag: nil) else { return "no content" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The error's text.
    private func refusal(
        _ client: GitHubClient, _ url: String, etag: String? = nil
    ) async -> String {
        do {
            return "read: \(try await GitHubURLReader([client]).read(url, etag: etag))"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "every form of URL is read",
        arguments: [
            ("blob/main/catalog-info.yaml", "kind: Component"), ("tree/main/catalog-info.yaml", "kind: Component"),
            ("raw/main/catalog-info.yaml", "kind: Component"), ("blob/v1/catalog-info.yaml", "old"),
            ("blob/feature%2Fx/catalog-info.yaml", "slashed"), ("blob/main/docs/a%20b.yaml", "spaced"),
            // Rules look at the path, so nothing else may say which file it is.
            ("blob/main/catalog-info.yaml?path=/docs/a%20b.yaml", "kind: Component"),
            ("blob/main/catalog-info.yaml#L3", "kind: Component"),
        ])
    func forms(rest: String, expected: String) async throws {
        let github = try standIn()
        #expect(try await text(github, "https://\(github.authority)/acme/shop/\(rest)") == expected)
    }

    @Test("without a token, files are read where raw files are, and their URLs are read too")
    func raw() async throws {
        let github = try standIn()
        #expect(try await text(github, github.url("acme/shop", "catalog-info.yaml"), raw: true) == "kind: Component")
        let url = "http://\(github.authority)/raw/acme/shop/v1/catalog-info.yaml"
        #expect(try await text(github, url, raw: true) == "old")
        #expect(github.asked.allSatisfy { $0.path.hasPrefix("/raw/") && $0.headers["Authorization"] == nil })
    }

    @Test("a full name of a branch is one ref")
    func fullRef() throws {
        let host = GitHubHost(name: "github.com")
        let place = try GitHubPlace("https://github.com/acme/shop/blob/refs/heads/main/a/b.yaml", on: host)
        #expect(place == GitHubPlace(repository: "acme/shop", ref: "refs/heads/main", path: "a/b.yaml"))
        let raw = try GitHubPlace("https://raw.githubusercontent.com/acme/shop/refs/tags/v1/b.yaml", on: host)
        #expect(raw == GitHubPlace(repository: "acme/shop", ref: "refs/tags/v1", path: "b.yaml"))
    }

    @Test(
        "a place is read back from its URL",
        arguments: [
            GitHubPlace(repository: "a/b", ref: "main", path: "catalog-info.yaml"),
            GitHubPlace(repository: "a/b.c", ref: "release/1", path: "x y/ü#?.yaml"),
            GitHubPlace(repository: "a/b", ref: "refs/heads/main", path: "100%/a.yaml"),
        ])
    func roundTrip(place: GitHubPlace) throws {
        #expect(try GitHubPlace(place.url(on: "github.com"), on: GitHubHost(name: "github.com")) == place)
    }

    @Test(
        "what names no file is refused with what was expected",
        arguments: [
            ("acme", "/blob/<branch"), ("acme/shop", "/blob/<branch"), ("acme/shop/issues/1", "/blob/<branch"),
            ("acme/shop/blob", "/blob/<branch"), ("acme/shop/blob/main/%2E%2E/x", "without . and .."),
            ("acme/shop/blob/main/a%2F..%2F..%2Fx", "without . and .."),
            ("acme/..%2Fother/blob/main/x", "without . and .."),
            ("acme/a%2Fb/blob/main/x", "without . and .."), ("acme/shop/blob/..%2Fx/y", "without . and .."),
        ])
    func malformed(rest: String, expected: String) async throws {
        let client = GitHubClient(
            GitHubHost(name: "github.com"), http: HTTPClient(name: "test"), metrics: GitHubMetrics(MetricsRegistry()),
            version: "1")
        #expect(await refusal(client, "https://github.com/\(rest)").contains(expected))
    }

    @Test("another host is refused with those that are configured, without the URL's secrets")
    func foreign() async throws {
        let github = try standIn()
        let text = await refusal(github.client(), "https://me:pw@other.example/a/b/blob/main/c?token=geheim")
        #expect(text.contains("no entry of integrations.github") && text.contains(github.authority))
        #expect(!text.contains("pw") && !text.contains("geheim"))
    }

    @Test(
        "the API is found by the host's name",
        arguments: [
            ("github.com", "https://api.github.com"), ("Octo.GHE.com", "https://api.octo.ghe.com"),
            ("git.acme.example:8443", "https://git.acme.example:8443/api/v3"),
        ])
    func apiOf(name: String, url: String) {
        #expect(GitHubHost(name: name).apiBaseURL == url)
        #expect(GitHubHost(name: "x", apiBaseURL: "https://api.x/").apiBaseURL == "https://api.x")
        #expect(GitHubHost(name: "x", rawBaseURL: "https://raw.x").apiBaseURL == nil)
    }

    @Test("what has not changed is not sent again, and costs nothing")
    func etags() async throws {
        let github = try standIn()
        let reader = GitHubURLReader([github.client()])
        let url = github.url("acme/shop", "catalog-info.yaml")
        guard case .content(_, let etag?) = try await reader.read(url, etag: nil) else {
            Issue.record("no etag")
            return
        }
        #expect(try await reader.read(url, etag: etag) == .unchanged)
        #expect(github.cost == 1)
        github.change("acme/shop") { $0.files["catalog-info.yaml"] = "kind: System" }
        let changed = try await reader.read(url, etag: etag)
        #expect(changed != .unchanged && changed != .missing)
    }

    @Test("a file is missing only where its repository can be seen")
    func missing() async throws {
        let github = try standIn()
        let reader = GitHubURLReader([github.client()])
        #expect(try await reader.read(github.url("acme/shop", "none.yaml"), etag: nil) == .missing)
        #expect(try await reader.read(github.url("acme/shop", "catalog-info.yaml", ref: "gone"), etag: nil) == .missing)
        github.change("acme/shop") { $0.isHidden = true }
        let text = await refusal(github.client(), github.url("acme/shop", "catalog-info.yaml"))
        #expect(text.contains("the repository acme/shop cannot be seen") && text.contains("with the configured token"))
    }

    @Test("a directory is no file")
    func directory() async throws {
        let github = try standIn()
        #expect(await refusal(github.client(), github.url("acme/shop", "docs")).contains("found a directory"))
    }

    @Test("a page to log in is no file")
    func html() async throws {
        let github = try standIn()
        github.fail { _ in
            HTTPServerResponse(status: 200, headers: ["Content-Type": "text/html"], body: .bytes(Array("<p>".utf8)))
        }
        #expect(await refusal(github.client(), github.url("acme/shop", "a.yaml")).contains("a page of HTML"))
    }

    @Test("a token that is not good is never repeated, not even when GitHub does")
    func badToken() async throws {
        let github = try standIn()
        let text = await refusal(github.client(token: "ghp_wrong"), github.url("acme/shop", "a.yaml"))
        #expect(text.contains("401") && text.contains("integrations.github") && !text.contains("ghp_wrong"))
        #expect(!"\(github.host())".contains("sesame"))
    }

    @Test("an answer that is cut short is an error")
    func truncated() async throws {
        let github = try standIn()
        github.fail { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("kind: Comp".utf8))
                    throw CancellationError()
                })
        }
        #expect(await refusal(github.client(), github.url("acme/shop", "a.yaml")).contains("connectionLost"))
    }

    @Test("an answer that never ends is given up at the deadline")
    func slow() async throws {
        let github = try standIn()
        github.fail { _ in
            HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("kind".utf8))
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        let client = github.client(deadline: .milliseconds(200))
        #expect(await refusal(client, github.url("acme/shop", "a.yaml")).contains("timeout"))
    }

    @Test("a file beyond the bound is refused as such")
    func tooLarge() async throws {
        let github = try standIn()
        github.fail { _ in
            HTTPServerResponse(
                status: 200, body: .bytes(Array(repeating: 0x20, count: GitHubClient.maximumFileBytes + 1)))
        }
        do {
            _ = try await GitHubURLReader([github.client()]).read(github.url("acme/shop", "a.yaml"), etag: nil)
            Issue.record("it was read")
        } catch let error as CatalogSourceError {
            #expect(error.code == .tooLarge)
        }
    }

    @Test("a renamed repository is followed, and the token stays with its host")
    func redirects() async throws {
        let (github, other) = (try standIn(), try GitHubStandIn(token: nil))
        other.fail { _ in HTTPServerResponse(status: 200, body: .bytes(Array("elsewhere".utf8))) }
        let place = other.authority
        github.fail { request in
            if request.path.contains("/old/") {
                return HTTPServerResponse(
                    status: 301, headers: ["Location": "/api/v3/repos/acme/shop/contents/catalog-info.yaml?ref=main"])
            }
            guard request.path.contains("/away/") else { return nil }
            return HTTPServerResponse(status: 302, headers: ["Location": "http://\(place)/x"])
        }
        #expect(try await text(github, github.url("acme/old", "catalog-info.yaml")) == "kind: Component")
        #expect(github.asked.allSatisfy { $0.headers["Authorization"] == "Bearer ghp_sesame" })
        #expect(try await text(github, github.url("acme/away", "catalog-info.yaml")) == "elsewhere")
        #expect(other.asked.map { $0.headers["Authorization"] } == [nil])
    }

    @Test("redirects in a circle end")
    func circle() async throws {
        let github = try standIn()
        github.fail { HTTPServerResponse(status: 302, headers: ["Location": $0.target]) }
        #expect(await refusal(github.client(), github.url("acme/shop", "a")).contains("more than 5 redirects"))
        #expect(github.asked.count == 6)
    }

    @Test("a URL with wildcards gives the files that match, in trees cut short or not", arguments: [Int.max, 2])
    func wildcards(treeLimit: Int) async throws {
        let github = try standIn()
        github.limitTrees(to: treeLimit)
        github.change("acme/shop") {
            $0.files = ["services/a/c.yaml": "a", "services/b/x/c.yaml": "b", "services/d/e.yaml": "d", "c.yaml": "c"]
        }
        for (pattern, paths) in [
            ("services/*/c.yaml", ["services/a/c.yaml"]),
            ("**/c.yaml", ["c.yaml", "services/a/c.yaml", "services/b/x/c.yaml"]), ("*/none.yaml", []),
        ] {
            let text = try await text(github, github.url("acme/shop", pattern))
            #expect(URLPattern.urls(in: Array(text.utf8)) == paths.map { github.url("acme/shop", $0) })
        }
    }

    @Test("which files match is asked for with the tree's etag")
    func wildcardEtag() async throws {
        let github = try standIn()
        let (reader, url) = (GitHubURLReader([github.client()]), github.url("acme/shop", "*.yaml"))
        guard case .content(_, let etag?) = try await reader.read(url, etag: nil) else {
            Issue.record("no etag")
            return
        }
        #expect(try await reader.read(url, etag: etag) == .unchanged)
        github.change("acme/shop") { $0.files["new.yaml"] = "" }
        #expect(try await reader.read(url, etag: etag) != .unchanged)
    }

    @Test("where no branch is there is nothing, an empty repository has no files, and an invisible one is an error")
    func wildcardAbsences() async throws {
        let github = try standIn()
        let client = github.client()
        let reader = GitHubURLReader([client])
        #expect(try await reader.read(github.url("acme/shop", "*.yaml", ref: "none"), etag: nil) == .missing)
        github.change("acme/shop") { ($0.files, $0.size) = ([:], 0) }
        let empty = try await text(github, github.url("acme/shop", "*.yaml"))
        #expect(URLPattern.urls(in: Array(empty.utf8)) == [])
        #expect(await refusal(client, github.url("acme/none", "*.yaml")).contains("cannot be seen"))
    }
}
