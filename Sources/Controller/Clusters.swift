import Base
import HTTPClient
import KubeClient
import Reconcilers
import Store

/// The clusters of this process: the one that it belongs to, and all that are configured besides.
struct Clusters {
    /// The cluster that we run in, or that the kubeconfig names: the catalog's ConfigMaps, the Leases and the Secrets that
    /// describe further clusters are there.
    let home: KubernetesClient
    /// The same over connections of its own: leases must be renewed whatever else is under way.
    let leases: KubernetesClient
    let directory = ClusterDirectory()
    let registry: ClusterRegistry
    private let configuration: ClustersConfiguration
    private let credentials: [String: ClusterCredential]
    private let readsCatalog: Bool
    private let logger = Logger("clusters")

    /// Reads what is configured, and enters the clusters that are known by that into the directory.
    ///
    /// - Throws: for what cannot be used, unless `kubernetes.clusterLocatorContinueOnError` says to go on without it.
    init(
        _ configuration: ClustersConfiguration, _ http: HTTPClient, leases: HTTPClient, _ metrics: MetricsRegistry
    ) async throws {
        self.configuration = configuration
        let access = try await ClusterConfiguration.load(context: configuration.homeContext)
        let requests = RESTClientMetrics(metrics)
        @Sendable func connect(_ access: ClusterConfiguration, _ http: HTTPClient) -> KubernetesClient {
            KubernetesClient(
                access, http: http, version: programVersion, logger: Logger("kubernetes"),
                observe: requests.observer(of: access))
        }
        let home = connect(access, http)
        self.home = home
        self.leases = connect(access, leases)

        let backstage = await BackstageClusters.read(
            configuration.backstage, unsetVariables: configuration.unsetVariables)
        let (credentials, problems) = await ClusterCredential.read(
            configuration.credentials, unsetVariables: configuration.unsetVariables)
        if let problem = problems.first { throw problem }
        if let problem = backstage.reading.problems.first, !backstage.continuesOnError { throw problem }
        self.credentials = credentials
        readsCatalog = backstage.readsCatalog

        var reading = ClusterReading(definitions: [ClusterDefinition(name: configuration.homeName, access: access)])
        if !configuration.contexts.isEmpty {
            let contexts = await ClusterDefinition.fromKubeconfig(contexts: configuration.contexts)
            if let problem = contexts.problems.first { throw problem }
            reading.definitions += contexts.definitions
        }
        reading.definitions += backstage.reading.definitions
        reading.problems += backstage.reading.problems

        var places: Set<ClusterRegistry.Place> = [.configuration]
        if configuration.secretsNamespace != nil { places.insert(.secrets) }
        if readsCatalog { places.insert(.catalog) }
        registry = ClusterRegistry(of: places, directory: directory, logger: logger) { definition in
            definition.access == access ? home : connect(definition.access, http)
        }
        await registry.update(.configuration, reading)
    }

    /// Whether this process is a pod of the home cluster.
    var isInCluster: Bool { home.configuration.name == "in-cluster" }

    /// The namespace that we work in.
    var namespace: String { home.configuration.namespace }

    /// Follows the places that name clusters while the program runs, until the task is cancelled.
    func follow(_ catalog: CatalogStore, _ feed: CatalogFeed) async {
        await withTaskGroup { group in
            if let namespace = configuration.secretsNamespace {
                let secrets = ClusterSecrets(client: home, namespace: namespace, interval: .seconds(10))
                group.addTask { await secrets.run { await registry.update(.secrets, $0) } }
            }
            if readsCatalog {
                let clusters = CatalogClusters(
                    catalog: catalog, feed: feed, credentials: credentials, logger: logger)
                group.addTask { await clusters.run { await registry.update(.catalog, $0) } }
            }
        }
    }
}
