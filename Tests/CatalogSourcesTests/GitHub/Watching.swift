import Base
import TestSupport
import Testing

@testable import CatalogSources

/// A discovery of the owner `acme` that runs while a test does, with a clock that stands still between looks.
final class Watching: Sendable {
    let github: GitHubStandIn
    let source: GitHubDiscoverySource
    let log = ChangeLog()
    let clock = ManualClock()

    init(
        _ github: GitHubStandIn, etags: MemoryEtags = MemoryEtags(), deadline: Duration = .seconds(10),
        _ change: (inout GitHubDiscovery) -> Void = { _ in }
    ) {
        self.github = github
        var discovery = GitHubDiscovery(id: "acme", owner: "acme")
        (discovery.schedule.frequency, discovery.pageSize) = (.every(.seconds(600)), 2)
        discovery.schedule.timeout = .seconds(100)
        change(&discovery)
        source = GitHubDiscoverySource(
            discovery, client: github.client(deadline: deadline), etags: etags, logger: Logger("test"), clock: clock)
    }

    /// Starts, and waits for the first look's end.
    func start() async {
        await source.start { self.log.add($0) }
        #expect(await ends(after: 1))
    }

    /// Lets time pass until the next look, and waits for its end.
    func look() async {
        let before = log.changes.count
        clock.advance(by: .seconds(600))
        #expect(await ends(after: before))
    }

    /// Whether a look ends: it announces something, and then it sleeps until the next.
    private func ends(after announcements: Int) async -> Bool {
        await eventually { self.log.changes.count > announcements && self.clock.sleeperCount == 1 }
    }

    /// The text of a location; the error's text when it cannot be read, `gone` when it is gone.
    func text(_ repository: String, _ path: String = "catalog-info.yaml") async -> String {
        do {
            let bytes = try await source.read("url:" + github.url(repository, path))
            return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "gone"
        } catch {
            return "\(error)"
        }
    }

    /// The locations without what they have in common; the error's text when they cannot be listed.
    var listed: String {
        get async {
            do {
                let prefix = "url:https://\(github.authority)/"
                return try await source.locations().map { String($0.dropFirst(prefix.count)) }.sorted()
                    .joined(separator: " ")
            } catch {
                return "\(error)"
            }
        }
    }
}
