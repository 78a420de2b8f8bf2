package import Base
package import Catalog
package import KubeClient
internal import Synchronization

/// A source for each cluster whose workloads become entities, and one for their Systems.
package final class WorkloadSources: ChangingSources {
    package let type = WorkloadSource.type
    private let settings: IngestionSettings
    private let directory: ClusterDirectory
    private let logger: Logger
    private let sources = Mutex<[String: WorkloadSource]>([:])
    private let systems: WorkloadSystems
    private let knowledge: Knowledge
    /// The clusters that the Systems were last told of.
    private let announced = Mutex<Set<String>?>(nil)

    /// What the Systems must know of the clusters.
    private final class Knowledge: Sendable {
        let sources = Mutex<[WorkloadSource]>([])
        private let expected = Mutex(ExpectedClusters())
        private let configured: @Sendable () async -> Set<String>?
        private let elapsed: @Sendable () -> Duration

        init(elapsed: @escaping @Sendable () -> Duration, configured: @escaping @Sendable () async -> Set<String>?) {
            self.elapsed = elapsed
            self.configured = configured
        }

        /// Looks at which clusters there may be.
        ///
        /// - Returns: their names, nil while nobody knows, and whether others that were never seen may be forgotten.
        func look() async -> (names: Set<String>?, isSettled: Bool) {
            let configured = await configured()
            return expected.withLock { expected in
                // Within the lock, so that moments do not go back.
                let moment = elapsed()
                expected.look(configured, at: moment)
                return (configured == nil ? nil : expected.names, expected.isSettled(at: moment))
            }
        }
    }

    /// - Parameters:
    ///   - stored: what the catalog holds of them.
    ///   - clock: tells for how long a cluster is configured no more.
    ///   - configured: the names of all clusters that are configured, in reach or not; nil while nobody knows.
    package init(
        _ settings: IngestionSettings, directory: ClusterDirectory, stored: StoredWorkloads, logger: Logger,
        clock: some Clock<Duration> = ContinuousClock(), configured: @escaping @Sendable () async -> Set<String>?
    ) {
        let start = clock.now
        let knowledge = Knowledge {
            start.duration(to: clock.now)
        } configured: {
            await configured().map { $0.filter { settings.allows(cluster: $0) } }
        }
        self.settings = settings
        self.directory = directory
        self.logger = logger
        self.knowledge = knowledge
        systems = WorkloadSystems(WorkloadMapping(settings), stored: stored) {
            let names = await knowledge.look().names
            let sources = knowledge.sources.withLock { $0 }
            return (sources, names.map { $0.isSubset(of: sources.map(\.cluster)) } ?? false)
        }
    }

    package func current() async -> [any CatalogSource & AnyObject] {
        let entries = directory.entries.filter { settings.allows(cluster: $0.definition.name) }
        let (found, isChanged) = sources.withLock { sources in
            let before = sources
            sources = Dictionary(uniqueKeysWithValues: entries.map { ($0.definition.name, source(of: $0, before)) })
            return (
                sources, Set(before.values.map(ObjectIdentifier.init)) != Set(sources.values.map(ObjectIdentifier.init))
            )
        }
        let sorted = found.sorted { $0.key < $1.key }.map(\.value)
        knowledge.sources.withLock { $0 = sorted }
        if isChanged { systems.changed(nil) }
        return sorted + [systems]
    }

    package func expected() async -> Set<String>? {
        let look = await knowledge.look()
        let isChanged = announced.withLock { announced in
            defer { announced = look.names }
            return announced != look.names
        }
        if isChanged { systems.changed(nil) }
        return look.isSettled ? look.names?.union([WorkloadSystems.target]) : nil
    }

    /// The one that is there, unless the way to the cluster is another now.
    private func source(of entry: ClusterDirectory.Entry, _ known: [String: WorkloadSource]) -> WorkloadSource {
        let name = entry.definition.name
        if let source = known[name], source.client === entry.client { return source }
        return WorkloadSource(
            cluster: name, client: entry.client, settings: settings, logger: logger.with(["cluster": .string(name)])
        ) { [systems] in
            systems.changed($0)
        }
    }
}

extension IngestionSettings {
    fileprivate func allows(cluster: String) -> Bool { allowedClusters?.contains(cluster) ?? true }
}
