import Base
import HTTPClient
import HTTPServer
import Synchronization
import Testing

@testable import CatalogSources

@Suite("GitHub's rate limits")
struct GitHubRateLimitTests {
    private static let now = Timestamp(seconds: 1_000_000)

    private func seconds(_ status: Int, _ headers: HTTPHeaders, _ message: String = "") -> Int? {
        var limit = GitHubRateLimit()
        return limit.observe(status: status, headers: headers, message: message, now: Self.now).map {
            Int($0.secondsSince(Self.now))
        }
    }

    @Test(
        "what GitHub says is waited for, within bounds",
        arguments: [
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000100"], "", 101),
            (429, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000100"], "", 101),
            (403, ["Retry-After": "30"], "", 30), (429, ["Retry-After": "30"], "", 30),
            // An hour and a minute at most, whatever it says; a second at least.
            (429, ["Retry-After": "99999999999999999"], "", 3_660),
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9223372036854775807"], "", 3_661),
            (403, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"], "", 1), (429, ["Retry-After": "-5"], "", 1),
            (429, ["Retry-After": "Mon, 12 Jan 1970 13:47:10 GMT"], "", 30),
            // Without a word how long.
            (429, [:], "", 60), (403, [:], "You have exceeded a secondary rate limit", 60),
            (403, ["X-RateLimit-Remaining": "17"], "abuse detection mechanism", 60),
        ] as [(Int, [String: String], String, Int)])
    func waits(status: Int, headers: [String: String], message: String, expected: Int) {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name, value) }
        #expect(seconds(status, fields, message) == min(expected, 3_660))
    }

    @Test(
        "other answers are no limit",
        arguments: [
            (403, "Resource not accessible by personal access token"), (200, ""), (404, ""), (500, "rate limit"),
        ])
    func others(status: Int, message: String) {
        #expect(seconds(status, ["X-RateLimit-Remaining": "10"], message) == nil)
    }

    @Test("refusals without a word how long are waited for longer each time, up to an hour, until one succeeds")
    func growing() {
        var limit = GitHubRateLimit()
        var now = Self.now
        func refuse() -> Int {
            let until = limit.observe(status: 429, headers: [:], message: "", now: now) ?? now
            defer { now = until }
            return Int(until.secondsSince(now))
        }
        #expect((0..<8).map { _ in refuse() } == [60, 120, 240, 480, 960, 1_920, 3_660, 3_660])
        _ = limit.observe(status: 200, headers: [:], message: "", now: now)
        #expect(refuse() == 60)
    }

    @Test("while the limit is used up nothing is sent, and the error says until when")
    func nothingSent() async throws {
        let github = try GitHubStandIn()
        github.set("acme/shop", .init(files: ["a.yaml": "a"]))
        let time = Mutex(Self.now)
        let registry = MetricsRegistry()
        let client = github.client(metrics: registry) { time.withLock { $0 } }
        github.fail { _ in
            HTTPServerResponse(
                status: 403, headers: ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000600"],
                body: .bytes(Array(#"{"message": "API rate limit exceeded"}"#.utf8)))
        }
        let reader = GitHubURLReader([client])
        for _ in 0..<3 {
            do {
                _ = try await reader.read(github.url("acme/shop", "a.yaml"), etag: nil)
                Issue.record("it was read")
            } catch {
                #expect("\(error)".contains("used up until \(Timestamp(seconds: 1_000_601).rfc3339)"))
            }
        }
        #expect(github.asked.count == 1)
        #expect(registry.exposition().contains("callboard_github_rate_limit_remaining{host=\"\(github.authority)\"} 0"))
        github.recover()
        time.withLock { $0 = Timestamp(seconds: 1_000_601) }
        #expect(try await reader.read(github.url("acme/shop", "a.yaml"), etag: nil) != .missing)
        let counted = "callboard_github_requests_total{host=\"\(github.authority)\",code=\"403\"} 1"
        #expect(registry.exposition().contains(counted))
    }

    @Test("requests begin no faster than GitHub likes")
    func pace() async throws {
        let github = try GitHubStandIn()
        var manner = GitHubClient.Manner()
        manner.gap = .milliseconds(30)
        let client = GitHubClient(
            github.host(), http: HTTPClient(name: "test"), metrics: GitHubMetrics(MetricsRegistry()), version: "1",
            manner: manner)
        let started = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { _ = try await client.repository("acme/shop") } }
            try await group.waitForAll()
        }
        #expect(ContinuousClock.now - started >= .milliseconds(90))
        #expect(github.asked.count == 4)
    }
}
