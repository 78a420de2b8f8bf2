internal import KubeClient
internal import Matching

/// Which workload each object belongs to, by controller references: a Pod to the Deployment of its ReplicaSet, a Job to
/// its CronJob. Objects that none of the known kinds controls stand for themselves, so that nothing that runs is lost.
struct Ownership: Sendable {
    let cluster: String
    let workloads: [WorkloadKind: ObjectCache<WorkloadObject>]
    let pods: ObjectCache<Pod>

    /// The kind of a workload that is a Pod without a known controller.
    static let podKind = "Pod"

    /// The workload that an object is, or is a part of.
    func workload(of object: WorkloadObject) -> WorkloadKey {
        guard let owner = object.meta.owner, Self.owns(WorkloadKind(owner), object.kind) else {
            return key(object.kind.rawValue, object.meta)
        }
        return WorkloadKey(cluster: cluster, kind: owner.kind, namespace: object.meta.namespace, name: owner.name)
    }

    /// The workload that a pod belongs to; nil while its controller is of a known kind and not in the cache.
    func workload(of pod: Pod) -> WorkloadKey? {
        guard let owner = pod.meta.owner, let kind = WorkloadKind(owner) else {
            return key(Self.podKind, pod.meta)
        }
        switch kind {
        case .replicaSet, .job:
            // The name could be that of a successor, whose pods are others.
            guard let object = workloads[kind]?.get(ObjectKey(namespace: pod.meta.namespace, name: owner.name)),
                object.meta.uid == owner.uid
            else { return nil }
            return workload(of: object)
        case .deployment, .statefulSet, .daemonSet, .cronJob:
            return WorkloadKey(cluster: cluster, kind: owner.kind, namespace: pod.meta.namespace, name: owner.name)
        }
    }

    /// Every workload that an object in the caches is, or is a part of.
    func all() -> Set<WorkloadKey> {
        var keys: Set<WorkloadKey> = []
        for cache in workloads.values {
            for object in cache.list() { keys.insert(workload(of: object)) }
        }
        for pod in pods.list() {
            if let key = workload(of: pod) { keys.insert(key) }
        }
        return keys
    }

    /// The pods of a workload object, its own and those of what it controls.
    func pods(of object: WorkloadObject) -> [Pod] {
        let between: WorkloadKind? =
            switch object.kind {
            case .deployment: .replicaSet
            case .cronJob: .job
            default: nil
            }
        guard let between, let cache = workloads[between] else { return pods(controlledBy: object.meta.uid) }
        return cache.find(.uid(object.meta.uid), in: "controller").flatMap { pods(controlledBy: $0.meta.uid) }
    }

    private func pods(controlledBy uid: ObjectUID) -> [Pod] { pods.find(.uid(uid), in: "controller") }

    private static func owns(_ owner: WorkloadKind?, _ kind: WorkloadKind) -> Bool {
        switch kind {
        case .replicaSet: owner == .deployment
        case .job: owner == .cronJob
        default: false
        }
    }

    private func key(_ kind: String, _ meta: ObjectMeta) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: kind, namespace: meta.namespace, name: meta.name)
    }
}
