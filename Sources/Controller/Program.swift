import API
import Actions
import Base
import CatalogSources
import Costs
import HTTPClient
import HTTPServer
import KubeClient
import Reconcilers
import Store

/// Puts all parts together, runs them, and ends them in order.
struct Program {
    private let configuration: Configuration
    private let logger = Logger("controller")
    private let metrics = MetricsRegistry()
    /// Catalog, workloads, costs and cluster state each write one batch at a time; one more for readiness.
    private static let reconcilerConnections = 5

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// Runs until the signal comes, then stops: no new requests, running ones end, then the reconcilers.
    ///
    /// - Throws: when it cannot start: the cluster's configuration is wrong, the port is taken, or the database is of a
    ///   newer version. A database or cluster that does not answer yet is waited for.
    func run(until stopped: TerminationSignal) async throws {
        for warning in configuration.warnings { logger.warning(warning) }
        let store = Store(configuration.database)
        // Connections of their own, so that no number of requests keeps the reconcilers or the readiness from the database.
        var ownDatabase = configuration.database
        ownDatabase.size = Self.reconcilerConnections
        let ownStore = Store(ownDatabase)
        let http = HTTPClient(name: "kubernetes")
        let client = try await kubernetesClient(http)
        let reconcilers = reconcilers(ownStore, client)
        let registry = try ActionRegistry(store: store, currency: configuration.prices.currency)
        let schema = Gate()
        let api = APIServer(
            store: store, registry: registry, authenticator: Authenticator(tokens: configuration.tokens),
            mcp: configuration.mcp, metrics: metrics, logger: Logger("api"),
            readiness: { await Self.readiness(ownStore, schema, reconcilers) })
        var listen = HTTPServer.Configuration()
        listen.host = configuration.host
        listen.port = configuration.port
        let server = try HTTPServer(listen, handler: api.respond)
        logger.info("listening", ["host": .string(configuration.host), "port": .int(Int64(server.port))])

        let work = Task {
            async let following: Void = reconcilers.run(after: schema)
            try await migrate(ownStore)
            schema.open()
            await following
        }
        let failure = await firstFailure(of: work, or: stopped)
        logger.info("stopping")
        await server.stop(drain: .seconds(10))
        work.cancel()
        _ = await work.result
        await store.close()
        await ownStore.close()
        http.shutdown()
        if let failure { throw failure }
    }

    /// Waits for the signal; the error of the work when that ends first. Not a task group: it would wait for the work too,
    /// which is only then told to end.
    private func firstFailure(of work: Task<Void, any Error>, or stopped: TerminationSignal) async -> (any Error)? {
        let (endings, ended) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
        Task {
            await stopped.received()
            ended.yield(.success(()))
        }
        Task { ended.yield(await work.result) }
        for await ending in endings {
            if case .failure(let error) = ending { return error }
            return nil
        }
        return nil
    }

    private func kubernetesClient(_ http: HTTPClient) async throws -> KubernetesClient {
        let cluster = try await ClusterConfiguration.load(context: configuration.kubeconfigContext)
        let requests = metrics.counter(
            "rest_client_requests_total", help: "Requests to the Kubernetes API.", labels: ["code", "method", "host"])
        let host = cluster.server.split(separator: "/").last.map(String.init) ?? cluster.server
        logger.info("following a cluster", ["server": .string(cluster.server), "as": .string(cluster.name)])
        return KubernetesClient(cluster, http: http, version: programVersion) { observation in
            let code = observation.status == 0 ? "<error>" : String(observation.status)
            requests.increment([code, observation.method, host])
        }
    }

    private func reconcilers(_ store: Store, _ client: KubernetesClient) -> ReconcilerSet {
        let workloads = WorkloadReconciler(
            cluster: configuration.clusterName, client: client, store: store, prices: configuration.prices,
            costInterval: configuration.costInterval, metrics: metrics, logger: Logger("workloads"))
        let files = ThreadExecutor(name: "catalog-files")
        var sources: [any CatalogSource] = configuration.catalogTargets.map {
            DirectorySource(path: $0, executor: files)
        }
        if configuration.readsConfigMaps {
            let namespaces: [String?] =
                configuration.configMapNamespaces.isEmpty ? [nil] : configuration.configMapNamespaces
            sources += namespaces.map { namespace in
                ConfigMapSource(
                    cluster: configuration.clusterName, client: client, namespace: namespace,
                    logger: Logger("configmaps"))
            }
        }
        let catalog = CatalogReconciler(
            sources: sources, store: store, metrics: metrics, logger: Logger("catalog"),
            claims: workloads)
        return ReconcilerSet(catalog: catalog, workloads: workloads)
    }

    /// Applies the migrations; waits for a database that does not answer yet.
    private func migrate(_ store: Store) async throws {
        while true {
            do {
                for version in try await store.migrate() {
                    logger.info("migrated the database", ["version": .int(Int64(version))])
                }
                return
            } catch let error as StoreError where error.code == .unavailable {
                logger.warning("the database does not answer yet", ["error": .string(error.description)])
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func readiness(
        _ store: Store, _ schema: Gate, _ reconcilers: ReconcilerSet
    ) async -> [ReadinessCheck] {
        var database: String?
        do {
            try await store.ping()
            if !schema.isOpen { database = "the schema is not up to date yet" }
        } catch {
            database = "it does not answer"
        }
        let caches = reconcilers.workloads.clusterCaches
        let cluster = caches.isSynced ? nil : caches.shortError ?? "the first lists are not complete yet"
        return [
            ReadinessCheck(name: "database", problem: database),
            ReadinessCheck(name: "kubernetes-caches", problem: cluster),
            ReadinessCheck(
                name: "catalog", problem: await reconcilers.catalog.isCaughtUp ? nil : "the sources are not read yet"),
            ReadinessCheck(
                name: "workloads",
                problem: await reconcilers.workloads.isCaughtUp ? nil : "the first state is not written yet"),
        ]
    }
}

/// The loops.
struct ReconcilerSet: Sendable {
    let catalog: CatalogReconciler
    let workloads: WorkloadReconciler

    func run(after schema: Gate) async {
        await withTaskGroup { group in
            group.addTask { await workloads.run(after: schema) }
            if await schema.wait() { await catalog.run() }
        }
    }
}
