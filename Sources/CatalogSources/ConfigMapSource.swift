package import Base
package import KubeClient
internal import Synchronization

/// Catalog files in the ConfigMaps of a cluster that carry the label `callboard.dev/catalog=true`: every data key that
/// ends in `.yaml` or `.yml`. Locations are `configmap:<cluster>/<namespace>/<name>/<key>`.
///
/// While the API server is out of reach the source is unreadable, and what was read stays.
package final class ConfigMapSource: CatalogSource {
    /// Which ConfigMaps count.
    package static let labelSelector = "callboard.dev/catalog=true"

    package let id: SourceID
    private let cluster: String
    private let informer: Informer<ConfigMap>
    private let announcer: Announcer
    private let interval: Duration
    private let tasks = Mutex<[Task<Void, Never>]>([])

    /// A source that reads nothing yet.
    ///
    /// - Parameters:
    ///   - cluster: the cluster's configured name.
    ///   - namespace: the only namespace to read; nil: all, which takes the permission to list them all.
    ///   - interval: between two looks at whether the API server is in reach.
    package init(
        cluster: String, client: KubernetesClient, namespace: String? = nil, logger: Logger,
        interval: Duration = .seconds(1)
    ) {
        let announcer = Announcer(cluster: cluster)
        self.cluster = cluster
        self.announcer = announcer
        self.interval = interval
        id = SourceID(type: "configmap", target: namespace.map { "\(cluster)/\($0)" } ?? cluster)
        informer = Informer(
            Resource<ConfigMap>.configMaps.keeping(annotations: .none), client: client,
            selection: Selection(namespace: namespace, labelSelector: Self.labelSelector), logger: logger
        ) { change in
            announcer.changed(from: change.old, to: change.new)
        }
    }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        tasks.withLock { tasks in
            guard tasks.isEmpty else { return }
            announcer.begin(onChange)
            tasks = [Task { await informer.run() }, Task { await watchHealth() }]
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
        if let problem { throw problem }
        return informer.cache.list().reduce(into: []) { $0.formUnion(ConfigMapLocation.all(in: $1, cluster: cluster)) }
    }

    package func read(_ location: String) async throws -> [UInt8]? {
        guard let place = ConfigMapLocation(parsing: location), place.cluster == cluster else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is not in a ConfigMap of \(cluster)")
        }
        // Asked before the cache, which may become complete in between.
        let problem = problem
        if let text = informer.cache.get(place.object)?.data[place.key] { return Array(text.utf8) }
        // What the cache has is good even if it is stale; what it lacks may only be out of sight.
        if let problem { throw problem }
        return nil
    }

    package func object(of location: String) -> ObjectReference? {
        guard let place = ConfigMapLocation(parsing: location), place.cluster == cluster,
            let map = informer.cache.get(place.object)
        else { return nil }
        return ObjectReference(
            apiVersion: "v1", kind: "ConfigMap", namespace: map.meta.namespace, name: map.meta.name,
            uid: map.meta.uid.description)
    }

    private var problem: CatalogSourceError? { ConfigMapHealth(informer.status).error(of: id) }

    /// Tells when the cluster comes into reach and goes out of it; the informer reports changes of objects alone.
    private func watchHealth() async {
        while !Task.isCancelled {
            announcer.observed(ConfigMapHealth(informer.status))
            if informer.status.isSynced {
                try? await Task.sleep(for: interval)
            } else {
                _ = await informer.waitUntilSynced(deadline: .now + interval)
            }
        }
    }
}

/// Whether the cached ConfigMaps can stand for those of the cluster.
enum ConfigMapHealth: Sendable, Hashable {
    /// Nothing is known yet.
    case starting
    /// Why not.
    case failing(String)
    case good

    init(_ status: InformerStatus) {
        if let error = status.lastError {
            self = .failing(error.description)
        } else if !status.isSynced {
            self = .starting
        } else {
            // Every API server has ConfigMaps: one that denies it is not the one that we mean.
            self = status.isServed ? .good : .failing("the API server does not serve ConfigMaps")
        }
    }

    func error(of source: SourceID) -> CatalogSourceError? {
        switch self {
        case .starting: CatalogSourceError(.notSynced, source, "not synced yet")
        case .failing(let reason): CatalogSourceError(.unreadable, source, reason)
        case .good: nil
        }
    }
}

/// Turns what the informer reports into announcements, one after the other. Nothing is announced before the first
/// listing: that one names everything.
final class Announcer: Sendable {
    private struct State {
        var onChange: (@Sendable (CatalogSourceChange) -> Void)?
        var isGood = false
        var hasListed = false
    }

    private let cluster: String
    private let state = Mutex(State())

    init(cluster: String) { self.cluster = cluster }

    func begin(_ onChange: @escaping @Sendable (CatalogSourceChange) -> Void) {
        state.withLock { $0 = State(onChange: onChange) }
    }

    func end() { state.withLock { $0 = State() } }

    /// A ConfigMap came, changed or went.
    func changed(from old: ConfigMap?, to new: ConfigMap?) {
        let locations = ConfigMapLocation.changed(from: old, to: new, cluster: cluster)
        guard !locations.isEmpty else { return }
        state.withLock { $0.hasListed ? $0.onChange : nil }?(.locations(locations))
    }

    /// Asks for a listing when the source has become good or has ceased to be, and the first time that either is known.
    func observed(_ health: ConfigMapHealth) {
        let onChange = state.withLock { state -> (@Sendable (CatalogSourceChange) -> Void)? in
            let isGood = health == .good
            guard health != .starting, !state.hasListed || isGood != state.isGood else { return nil }
            (state.isGood, state.hasListed) = (isGood, true)
            return state.onChange
        }
        onChange?(.listing)
    }
}
