internal import Base
internal import Catalog
internal import KubeClient
internal import Synchronization

/// Whether the cached objects of a type can stand for those of the cluster.
enum WorkloadTypeHealth: Sendable, Hashable {
    /// Nothing is known yet.
    case starting
    /// Why not; what it gave stays.
    case failing(String)
    /// The server does not have the type, which need not be there: its definition may be replaced at the moment, so what it
    /// gave stays.
    case absent
    case good

    /// The same without the reason, which may be another each time.
    var isLike: Self { if case .failing = self { .failing("") } else { self } }

    init(_ status: InformerStatus, type: IngestedType, kind: String?) {
        if let error = status.lastError {
            self = .failing(error.description)
        } else if !status.isSynced {
            self = .starting
        } else if !status.isServed {
            // Every API server has the types that need no configuration: one that denies it is not the one that we mean.
            self = type.kind == nil ? .absent : .failing("the API server does not serve \(type.key)")
        } else {
            self = kind == nil ? .starting : .good
        }
    }
}

/// Follows the objects of one type.
struct WorkloadTypeFollower: Sendable {
    static let bySystem = "system"
    static let byNamespace = "namespace"

    let type: IngestedType
    let informer: Informer<IngestedObject>
    private let client: KubernetesClient
    private let kindName: KindName

    init(
        _ type: IngestedType, _ filter: IngestionFilter, client: KubernetesClient, logger: Logger,
        system: @escaping @Sendable (IngestedObject) -> String?,
        onChange: @escaping @Sendable (CacheChange<IngestedObject>) -> Void
    ) {
        self.type = type
        self.client = client
        kindName = KindName(type.kind)
        informer = Informer(
            IngestedObject.resource(of: type, filter), client: client,
            indexes: [
                CacheIndex(Self.bySystem) { object in system(object).map { [.text($0)] } ?? [] },
                CacheIndex(Self.byNamespace) { $0.isExcluded ? [] : [.text($0.meta.namespace)] },
            ], logger: logger, onChange: onChange)
    }

    var health: WorkloadTypeHealth { WorkloadTypeHealth(informer.status, type: type, kind: kindName.value) }

    /// The kind of an object; nil while it is not known.
    func kind(of object: IngestedObject) -> String? { kindName.value ?? (object.kind.isEmpty ? nil : object.kind) }

    /// Follows the type until the task is cancelled.
    func run(interval: Duration) async {
        await withTaskGroup { group in
            group.addTask { await informer.run() }
            group.addTask {
                while kindName.value == nil, !Task.isCancelled {
                    if let name = await kindOfServer() { kindName.learn(name) }
                    if kindName.value == nil { try? await Task.sleep(for: interval) }
                }
            }
        }
    }

    /// Asked when the informer has found the type, so that an absent one costs nothing.
    private func kindOfServer() async -> String? {
        guard informer.status.isSynced, informer.status.isServed else { return nil }
        return try? await client.kind(
            of: type.plural, GroupVersion(group: type.group, version: type.version))
    }
}

/// A name that is learned once.
private final class KindName: Sendable {
    private let name: Mutex<String?>

    init(_ name: String?) { self.name = Mutex(name) }

    var value: String? { name.withLock { $0 } }
    func learn(_ name: String) { self.name.withLock { $0 = name } }
}

extension KubernetesClient {
    /// What the objects of a type call themselves, by what the server says of the group; nil when it does not have the type.
    fileprivate func kind(of plural: String, _ groupVersion: GroupVersion) async throws -> String? {
        let resources = try await get(groupVersion.path)["resources"]?.arrayValue ?? []
        return resources.first { $0["name"]?.stringValue == plural }?["kind"]?.stringValue
    }
}
