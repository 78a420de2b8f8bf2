internal import KubeClient
internal import Matching
internal import Synchronization

/// Passes changes of objects on as changes of workloads, once it knows the caches that tell which: of the workload that
/// an object belonged to, and of the one that it belongs to now.
final class ChangeRouter: Sendable {
    private let onChange: @Sendable (WorkloadKey, ChangeOrigin) -> Void
    private let ownership = Mutex<Ownership?>(nil)

    init(onChange: @escaping @Sendable (WorkloadKey, ChangeOrigin) -> Void) { self.onChange = onChange }

    /// Gives it the caches. Called once, before any informer runs.
    func connect(_ ownership: Ownership) { self.ownership.withLock { $0 = ownership } }

    func changed(_ change: CacheChange<WorkloadObject>) {
        route(change) { ownership, object, pass in
            pass(ownership.workload(of: object))
            for key in ownership.users(ofTemplate: object) { pass(key) }
        }
    }

    func changed(_ change: CacheChange<Pod>) {
        route(change) { ownership, pod, pass in
            if let key = ownership.workload(of: pod) { pass(key) }
        }
    }

    func changed(_ change: CacheChange<HorizontalPodAutoscaler>) {
        route(change) { ownership, autoscaler, pass in
            if let key = ownership.workload(of: autoscaler) { pass(key) }
        }
    }

    private func route<Object>(
        _ change: CacheChange<Object>, _ find: (Ownership, Object, (WorkloadKey) -> Void) -> Void
    ) {
        guard !change.isOfVersionAlone, let ownership = ownership.withLock({ $0 }) else { return }
        let origin = ChangeOrigin(change.cause)
        for object in [change.old, change.new] {
            if let object { find(ownership, object) { onChange($0, origin) } }
        }
    }
}
