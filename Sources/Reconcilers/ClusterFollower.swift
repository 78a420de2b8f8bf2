package import Base
package import KubeClient
internal import Matching
internal import Synchronization

/// Follows one cluster: its caches, and who is told of their changes at the moment. The caches may outlive the one who is
/// told, so that a replica that stands by knows the cluster already when it becomes the leader.
package final class ClusterFollower: Sendable {
    typealias Receiver = @Sendable (WorkloadKey, ChangeOrigin) -> Void

    /// The cluster's configured name.
    package var cluster: String { caches.cluster }
    package let caches: ClusterCaches
    /// What metrics know of the caches' counts; several terms of leadership may follow the same caches.
    let totals = SourceTotals()
    private let relay = Relay()

    /// - Parameters:
    ///   - cluster: the cluster's configured name.
    ///   - workloads: custom resources that are workloads besides the built-in kinds.
    ///   - notOlderThan: the versions that an earlier process had come to, by resource.
    package init(
        cluster: String, client: KubernetesClient, workloads: [CustomWorkload] = [],
        notOlderThan: [String: String] = [:], logger: Logger
    ) {
        caches = ClusterCaches(
            cluster: cluster, client: client, workloads: workloads, notOlderThan: notOlderThan,
            logger: logger.with(["cluster": .string(cluster)])
        ) { [relay] key, origin in
            relay.send(key, origin)
        }
    }

    /// Follows the cluster until the task is cancelled.
    package func run() async { await caches.run() }

    /// Whether the caches are complete, follow the API server, and have come at least to these versions.
    func isUpToDate(with stored: [String: String]) -> Bool {
        let versions = caches.versions
        return caches.isSynced && caches.error == nil
            && stored.allSatisfy { resource, version in
                guard let reached = versions[resource] else { return false }
                return ResourceVersion(reached) >= ResourceVersion(version)
            }
    }

    /// Has changes told to the receiver, instead of the one before; nil: to nobody.
    func tell(_ receiver: Receiver?) { relay.tell(receiver) }
}

/// Who is told of changes at the moment.
final class Relay: Sendable {
    /// A struct around the closure, because one that is read out of a generic container is wrapped once more, and the
    /// container keeps the wrapped one: each call would cost as much as all calls before it.
    private struct Listener {
        let receive: ClusterFollower.Receiver
    }

    private let listener = Mutex<Listener?>(nil)

    func tell(_ receiver: ClusterFollower.Receiver?) {
        listener.withLock { $0 = receiver.map { Listener(receive: $0) } }
    }

    func send(_ key: WorkloadKey, _ origin: ChangeOrigin) { listener.withLock { $0 }?.receive(key, origin) }
}
