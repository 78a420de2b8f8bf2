internal import Base
internal import Catalog
internal import KubeClient
internal import Synchronization

/// Turns what a cluster's informers report into announcements. Nothing is announced before the first listing: that one
/// names everything.
final class WorkloadAnnouncer: Sendable {
    private struct State {
        var onChange: (@Sendable (CatalogSourceChange) -> Void)?
        var healths: [String: WorkloadTypeHealth] = [:]
        var hasListed = false
    }

    private let cluster: String
    private let mapping: WorkloadMapping
    private let systemsChanged: @Sendable (Set<IngestedSystem>?) -> Void
    private let state = Mutex(State())

    init(
        cluster: String, mapping: WorkloadMapping, systemsChanged: @escaping @Sendable (Set<IngestedSystem>?) -> Void
    ) {
        self.cluster = cluster
        self.mapping = mapping
        self.systemsChanged = systemsChanged
    }

    func begin(_ onChange: @escaping @Sendable (CatalogSourceChange) -> Void) {
        state.withLock { $0 = State(onChange: onChange) }
    }

    func end() { state.withLock { $0 = State() } }

    /// The System that is made because of an object; nil: none.
    func system(of object: IngestedObject, _ type: IngestedType) -> IngestedSystem? {
        guard !object.isExcluded else { return nil }
        // The kind has no part in the System's name.
        return mapping.system(of: IngestedWorkload(object, cluster: cluster, type: type, kind: object.kind))
    }

    /// An object came, changed or went. What became of no entity and becomes none is passed over.
    func changed(_ change: CacheChange<IngestedObject>, _ type: IngestedType) {
        guard !change.isOfVersionAlone else { return }
        announce([(type, [change.old, change.new].compactMap { $0 }.filter { !$0.isExcluded })])
    }

    /// Something that these objects' entities are made of changed.
    func announce(_ objects: [(type: IngestedType, objects: [IngestedObject])]) {
        var locations: Set<String> = []
        var systems: Set<IngestedSystem> = []
        for (type, objects) in objects {
            for object in objects {
                locations.insert(WorkloadLocation(cluster: cluster, type: type.key, object: object.key).description)
                if let system = system(of: object, type) { systems.insert(system) }
            }
        }
        guard !locations.isEmpty, let onChange = state.withLock({ $0.hasListed ? $0.onChange : nil }) else { return }
        onChange(.locations(locations))
        if !systems.isEmpty { systemsChanged(systems) }
    }

    /// Asks for a listing when a type has become good or has ceased to be, and the first time that something is known of all.
    ///
    /// - Parameter isReady: whether it is known if Namespaces can be read.
    func observed(_ healths: [String: WorkloadTypeHealth], isReady: Bool) {
        let healths = healths.mapValues(\.isLike)
        let onChange = state.withLock { state -> (@Sendable (CatalogSourceChange) -> Void)? in
            guard isReady, state.hasListed || !healths.values.contains(.starting), state.healths != healths else {
                return nil
            }
            (state.healths, state.hasListed) = (healths, true)
            return state.onChange
        }
        guard let onChange else { return }
        onChange(.listing)
        systemsChanged(nil)
    }
}
