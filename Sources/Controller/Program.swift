import API
import Access
import Actions
import Base
import Catalog
import CatalogSources
import CostSources
import Costs
import HTTPClient
import HTTPServer
import KubeClient
import MCP
import Reconcilers
import Store

/// Puts all parts together, runs them, and ends them in order.
struct Program {
    private let configuration: Configuration
    private let logger = Logger("controller")
    private let metrics = MetricsRegistry()
    /// Each reconciler writes one batch at a time; one more connection for readiness. Further clusters share these.
    private static let reconcilerConnections = 8

    private let offersConformanceFixtures: Bool

    init(_ configuration: Configuration, offersConformanceFixtures: Bool = false) {
        self.configuration = configuration
        self.offersConformanceFixtures = offersConformanceFixtures
    }

    /// Runs until the signal comes, then stops: no new requests, running ones end, then the reconcilers.
    ///
    /// - Throws: when it cannot start: the cluster's configuration is wrong, the port is taken, or the database is of a
    ///   newer version. A database or cluster that does not answer yet is waited for.
    func run(until stopped: TerminationSignal) async throws {
        for warning in configuration.warnings { logger.warning(warning) }
        ProcessMetrics(metrics, version: programVersion).follow()
        let store = Store(configuration.database)
        // Connections of their own, so that no number of requests keeps the reconcilers or the readiness from the database.
        var ownDatabase = configuration.database
        ownDatabase.size = Self.reconcilerConnections
        let ownStore = Store(ownDatabase)
        let http = HTTPClient(name: "kubernetes")
        let leaseHTTP = HTTPClient(name: "leases")
        let githubHTTP = HTTPClient(name: "github")
        let scaleOpsHTTP = HTTPClient(name: "scaleops")
        let openCostHTTP = configuration.openCost.endpoints.isEmpty ? nil : HTTPClient(name: "opencost")
        let prometheusHTTP = configuration.usage.prometheus.isEmpty ? nil : HTTPClient(name: "prometheus")
        let signInHTTP = configuration.signIn == nil ? nil : HTTPClient(name: "sign-in")
        let oauthHTTP = configuration.oauth?.documents == nil ? nil : HTTPClient(name: "clients")
        let oauth = configuration.oauth.map {
            AuthorizationServer(
                $0, store: store.oauth, ring: configuration.keys, directory: CatalogUsers(store), http: oauthHTTP,
                logger: Logger("oauth"))
        }
        let github = GitHub(configuration.github, githubHTTP, metrics)
        let scaleOps = ScaleOps(configuration.scaleOps, scaleOpsHTTP, metrics)
        let notifications = Notifications(
            configuration.notifications,
            sender: NotificationSender(
                instance: configuration.clusters.homeName, currency: configuration.prices.currency),
            interval: configuration.costRollUp.interval)
        let clusters = try await Clusters(configuration.clusters, http, leases: leaseHTTP, metrics)
        let feed = ownStore.catalogFeed(logger: Logger("catalog-feed"))
        feed.keepCurrent(store.catalog)
        let identity = processIdentity()
        let requests = ownStore.requestFeed(logger: Logger("catalog-requests"))
        let reconcilers = reconcilers(
            clusters, feed, requests, ownStore.catalog, github, githubHTTP, scaleOps, notifications,
            openCostHTTP.map { configuration.openCost.clients($0) } ?? [], identity: identity,
            usage: configuration.usage.usage(home: configuration.clusters.homeName, prometheusHTTP))
        let leadership = Leadership(
            configuration.leadership, clusters, ownStore, reconcilers, identity: identity, metrics,
            Logger("leadership"))
        let readiness = Readiness(store: ownStore, reconcilers: reconcilers, isSoleLeader: leadership.isSole)
        var catalog = CatalogAPIConfiguration()
        catalog.isReadOnly = configuration.catalog.isReadOnly
        catalog.canonical = configuration.catalog.canonical.map(\.settings)
        catalog.rules = configuration.catalog.catalogRules(
            cluster: configuration.clusters.homeName, namespace: clusters.namespace)
        catalog.readURL = { [reader = github.reader] url in
            guard case .content(let bytes, _) = try await reader.read(url, etag: nil) else { return nil }
            return bytes
        }
        let verifiers = TokenVerifiers(configuration.access)
        var mcp = configuration.mcp
        mcp.keys = configuration.keys
        mcp.offersConformanceFixtures = offersConformanceFixtures
        var actions = configuration.actions
        actions.feed = feed
        let audit = AuditLog(configuration.audit.settings, metrics: metrics)
        let api = APIServer(
            store: store,
            registry: try ActionRegistry(
                store: store, currency: configuration.prices.currency, canonical: catalog.canonical,
                isReadOnly: configuration.catalog.isReadOnly, rules: catalog.rules, scaleOps: scaleOps.actions),
            authenticator: Authenticator(
                tokens: configuration.tokens,
                verifiers: (oauth.map { [$0.verifier] } ?? []) + verifiers.all(clusters, metrics),
                isOpen: configuration.access.isOpen),
            mcp: mcp, envelope: Envelope(origins: configuration.mcp.origins, cors: configuration.access.cors),
            resources: configuration.access.resources, actions: actions, catalog: catalog,
            kubernetes: KubernetesObjects(
                directory: clusters.directory, configuration: configuration.clusters.objects, metrics: metrics),
            scaleOps: scaleOps.api,
            signIn: signInHTTP.flatMap {
                configuration.signIn?.signIn(keys: configuration.keys, http: $0, store: store, home: clusters.home)
            },
            oauth: oauth.flatMap { server in
                configuration.signIn.map { (server, BrowserSessions(keys: configuration.keys, site: $0.site)) }
            },
            oversight: Oversight(limits: configuration.limits, audit: audit, metrics: metrics), metrics: metrics,
            logger: Logger("api"),
            liveness: { await leadership.problem },
            readiness: { await readiness.checks() })
        var listen = HTTPServer.Configuration()
        listen.host = configuration.host
        listen.port = configuration.port
        // Streams keep theirs.
        listen.maximumConnections += mcp.streams.inAll
        let server = try HTTPServer(listen, immediate: api.respondAtOnce, handler: api.respond)
        logger.info("listening", ["host": .string(configuration.host), "port": .int(Int64(server.port))])

        let work = Task {
            try await migrate(ownStore)
            readiness.schemaIsThere()
            await withTaskGroup { group in
                group.addTask { await feed.run() }
                group.addTask { await api.follow(ownStore.sessionFeed(logger: Logger("mcp-sessions"))) }
                group.addTask { await audit.run(ownStore.audit.append) }
                group.addTask { await clusters.follow(ownStore.catalog, feed) }
                group.addTask { await settle(readiness) }
                if configuration.leadership.isWarmStandby { group.addTask { await reconcilers.standBy(ownStore) } }
                group.addTask { await leadership.run() }
            }
        }
        let failure = await firstFailure(of: work, or: stopped)
        logger.info("stopping")
        api.endStreams()
        await server.stop(drain: .seconds(10))
        work.cancel()
        _ = await work.result
        await audit.finish(ownStore.audit.append)
        await store.close()
        await ownStore.close()
        http.shutdown()
        leaseHTTP.shutdown()
        githubHTTP.shutdown()
        scaleOpsHTTP.shutdown()
        openCostHTTP?.shutdown()
        prometheusHTTP?.shutdown()
        signInHTTP?.shutdown()
        oauthHTTP?.shutdown()
        notifications.shutdown()
        verifiers.shutdown()
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

    private func reconcilers(
        _ clusters: Clusters, _ feed: CatalogFeed, _ requests: CatalogFeed, _ registered: CatalogStore,
        _ github: GitHub, _ http: HTTPClient, _ scaleOps: ScaleOps, _ notifications: Notifications,
        _ openCost: [OpenCostClient], identity: String, usage: UsageSettings
    ) -> ReconcilerSet {
        let configuration = configuration
        let files = ThreadExecutor(name: "catalog-files")
        let definitions = APIDefinitionReader(
            configuration.ingestion.settings?.apiHosts ?? AllowedHosts(), http: http, version: programVersion,
            otherwise: github.reader)
        let processing = configuration.catalog.processing(
            cluster: configuration.clusters.homeName, namespace: clusters.namespace,
            targets: TargetReader(urls: github.reader, others: [WorkloadSource.type: definitions], executor: files))
        let retired = RetiredClusters(logger: Logger("clusters")) { await clusters.registry.configuredNames }
        return ReconcilerSet(
            directory: clusters.directory, feed: feed, requests: requests,
            customWorkloads: configuration.clusters.workloads, retired: retired,
            isWarmStandby: configuration.leadership.isWarmStandby, prices: configuration.prices,
            costInterval: configuration.costInterval, metrics: metrics,
            logger: Logger("reconcilers"), home: clusters.home,
            makeRecorder: { [metrics] client in
                guard configuration.clusters.recordsEvents ?? clusters.isInCluster else { return nil }
                return EventRecorder(
                    client: client, instance: identity, metrics: metrics, logger: Logger("events"))
            },
            processing: processing,
            makeChangingSources: { store in
                configuration.ingestion.settings.map { settings in
                    WorkloadSources(
                        settings, directory: clusters.directory, stored: StoredWorkloads(store.catalog),
                        logger: Logger("ingestion")
                    ) { await clusters.registry.configuredNames }
                }
            },
            makeCostLoops: { [metrics] store in
                costLoops(store, metrics, openCost)
                    + scaleOps.loops(store, configuration.prices.nodes.onDemand, metrics)
                    + notifications.loops(store, metrics)
            },
            usage: usage
        ) { store in
            let catalog = configuration.catalog
            var sources = catalog.locations.map { source(of: $0, processing, files) }
            sources.append(RegisteredLocations(catalog: registered, requests: requests))
            sources += github.sources(store)
            sources += catalog.canonical.map {
                CanonicalSource(
                    $0.settings, at: $0.place, executor: files, client: clusters.home, urls: github.reader,
                    logger: Logger("canonical"))
            }
            guard catalog.readsConfigMaps else { return sources }
            let namespaces: [String?] = catalog.configMapNamespaces.isEmpty ? [nil] : catalog.configMapNamespaces
            sources += namespaces.map { namespace in
                ConfigMapSource(
                    cluster: configuration.clusters.homeName, client: clusters.home, namespace: namespace,
                    logger: Logger("configmaps"))
            }
            return sources
        }
    }

    private func costLoops(
        _ store: Store, _ metrics: MetricsRegistry, _ openCost: [OpenCostClient]
    ) -> [any CostLoop] {
        let loops: [any CostLoop] = [
            CostRollUp(
                costs: store.costs, settings: configuration.costRollUp, metrics: metrics, logger: Logger("costs")),
            BudgetLoop(configuration.budgets, store: store.costs, logger: Logger("budgets")),
            AuditRetention(store.audit, kept: configuration.audit.retention, logger: Logger("audit")),
        ]
        guard !openCost.isEmpty else { return loops }
        let (logger, interval) = (Logger("opencost"), configuration.openCost.pollInterval)
        let feed = OpenCostFeed(openCost, interval: interval, logger: logger)
        let loop = CostFeedLoop(
            feed, costs: store.costs, interval: interval ?? .seconds(3_600), metrics: metrics, logger: logger)
        return loops + [loop]
    }

    private func source(
        of location: CatalogConfiguration.Location, _ processing: CatalogProcessing, _ files: ThreadExecutor
    ) -> any CatalogSource {
        switch location.kind {
        case .file: return DirectorySource(path: location.target, executor: files)
        case .url:
            return URLSource(location.target, targets: processing.targets) {
                var random = SystemRandomNumberGenerator()
                return processing.nextReading(using: &random)
            }
        }
    }

    /// Waits until the start is over, and gives back what only that needed.
    private func settle(_ readiness: Readiness) async {
        repeat {
            guard (try? await Task.sleep(for: .seconds(2))) != nil else { return }
        } while await readiness.checks().contains { $0.problem != nil }
        returnUnusedMemory()
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
}
