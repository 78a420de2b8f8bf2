import Base
import HTTPServer
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Discovery of repositories on GitHub")
struct GitHubDiscoverySourceTests {
    private func github(isUser: Bool = false, repositories: [String] = ["a", "b", "c"]) throws -> GitHubStandIn {
        let github = try GitHubStandIn(isUser: isUser)
        for name in repositories {
            github.set(
                "acme/\(name)",
                .init(files: ["catalog-info.yaml": "of \(name)"], pushedAt: "2020-01-01T00:00:00Z"))
        }
        return github
    }

    private static let abc =
        "acme/a/blob/main/catalog-info.yaml acme/b/blob/main/catalog-info.yaml acme/c/blob/main/catalog-info.yaml"

    @Test("the files of an organisation's repositories are found, over several pages")
    func organisation() async throws {
        let watching = Watching(try github())
        await watching.start()
        #expect(await watching.listed == Self.abc)
        #expect(await watching.text("acme/b") == "of b")
        #expect(watching.log.changes == [.listing, .listing])
        let listings = watching.github.asked.filter { $0.path.hasSuffix("/orgs/acme/repos") }
        #expect(listings.map { $0.query["page"] } == ["1", "2"])
        await watching.source.stop()
    }

    @Test("those of a user too, private ones when the token is that user's")
    func user() async throws {
        let github = try github(isUser: true)
        github.change("acme/b") { $0.visibility = "private" }
        let watching = Watching(github)
        await watching.start()
        #expect(await watching.listed == Self.abc)
        await watching.source.stop()
    }

    @Test("nobody waits for GitHub at the start, and until it has answered nothing is listed")
    func start() async throws {
        let watching = Watching(try github()) { $0.schedule.initialDelay = .seconds(60) }
        await watching.source.start { watching.log.add($0) }
        #expect(watching.log.changes == [.listing])
        #expect(await watching.listed.contains("has not been read yet"))
        #expect(await watching.text("acme/a").contains("has not been read yet"))
        #expect(await eventually { watching.clock.sleeperCount == 1 })
        #expect(watching.github.asked.isEmpty)
        await watching.source.stop()
    }

    @Test("a change, a new repository and one that went are seen at the next look")
    func changes() async throws {
        let github = try github()
        let watching = Watching(github)
        await watching.start()
        github.change("acme/a") { ($0.files["catalog-info.yaml"], $0.pushedAt) = ("new", "2020-01-02T00:00:00Z") }
        github.set("acme/b", nil)
        github.set("acme/d", .init(files: ["catalog-info.yaml": "of d"]))
        await watching.look()
        #expect(await watching.text("acme/a") == "new")
        #expect(await watching.text("acme/b") == "gone")
        #expect(await watching.text("acme/d") == "of d")
        let listed = await watching.listed
        #expect(listed.contains("acme/d") && !listed.contains("acme/b"))
        await watching.source.stop()
    }

    @Test("a repository that a page lacks is gone only when GitHub says so")
    func movedPages() async throws {
        let github = try github()
        let watching = Watching(github)
        await watching.start()
        github.fail { request in
            guard request.path.hasSuffix("/orgs/acme/repos") else { return nil }
            return .json(200, [["full_name": "acme/a", "default_branch": "main"]])
        }
        github.change("acme/c") { $0.isHidden = true }
        await watching.look()
        #expect(await watching.text("acme/b") == "of b")
        #expect(await watching.text("acme/c") == "gone")
        await watching.source.stop()
    }

