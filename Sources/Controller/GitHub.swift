import Base
import CatalogSources
import HTTPClient
import Store

/// GitHub, as it is configured: who reads URLs there, and the sources that discover repositories.
struct GitHub {
    /// Reads files of all configured hosts.
    let reader: GitHubURLReader
    private let clients: [String: GitHubClient]
    private let discoveries: [(discovery: GitHubDiscovery, host: String)]

    /// - Parameter http: shared with nobody, so that slow answers hold up nothing else.
    init(_ configuration: GitHubConfiguration, _ http: HTTPClient, _ metrics: MetricsRegistry) {
        let counted = GitHubMetrics(metrics)
        let clients = configuration.hosts.map {
            GitHubClient($0, http: http, metrics: counted, version: programVersion)
        }
        reader = GitHubURLReader(clients)
        self.clients = Dictionary(clients.map { ($0.host.name, $0) }) { first, _ in first }
        discoveries = configuration.discoveries
    }

    /// The sources, made anew.
    ///
    /// - Parameter store: of the catalog's leader.
    func sources(_ store: Store) -> [any CatalogSource] {
        discoveries.compactMap { discovery, host in
            clients[host].map {
                GitHubDiscoverySource(
                    discovery, client: $0, etags: StoredEtags(store: store.etags), logger: Logger("github"))
            }
        }
    }
}

/// Keeps copies in the database.
private struct StoredEtags: EtagKeeping {
    let store: EtagStore

    func copy(of url: String, for source: SourceID) async throws -> EtaggedCopy? {
        try await store.copy(of: url, type: source.type, target: source.target).map {
            EtaggedCopy(etag: $0.etag, content: $0.content)
        }
    }

    func keep(_ copy: EtaggedCopy, of url: String, for source: SourceID) async throws {
        try await store.keep(
            etag: copy.etag, content: copy.content, of: url, type: source.type, target: source.target)
    }

    func urls(for source: SourceID) async throws -> Set<String> {
        try await store.urls(type: source.type, target: source.target)
    }

    func forget(allBut urls: Set<String>, for source: SourceID) async throws {
        try await store.forget(allBut: urls, type: source.type, target: source.target)
    }
}
