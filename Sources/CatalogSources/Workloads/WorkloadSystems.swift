internal import Base
internal import Catalog
internal import KubeClient
internal import Synchronization

/// The Systems that the workloads of all clusters belong to, each once, and only while a workload belongs to it.
final class WorkloadSystems: CatalogSource {
    static let target = "*"

    let id = SourceID(type: WorkloadSource.type, target: target)
    let yields = true
    private let mapping: WorkloadMapping
    /// The clusters that are there, and whether that is all of them.
    private let clusters: @Sendable () async -> (sources: [WorkloadSource], areAll: Bool)
    private let stored: StoredWorkloads
    private let listener = Mutex<(@Sendable (CatalogSourceChange) -> Void)?>(nil)

    init(
        _ mapping: WorkloadMapping, stored: StoredWorkloads,
        clusters: @escaping @Sendable () async -> (sources: [WorkloadSource], areAll: Bool)
    ) {
        self.stored = stored
        self.mapping = mapping
        self.clusters = clusters
    }

    func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) async {
        listener.withLock { $0 = onChange }
        onChange(.listing)
    }

    func stop() async { listener.withLock { $0 = nil } }

    /// Workloads came to these Systems or left them; nil: any may be concerned.
    func changed(_ systems: Set<IngestedSystem>?) {
        let change = systems.map { CatalogSourceChange.locations(Set($0.map(\.location))) } ?? .listing
        listener.withLock { $0 }?(change)
    }

    func locations() async throws -> Set<String> {
        let (sources, areAll) = await clusters()
        guard areAll || !sources.isEmpty, !sources.contains(where: \.isStarting) else {
            throw CatalogSourceError(.notSynced, id, "not every cluster has been read yet")
        }
        return sources.reduce(into: []) { $0.formUnion($1.systems) }
    }

    func read(_ location: String) async throws -> [UInt8]? {
        guard let system = IngestedSystem(location: location) else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is no System")
        }
        let (sources, areAll) = await clusters()
        let isComplete = areAll ? try await areComplete(sources) : false
        let belonging = sources.filter { !$0.members(of: system).isEmpty }
        guard !belonging.isEmpty else {
            // Workloads that are out of sight may belong to it.
            if isComplete { return nil }
            throw CatalogSourceError(.notSynced, id, "not every cluster can be read; what belongs to it is not known")
        }
        // A Namespace that is out of sight may say the owner.
        if !isComplete, mapping.systemsAreNamespaces, try await stored.defines(location) {
            throw CatalogSourceError(.notSynced, id, "not every cluster can be read; the System stays as it is")
        }
        let namespaces = try belonging.flatMap { try $0.namespaceAnnotations(of: system) }
        return WorkloadSource.text([mapping.definition(of: system, namespaces: namespaces)])
    }

    private func areComplete(_ sources: [WorkloadSource]) async throws -> Bool {
        for source in sources {
            guard try await source.isComplete(stored) else { return false }
        }
        return true
    }
}

extension WorkloadSource {
    /// The Systems of its workloads, as locations.
    fileprivate var systems: Set<String> {
        followers.values.reduce(into: []) { systems, follower in
            for object in follower.informer.cache.list() {
                if let system = system(of: object, follower.type) { systems.insert(system.location) }
            }
        }
    }

    fileprivate func members(of system: IngestedSystem) -> [IngestedObject] {
        followers.values.flatMap {
            $0.informer.cache.find(.text(system.location), in: WorkloadTypeFollower.bySystem)
        }
    }

    private func system(of object: IngestedObject, _ type: IngestedType) -> IngestedSystem? {
        object.isExcluded
            ? nil : mapping.system(of: IngestedWorkload(object, cluster: cluster, type: type, kind: object.kind))
    }

    /// What the Namespaces say that a System stands for, in the order of their names.
    fileprivate func namespaceAnnotations(of system: IngestedSystem) throws -> [[String: String]] {
        guard mapping.systemsAreNamespaces else { return [] }
        let names = Set(members(of: system).map(\.meta.namespace)).sorted()
        return try names.map { try annotations(ofNamespace: $0, areNeeded: true) }
    }
}
