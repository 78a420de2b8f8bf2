import Base
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Which repositories and files of GitHub count")
struct GitHubDiscoveryTests {
    private static func repository(
        _ name: String, topics: [String] = [], visibility: String = "public", isArchived: Bool = false,
        isFork: Bool = false, branch: JSONValue = "main"
    ) throws -> GitHubRepository {
        try #require(
            GitHubRepository([
                "full_name": .string("acme/" + name), "topics": .array(topics.map(JSONValue.string)),
                "visibility": .string(visibility), "archived": .bool(isArchived), "fork": .bool(isFork),
                "default_branch": branch,
            ]))
    }

    private static func all() throws -> [GitHubRepository] {
        [
            try repository("shop", topics: ["catalog", "java"]), try repository("shop-api", visibility: "internal"),
            try repository("old", isArchived: true), try repository("copy", isFork: true),
            try repository("secret", topics: ["catalog", "private"], visibility: "private"),
            try repository("empty", branch: .null),
        ]
    }

    private func names(_ change: (inout GitHubDiscovery) -> Void) throws -> [String] {
        var discovery = GitHubDiscovery(id: "default", owner: "acme")
        change(&discovery)
        return try discovery.selected(Self.all()).map(\.repository.name)
    }

    @Test("without a filter all count but archived ones and those without a branch")
    func defaults() throws {
        #expect(try names { _ in } == ["shop", "shop-api", "copy", "secret"])
    }

    @Test("each filter narrows")
    func filters() throws {
        #expect(try names { $0.allowsArchived = true } == ["shop", "shop-api", "old", "copy", "secret"])
        #expect(try names { $0.allowsForks = false } == ["shop", "shop-api", "secret"])
        #expect(try names { $0.includedTopics = ["catalog", "go"] } == ["shop", "secret"])
        #expect(try names { $0.excludedTopics = ["private"] } == ["shop", "shop-api", "copy"])
        #expect(
            try names { ($0.includedTopics, $0.excludedTopics) = (["catalog"], ["private"]) } == ["shop"],
            "what is excluded wins")
        #expect(try names { $0.visibility = ["internal", "private"] } == ["shop-api", "secret"])
    }

    @Test(
        "a pattern of names must match the whole name",
        arguments: [
            ("shop", ["shop"]), ("shop.*", ["shop", "shop-api"]), ("shop|copy", ["shop", "copy"]), ("hop", []),
            (".*[ty]$", ["copy", "secret"]),
        ] as [(String, [String])])
    func pattern(text: String, expected: [String]) throws {
        #expect(try names { $0.repository = text } == expected)
    }

    @Test("the branch is the repository's own unless another is named")
    func branch() throws {
        var discovery = GitHubDiscovery(id: "default", owner: "acme")
        let repository = try Self.repository("shop", branch: "trunk")
        #expect(try discovery.selected([repository]).map(\.branch) == ["trunk"])
        discovery.branch = "live"
        #expect(try discovery.selected([repository]).map(\.branch) == ["live"])
    }

    @Test(
        "a document that is no repository is not taken for one", arguments: [JSONValue.null, [:], ["full_name": "x"]])
    func noRepository(document: JSONValue) { #expect(GitHubRepository(document) == nil) }

    @Test("an old GitHub that tells no visibility tells whether a repository is private")
    func visibility() {
        #expect(GitHubRepository(["full_name": "a/b", "private": true])?.visibility == "private")
        #expect(GitHubRepository(["full_name": "a/b", "private": false])?.visibility == "public")
    }

    @Test(
        "wildcards match as minimatch does",
        arguments: [
            ("/catalog-info.yaml", "catalog-info.yaml", true), ("/catalog-info.yaml", "a/catalog-info.yaml", false),
            ("/*.yaml", "a.yaml", true), ("/*.yaml", "a/b.yaml", false), ("/*.yaml", ".a.yaml", false),
            ("/**/catalog-info.yaml", "catalog-info.yaml", true),
            ("/**/catalog-info.yaml", "a/b/catalog-info.yaml", true),
            ("/**/catalog-info.yaml", "a/.git/catalog-info.yaml", false), ("/.backstage/*", ".backstage/x", true),
            ("/services/*/catalog-*.yaml", "services/a/catalog-info.yaml", true),
            ("/services/*/catalog-*.yaml", "services/a/b/catalog-info.yaml", false),
            ("/a?.yaml", "ab.yaml", true), ("/a?.yaml", "a.yaml", false), ("/docs/**", "docs/a/b.md", true),
            ("/docs/**", "docs", false), ("/**/a*b*c.yaml", "x/aXbYbc.yaml", true), ("/[a].yaml", "a.yaml", false),
        ])
    func wildcards(pattern: String, path: String, matches: Bool) {
        #expect(GitHubPathPattern(pattern).matches(path) == matches)
    }

    @Test("a directory is passed over only when nothing below it can match")
    func directories() {
        var random = SeededRandom(seed: 11)
        let names = ["a", "b", "ab", ".c"]
        let parts = ["a", "*", "**", "?", "a*", ".c", "b"]
        for _ in 0..<5_000 {
            let pattern = GitHubPathPattern(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                    .joined(separator: "/"))
            let path = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                names.randomElement(using: &random) ?? ""
            }
            guard pattern.matches(path.joined(separator: "/")) else { continue }
            for depth in 1..<max(path.count, 1) {
                #expect(pattern.mayMatch(below: path.prefix(depth).joined(separator: "/")), "\(pattern) \(path)")
            }
        }
    }

    @Test("nothing needs to be asked again while no push came, but for files once an hour")
    func holdings() throws {
        let now = Timestamp(seconds: 1_000_000)
        let pattern = GitHubPathPattern("/catalog-info.yaml")
        func state(_ pushed: Int64, _ branch: String = "main") throws -> String? {
            let document: JSONValue = [
                "full_name": "a/b", "pushed_at": .string(Timestamp(seconds: pushed).rfc3339),
            ]
            return GitHubHolding.state(of: try #require(GitHubRepository(document)), branch, pattern, now: now)
        }
        let old = try #require(try state(990_000))
        #expect(try state(990_000, "live") != old && state(990_001) != old)
        #expect(try state(999_900) == nil, "more may have been pushed within the same second, by another clock")
        var holding = GitHubHolding(state: old, checkedAt: now)
        #expect(holding.stillHolds(old, now: now.adding(seconds: 1_000_000)))
        holding.add("catalog-info.yaml", "https://github.com/a/b/blob/main/catalog-info.yaml")
        #expect(holding.stillHolds(old, now: now.adding(seconds: 3_599)))
        #expect(!holding.stillHolds(old, now: now.adding(seconds: 3_600)))
        #expect(
            !holding.stillHolds(nil, now: now) && !GitHubHolding(state: nil, checkedAt: now).stillHolds(nil, now: now))
        #expect(GitHubHolding.paths(ofRecord: holding.record) == ["catalog-info.yaml"])
    }
}
