import Base
import CatalogSources
import HTTPClient
import Reconcilers
import Store

/// GitHub, as it is configured: who reads URLs there, and the sources that discover repositories.
struct GitHub {
    /// Reads files of all configured hosts.
    let reader: GitHubURLReader
    private let clients: [String: GitHubClient]
    private let discoveries: [(discovery: GitHubDiscovery, host: String)]

    /// - Parameter http: not that of clusters, so that slow answers hold up nothing there.
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
                    discovery, client: $0, etags: StoredEtags(store), logger: Logger("github"))
            }
        }
    }
}
