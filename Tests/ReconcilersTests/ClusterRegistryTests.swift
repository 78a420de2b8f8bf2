import Base
import HTTPClient
import KubeClient
import Reconcilers
import Synchronization
import Testing

@Suite("The registry of clusters")
struct ClusterRegistryTests {
    private let directory = ClusterDirectory()
    private let connections = Connections()

    /// Counts the clients that were made.
    private final class Connections: Sendable {
        private let http = HTTPClient(name: "test-registry")
        private let names = Mutex<[String]>([])
        var made: [String] { names.withLock { $0 } }

        func connect(_ definition: ClusterDefinition) -> KubernetesClient {
            names.withLock { $0.append("\(definition.name) at \(definition.access.server)") }
            return KubernetesClient(definition.access, http: http, version: "test")
        }
    }

    private func registry(of places: Set<ClusterRegistry.Place> = [.configuration]) -> ClusterRegistry {
        ClusterRegistry(of: places, directory: directory, logger: Logger("test")) { [connections] in
            connections.connect($0)
        }
    }

    private static func cluster(_ name: String, _ server: String = "https://one:6443") -> ClusterDefinition {
        ClusterDefinition(name: name, access: ClusterConfiguration(server: server, name: name))
    }

    private static func problem(_ name: String) -> ClusterProblem {
        ClusterProblem(cluster: name, path: "clusters[0].url", detail: "expected a URL")
    }

    private var servers: [String: String] {
        Dictionary(uniqueKeysWithValues: directory.entries.map { ($0.definition.name, $0.definition.access.server) })
    }

    @Test("a cluster that is reached as before keeps its client; one that is reached otherwise gets another")
    func clients() async throws {
        let registry = registry()
        await registry.update(.configuration, ClusterReading(definitions: [Self.cluster("a"), Self.cluster("b")]))
        let (a, b) = (try #require(directory.entry(named: "a")), try #require(directory.entry(named: "b")))
        var titled = Self.cluster("a")
        titled.title = "The first"
        let moved = Self.cluster("b", "https://two:6443")
        await registry.update(.configuration, ClusterReading(definitions: [titled, moved]))
        #expect(directory.entry(named: "a")?.client === a.client)
        #expect(directory.entry(named: "a")?.definition.title == "The first")
        #expect(directory.entry(named: "b")?.client !== b.client)
        #expect(connections.made == ["a at https://one:6443", "b at https://one:6443", "b at https://two:6443"])
    }

    @Test("a cluster that is named no more is gone; one whose configuration broke keeps its last good way")
    func broken() async {
        let registry = registry(of: [.secrets])
        await registry.update(
            .secrets,
            ClusterReading(definitions: [Self.cluster("gone"), Self.cluster("broken"), Self.cluster("good")]))
        await registry.update(
            .secrets, ClusterReading(definitions: [Self.cluster("good")], problems: [Self.problem("broken")]))
        #expect(servers.keys.sorted() == ["broken", "good"])
        #expect(await registry.configuredNames == ["broken", "good"])
        await registry.update(.secrets, ClusterReading(definitions: [Self.cluster("good")]))
        #expect(servers.keys.sorted() == ["good"])
    }

    @Test("of two clusters with one name that of the earlier place counts, whichever answered first")
    func precedence() async {
        let registry = registry(of: [.configuration, .catalog])
        await registry.update(.catalog, ClusterReading(definitions: [Self.cluster("a", "https://catalog:6443")]))
        await registry.update(.configuration, ClusterReading(definitions: [Self.cluster("a")]))
        #expect(servers == ["a": "https://one:6443"])
        await registry.update(.configuration, ClusterReading())
        #expect(servers == ["a": "https://catalog:6443"])
    }

    @Test("which clusters are configured is known when every place has answered and every entry has a name")
    func names() async {
        let registry = registry(of: [.configuration, .secrets])
        await registry.update(.configuration, ClusterReading(definitions: [Self.cluster("a")]))
        #expect(await registry.configuredNames == nil)
        await registry.update(.secrets, ClusterReading(problems: [Self.problem("")]))
        #expect(await registry.configuredNames == nil)
        await registry.update(.secrets, ClusterReading(problems: [Self.problem("b")]))
        #expect(await registry.configuredNames == ["a", "b"])
    }
}
