import Catalog
import HTTPServer
import Testing

@testable import CatalogSources

@Suite("Listings of files that GitHub gives in part")
struct GitHubTreesTests {
    private static let files = ["services/a/catalog-info.yaml": "a", "services/b/catalog-info.yaml": "b"]

    private func standIn(size: Int64? = nil) throws -> GitHubStandIn {
        let github = try GitHubStandIn()
        github.set("acme/mono", .init(files: Self.files, pushedAt: "2020-01-01T00:00:00Z", size: size))
        return github
    }

    /// What a URL with wildcards gives; the error's text when it gives nothing.
    private func reading(_ github: GitHubStandIn) async -> String {
        let url = github.url("acme/mono", "services/*/catalog-info.yaml")
        do {
            guard case .content(let bytes, _) = try await GitHubURLReader([github.client()]).read(url, etag: nil) else {
                return "no content"
            }
            return "\(URLPattern.urls(in: bytes)?.count ?? -1) files"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a repository is believed to be empty for a URL with wildcards only when its size says so",
        arguments: [(nil, false), (12, false), (0, true)] as [(Int64?, Bool)])
    func saidEmpty(size: Int64?, isBelieved: Bool) async throws {
        let github = try standIn(size: size)
        #expect(await reading(github) == "2 files")
        github.fail { $0.path.contains("/git/trees/") ? .init(status: 409) : nil }
        let text = await reading(github)
        #expect(isBelieved ? text == "0 files" : text.contains("acme/mono: GitHub answered 409"), "\(text)")
        github.recover()
        #expect(await reading(github) == "2 files")
    }

    @Test(
        "a directory that GitHub named and does not list is an error, and what a repository gave stays",
        arguments: [404, 409, 422],
        [("main", "/,"), ("sha-services", "/services,"), ("sha-services--b", "/services/b,")])
    func directory(status: Int, place: (tree: String, shown: String)) async throws {
        let github = try standIn()
        github.limitTrees(to: 2)
        let watching = Watching(github) { $0.catalogPath = GitHubPathPattern("/services/*/catalog-info.yaml") }
        await watching.start()
        let listed = await watching.listed
        #expect(listed.split(separator: " ").count == 2)
        #expect(await reading(github) == "2 files")

        github.change("acme/mono") { $0.pushedAt = "2020-01-02T00:00:00Z" }
        github.fail { request in
            let isIt = request.path.hasSuffix("/git/trees/\(place.tree)") && request.queryValue("recursive") == nil
            return isIt ? HTTPServerResponse(status: status) : nil
        }
        let text = await reading(github)
        #expect(text.contains("acme/mono: GitHub does not list \(place.shown)"), "\(text)")
        await watching.look()
        #expect(await watching.listed == listed)
        await watching.source.stop()
    }
}
