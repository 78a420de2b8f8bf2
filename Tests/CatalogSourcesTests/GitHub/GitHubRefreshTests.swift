import Base
import HTTPServer
import TestSupport
import Testing

@testable import CatalogSources

@Suite("Reading discovered files again between two looks")
struct GitHubRefreshTests {
    private static func watching() async throws -> Watching {
        let github = try GitHubStandIn()
        github.set("acme/a", .init(files: ["catalog-info.yaml": "old"], pushedAt: "2020-01-01T00:00:00Z"))
        let watching = Watching(github)
        await watching.start()
        github.forget()
        return watching
    }

    private static let file = "/api/v3/repos/acme/a/contents/catalog-info.yaml"

    private static func refresh(_ watching: Watching, _ repository: String = "acme/a") async {
        await watching.source.refresh("url:" + watching.github.url(repository, "catalog-info.yaml"))
    }

    @Test("the one file is asked for anew with its etag, and nothing else is")
    func refreshed() async throws {
        let watching = try await Self.watching()
        watching.github.change("acme/a") { $0.files["catalog-info.yaml"] = "new" }
        #expect(await watching.text("acme/a") == "old")
        await Self.refresh(watching)
        #expect(await watching.text("acme/a") == "new")
        await Self.refresh(watching)
        #expect(await watching.text("acme/a") == "new")
        #expect(watching.github.log == ["200 \(Self.file)", "304 \(Self.file)"])
        await watching.source.stop()
    }

    @Test("what is not listed is not asked for")
    func foreign() async throws {
        let watching = try await Self.watching()
        await Self.refresh(watching, "other/b")
        await watching.source.refresh("file:/etc/passwd")
        #expect(watching.github.asked.isEmpty)
        await watching.source.stop()
    }

    @Test("while the rate limit is used up GitHub is left alone, and reading says so")
    func rateLimit() async throws {
        let watching = try await Self.watching()
        watching.github.fail { _ in HTTPServerResponse(status: 429, headers: ["Retry-After": "3600"]) }
        for _ in 0..<3 { await Self.refresh(watching) }
        #expect(await watching.text("acme/a").contains("used up until"))
        #expect(watching.github.asked.count == 1)
        await watching.source.stop()
    }
}
