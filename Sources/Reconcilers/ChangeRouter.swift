internal import KubeClient
internal import Matching
internal import Synchronization

/// Passes changes of objects on as changes of workloads, once it knows the caches that tell which.
final class ChangeRouter: Sendable {
    private let onChange: @Sendable (WorkloadKey, ChangeOrigin) -> Void
    private let ownership = Mutex<Ownership?>(nil)

    init(onChange: @escaping @Sendable (WorkloadKey, ChangeOrigin) -> Void) { self.onChange = onChange }

    /// Gives it the caches. Called once, before any informer runs.
    func connect(_ ownership: Ownership) { self.ownership.withLock { $0 = ownership } }

    /// - Parameter workload: finds the workload that an object belongs to; nil when it belongs to none that is known.
    func changed(_ workload: (Ownership) -> WorkloadKey?, _ origin: ChangeOrigin) {
        guard let ownership = ownership.withLock({ $0 }), let key = workload(ownership) else { return }
        onChange(key, origin)
    }
}