    @Test(
        "while GitHub fails, everything stays as it was, and the source says why",
        arguments: [
            ("500 at the second page", "GitHub answered 500"), ("nothing any more", "no repository of acme any more"),
            ("single sign-on", "authorise the token for SSO"), ("half a page", "connectionLost"),
            ("not JSON", "expected JSON"), ("401", "check the token"), ("limit", "used up until"),
        ])
    func failures(kind: String, expected: String) async throws {
        let github = try github()
        let watching = Watching(github)
        await watching.start()
        github.fail { request in
            guard request.path.hasSuffix("/orgs/acme/repos") else { return nil }
            switch kind {
            case "500 at the second page": return request.queryValue("page") == "2" ? .init(status: 500) : nil
            case "nothing any more": return .json(200, [])
            case "single sign-on":
                return HTTPServerResponse(
                    status: 200, headers: ["X-GitHub-SSO": "partial-results; organizations=1"],
                    body: .bytes(Array("[]".utf8)))
            case "half a page":
                return HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        try await writer.write(Array("[".utf8))
                        throw CancellationError()
                    })
            case "not JSON": return HTTPServerResponse(status: 200, body: .bytes(Array("<html>".utf8)))
            case "401": return .json(401, ["message": "Bad credentials"])
            default: return HTTPServerResponse(status: 429, headers: ["Retry-After": "1"])
            }
        }
        github.set("acme/b", nil)
        watching.log.clear()
        await watching.look()
        #expect(await watching.listed.contains(expected))
        #expect(await watching.text("acme/b") == "of b")
        #expect(watching.log.changes.first == .listing)
        #expect(!watching.log.announced.contains { $0.contains("acme/b") })
        if kind == "limit" { return await watching.source.stop() }
        github.recover()
        await watching.look()
        #expect(await watching.text("acme/b") == "gone")
        await watching.source.stop()
    }

    @Test("what nobody pushed to costs nothing but the listing, and a push without a change costs no rate limit")
    func cost() async throws {
        let github = try github()
        let watching = Watching(github) { $0.pageSize = 100 }
        await watching.start()
        github.forget()
        await watching.look()
        #expect(Set(github.log) == ["200 /api/v3/orgs/acme/repos"])
        github.change("acme/a") { $0.pushedAt = "2020-01-02T00:00:00Z" }
        github.forget()
        await watching.look()
        #expect(github.log.contains("304 /api/v3/repos/acme/a/contents/catalog-info.yaml"))
        #expect(!github.log.contains("200 /api/v3/repos/acme/a/contents/catalog-info.yaml"))
        #expect(await watching.text("acme/a") == "of a")
        await watching.source.stop()
    }

    @Test("after a restart files are asked for with their etags, and repositories without one not at all")
    func restart() async throws {
        let (github, etags) = (try github(), MemoryEtags())
        github.set("acme/none", .init(files: ["README": ""], pushedAt: "2020-01-01T00:00:00Z"))
        let first = Watching(github, etags: etags) { $0.pageSize = 100 }
        await first.start()
        #expect(github.log.contains("404 /api/v3/repos/acme/none/contents/catalog-info.yaml"))
        await first.source.stop()
        github.forget()
        let second = Watching(github, etags: etags) { $0.pageSize = 100 }
        await second.start()
        #expect(github.cost == 1)
        #expect(!github.log.contains { $0.contains("acme/none") })
        #expect(await second.listed == Self.abc)
        #expect(await second.text("acme/c") == "of c")
        await second.source.stop()
    }

    @Test("one file that cannot be read keeps what it gave, and is asked for when the catalog asks again")
    func oneFile() async throws {
        let github = try github()
        let watching = Watching(github)
        await watching.start()
        github.change("acme/b") { ($0.files["catalog-info.yaml"], $0.pushedAt) = ("new", "2020-01-02T00:00:00Z") }
        github.fail { $0.path.contains("acme/b/contents") ? .init(status: 502) : nil }
        await watching.look()
        #expect(await watching.listed == Self.abc)
        #expect(await watching.text("acme/b").contains("502"))
        #expect(await watching.text("acme/a") == "of a")
        github.recover()
        #expect(await watching.text("acme/b") == "new")
        await watching.source.stop()
    }

    @Test("what a look read before the rate limit ended it is used, and the next look goes on from there")
    func interrupted() async throws {
        let github = try github()
        github.fail { request in
            request.path.contains("acme/c/contents")
                ? HTTPServerResponse(status: 429, headers: ["Retry-After": "1"]) : nil
        }
        let watching = Watching(github)
        await watching.start()
        #expect(await watching.listed.contains("used up until"))
        let announced = watching.log.announced
        for location in announced {
            #expect(try await watching.source.read(location) != nil)
        }
        #expect(await watching.text("acme/c").contains("used up until"))
        await watching.source.stop()
    }

    @Test("a look that takes too long is ended, and says so")
    func timeout() async throws {
        let github = try github()
        github.fail { request in
            guard request.path.contains("acme/b/contents") else { return nil }
            return HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([0x20])
                    try await Task.sleep(for: .seconds(3_600))
                })
        }
        let watching = Watching(github, deadline: .seconds(600))
        await watching.source.start { watching.log.add($0) }
        #expect(await eventually { github.log.contains { $0.contains("acme/b/contents") } })
        #expect(await eventually { watching.clock.sleeperCount == 1 })
        watching.clock.advance(by: .seconds(101))
        #expect(await eventually { await watching.listed.contains("longer than schedule.timeout") })
        await watching.source.stop()
    }

    @Test("files that a wildcard matches are found in trees, cut short or not", arguments: [Int.max, 2])
    func wildcards(treeLimit: Int) async throws {
        let github = try github(repositories: [])
        github.limitTrees(to: treeLimit)
        github.set(
            "acme/mono",
            .init(
                files: [
                    "services/a/catalog-info.yaml": "a", "services/b/catalog-info.yaml": "b", "docs/x/y/z.md": "z",
                    "catalog-info.yaml": "root",
                ], pushedAt: "2020-01-01T00:00:00Z"))
        github.set("acme/empty", .init())
        let watching = Watching(github) { $0.catalogPath = GitHubPathPattern("/services/*/catalog-info.yaml") }
        await watching.start()
        let expected =
            "acme/mono/blob/main/services/a/catalog-info.yaml acme/mono/blob/main/services/b/catalog-info.yaml"
        #expect(await watching.listed == expected)
        #expect(!github.log.contains { $0.contains("docs") })
        github.change("acme/mono") { $0.pushedAt = "2020-01-02T00:00:00Z" }
        github.fail { $0.path.contains("/git/trees/") ? .init(status: 500) : nil }
        await watching.look()
        #expect(await watching.listed == expected)
        await watching.source.stop()
    }

    @Test(
        "a repository that had files is empty when its size says so too, or at the second look that finds it so",
        arguments: [(nil, true), (12, true), (0, false)] as [(Int64?, Bool)])
    func emptied(size: Int64?, stays: Bool) async throws {
        let github = try github(repositories: [])
        github.set("acme/mono", .init(files: ["a/catalog-info.yaml": "a"], pushedAt: "2020-01-01T00:00:00Z"))
        let watching = Watching(github) { $0.catalogPath = GitHubPathPattern("/*/catalog-info.yaml") }
        await watching.start()
        let file = "acme/mono/blob/main/a/catalog-info.yaml"
        #expect(await watching.listed == file)
        github.change("acme/mono") { ($0.files, $0.size, $0.pushedAt) = ([:], size, "2020-01-02T00:00:00Z") }
        await watching.look()
        #expect(await watching.listed == (stays ? file : ""))
        #expect(await watching.text("acme/mono", "a/catalog-info.yaml") == (stays ? "a" : "gone"))
        await watching.look()
        #expect(await watching.listed == "")
        await watching.source.stop()
    }

    @Test("a repository that was said to be empty once and was not stays as it is, then and the next time")
    func notEmptied() async throws {
        let github = try github(repositories: [])
        github.set("acme/mono", .init(files: ["a/catalog-info.yaml": "a"], pushedAt: "2020-01-01T00:00:00Z"))
        let watching = Watching(github) { $0.catalogPath = GitHubPathPattern("/*/catalog-info.yaml") }
        await watching.start()
        for day in 2...5 {
            github.change("acme/mono") { $0.pushedAt = "2020-01-0\(day)T00:00:00Z" }
            let isSaidEmpty = day.isMultiple(of: 2)
            github.fail { isSaidEmpty && $0.path.contains("/git/trees/") ? .init(status: 409) : nil }
            await watching.look()
            #expect(await watching.listed == "acme/mono/blob/main/a/catalog-info.yaml")
        }
        await watching.source.stop()
    }

    @Test("tells when the look began whose result it has")
    func began() async throws {
        let watching = Watching(try github())
        #expect(await watching.source.lookedAt() == nil)
        await watching.start()
        #expect(await watching.source.lookedAt() != nil)
        await watching.source.stop()
    }

    @Test("a branch that a repository does not have gives nothing")
    func branch() async throws {
        let github = try github()
        github.change("acme/a") { $0.otherRefs["live"] = ["catalog-info.yaml": "live"] }
        let watching = Watching(github) { $0.branch = "live" }
        await watching.start()
        #expect(await watching.listed == "acme/a/blob/live/catalog-info.yaml")
        await watching.source.stop()
    }

    @Test("without the place for copies a look fails, and nothing is gone")
    func noCopies() async throws {
        let etags = MemoryEtags()
        let watching = Watching(try github(), etags: etags)
        await watching.start()
        etags.isFailing = true
        await watching.look()
        #expect(await watching.listed.contains("Refusal"))
        etags.isFailing = false
        await watching.look()
        #expect(await watching.listed == Self.abc)
        await watching.source.stop()
    }

    @Test("the pause after a failure is short and grows; after a limit it lasts as long as GitHub says")
    func pauses() throws {
        let now = Timestamp(seconds: 1_000)
        var pauses = GitHubPauses(PollSchedule())
        #expect(pauses.next(after: nil, now: now) == .seconds(1_800))
        let failure = GitHubError(.unexpected, "x")
        var waits: [Duration] = []
        for _ in 0..<8 { waits.append(pauses.next(after: failure, now: now)) }
        #expect(waits[0] >= .seconds(10) && waits[0] <= .seconds(12) && waits[1] >= .seconds(20))
        #expect(waits[7] >= .seconds(300) && waits[7] <= .seconds(360))
        let limit = GitHubError(.rateLimited, "x", until: now.adding(seconds: 900))
        #expect(pauses.next(after: limit, now: now) == .seconds(900))
        #expect(pauses.next(after: limit, now: now.adding(seconds: 2_000)) == .seconds(1))
        var schedule = PollSchedule()
        schedule.frequency = .cron(try #require(CronExpression("0 * * * *")))
        var hourly = GitHubPauses(schedule)
        #expect(hourly.next(after: nil, now: now) == .seconds(2_600))
    }
}
