package import Base
package import Catalog
package import KubeClient
internal import Synchronization

/// Entities made of the annotated workloads of one cluster. Locations are
/// `kubernetes:<cluster>/<type>/<namespace>/<name>`, and `kubernetes-type:<cluster>/<type>` for a type that cannot be read.
///
/// What the cluster does not answer about stays: a server that is out of reach, a type that may not be listed, an API group
/// that is missing for a moment never empty anything.
package final class WorkloadSource: CatalogSource {
    package let id: SourceID
    package let yields = true
    let client: KubernetesClient
    let cluster: String
    let settings: IngestionSettings
    let mapping: WorkloadMapping
    let followers: [String: WorkloadTypeFollower]
    let namespaces: Informer<Namespace>
    let apiProblems = Mutex<[String: SourceProblem]>([:])
    private let announcer: WorkloadAnnouncer
    private let interval: Duration
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// The type of all such sources.
    package static let type = "kubernetes-workloads"

    /// A source that reads nothing yet.
    ///
    /// - Parameters:
    ///   - cluster: the cluster's configured name.
    ///   - interval: between two looks at whether the API server is in reach.
    ///   - systemsChanged: called with the Systems that workloads came to or left, or whose Namespace changed; nil: any.
    package init(
        cluster: String, client: KubernetesClient, settings: IngestionSettings, logger: Logger,
        interval: Duration = .seconds(1), systemsChanged: @escaping @Sendable (Set<IngestedSystem>?) -> Void = { _ in }
    ) {
        let (mapping, filter) = (WorkloadMapping(settings), IngestionFilter(settings))
        let announcer = WorkloadAnnouncer(cluster: cluster, mapping: mapping, systemsChanged: systemsChanged)
        (self.client, self.cluster, self.settings, self.mapping) = (client, cluster, settings, mapping)
        self.announcer = announcer
        self.interval = interval
        id = SourceID(type: Self.type, target: cluster)
        let pairs = settings.types.map { type in
            let follower = WorkloadTypeFollower(
                type, filter, client: client, logger: logger,
                system: { announcer.system(of: $0, type)?.location }, onChange: { announcer.changed($0, type) })
            return (type.key, follower)
        }
        let followers = Dictionary(pairs) { first, _ in first }
        self.followers = followers
        namespaces = Informer(
            Resource<Namespace>.namespaces.keeping(annotations: .only(mapping.namespaceAnnotations)), client: client,
            logger: logger
        ) { change in
            guard change.old?.meta.annotations ?? [:] != change.new?.meta.annotations ?? [:] else { return }
            announcer.announce(followers.values.map { ($0.type, $0.objects(in: change.key.name)) })
        }
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        tasks.withLock { tasks in
            guard tasks.isEmpty else { return }
            announcer.begin(onChange)
            tasks = followers.values.map { follower in Task { await follower.run(interval: interval) } }
            tasks += [Task { await namespaces.run() }, Task { await watchHealth() }]
        }
    }

    package func stop() async {
        announcer.end()
        let ending = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    package func locations() async throws -> Set<String> {
        let healths = followers.mapValues(\.health)
        if !healths.values.contains(where: { $0 == .good || $0 == .absent }) {
            throw error(of: healths.sorted { $0.key < $1.key }.first?.value ?? .starting)
        }
        var locations: Set<String> = []
        for (key, follower) in followers {
            if case .failing = healths[key] { locations.insert(Self.location(ofType: key, in: cluster)) }
            for object in follower.informer.cache.list() where !object.isExcluded {
                locations.insert(WorkloadLocation(cluster: cluster, type: key, object: object.key).description)
            }
        }
        return locations
    }

    static func location(ofType key: String, in cluster: String) -> String { "kubernetes-type:\(cluster)/\(key)" }

    func error(of health: WorkloadTypeHealth) -> CatalogSourceError {
        switch health {
        case .starting, .good: CatalogSourceError(.notSynced, id, "not synced yet")
        case .absent: CatalogSourceError(.unreadable, id, "the API server does not serve this type; what it gave stays")
        case .failing(let reason): CatalogSourceError(.unreadable, id, reason)
        }
    }

    /// Whether nothing is known yet of a type.
    var isStarting: Bool { followers.values.contains { $0.health == .starting } }

    /// Whether everything is known that the cluster has. A type that the server lacks has nothing, unless it gave something:
    /// that stays.
    func isComplete(_ stored: StoredWorkloads) async throws -> Bool {
        let healths = followers.mapValues(\.health)
        guard healths.values.allSatisfy({ $0 == .good || $0 == .absent }) else { return false }
        for key in healths.keys where healths[key] == .absent {
            if try await stored.hasLocation(WorkloadLocation.beginning(cluster: cluster, type: key)) { return false }
        }
        return true
    }

    /// Tells when types come into reach and go out of it; informers report changes of objects alone.
    private func watchHealth() async {
        while !Task.isCancelled {
            announcer.observed(
                followers.mapValues(\.health), isReady: namespaces.status.isSynced || namespaces.status.lastError != nil
            )
            try? await Task.sleep(for: interval)
        }
    }
}

extension WorkloadTypeFollower {
    /// The objects of a namespace that become entities.
    func objects(in namespace: String) -> [IngestedObject] {
        informer.cache.find(.text(namespace), in: Self.byNamespace)
    }
}
