internal import KubeClient
internal import Matching

/// Which workload each object belongs to, by controller references: a Pod to the Deployment of its ReplicaSet, a Job to
/// its CronJob, either to the declared custom resource that controls it. Objects that none of the known kinds controls
/// stand for themselves, so that nothing that runs is lost.
struct Ownership: Sendable {
    let cluster: String
    let workloads: [WorkloadKind: ObjectCache<WorkloadObject>]
    let pods: ObjectCache<Pod>
    let autoscalers: ObjectCache<HorizontalPodAutoscaler>
    let declared: DeclaredKinds

    /// The kind of a workload that is a Pod without a known controller.
    static let podKind = "Pod"
    /// Custom resources may own each other in circles; no sensible chain is longer.
    private static let maximumDepth = 8

    /// The workload that an object is, or is a part of.
    func workload(of object: WorkloadObject) -> WorkloadKey { workload(of: object, depth: 0) }

    private func workload(of object: WorkloadObject, depth: Int) -> WorkloadKey {
        guard let owner = object.meta.owner, let kind = kind(owner), Self.owns(kind, object.kind),
            depth < Self.maximumDepth
        else { return key(object.kind, object.meta.key) }
        let name = ownerKey(kind, owner, of: object.meta)
        // Only a declared kind can control what controls others, so without one there is nothing to look up.
        guard !declared.isEmpty, let above = workloads[kind]?.get(name), above.meta.uid == owner.uid else {
            return key(kind, name)
        }
        return workload(of: above, depth: depth + 1)
    }

    /// The workload that a pod belongs to; nil while its controller is of a kind that can be a part of something else, and
    /// is not in the cache.
    func workload(of pod: Pod) -> WorkloadKey? {
        guard let owner = pod.meta.owner, let kind = kind(owner) else { return podKey(pod) }
        let name = ownerKey(kind, owner, of: pod.meta)
        guard kind.canBePart || !declared.isEmpty else { return key(kind, name) }
        // The name could be that of a successor, whose pods are others.
        if let object = workloads[kind]?.get(name), object.meta.uid == owner.uid { return workload(of: object) }
        if case .declared = kind { return key(kind, name) }
        return nil
    }

    /// The workload that an autoscaler scales; nil when that is of no known kind.
    func workload(of autoscaler: HorizontalPodAutoscaler) -> WorkloadKey? {
        guard let kind = kind(group: autoscaler.targetGroup, name: autoscaler.targetKind) else { return nil }
        let name = ObjectKey(namespace: autoscaler.meta.namespace, name: autoscaler.targetName)
        guard let object = workloads[kind]?.get(name) else { return key(kind, name) }
        return workload(of: object)
    }

    /// The workloads that use the pod template of a Deployment instead of one of their own.
    func users(ofTemplate deployment: WorkloadObject) -> [WorkloadKey] {
        guard deployment.kind == .deployment, !declared.isEmpty else { return [] }
        return declared.workloads.flatMap { one -> [WorkloadKey] in
            let users = workloads[one.workloadKind]?.find(.text(deployment.key.description), in: "template") ?? []
            return users.map { workload(of: $0) }
        }
    }

    /// Every workload that an object in the caches is, or is a part of.
    func all() -> Set<WorkloadKey> {
        var keys: Set<WorkloadKey> = []
        for (kind, cache) in workloads where !isAbsent(kind) {
            for object in cache.list() { keys.insert(workload(of: object)) }
        }
        for pod in pods.list() {
            if let key = workload(of: pod) { keys.insert(key) }
        }
        return keys
    }

    /// The pods of a workload object, its own and those of what it controls.
    func pods(of object: WorkloadObject) -> [Pod] { pods(of: object, depth: 0) }

    private func pods(of object: WorkloadObject, depth: Int) -> [Pod] {
        let own = pods.find(.uid(object.meta.uid), in: "controller")
        guard depth < Self.maximumDepth else { return own }
        return parts(of: object).reduce(into: own) { $0 += pods(of: $1, depth: depth + 1) }
    }

    /// The workload objects that an object controls.
    private func parts(of object: WorkloadObject) -> [WorkloadObject] {
        func controlled(_ cache: ObjectCache<WorkloadObject>?) -> [WorkloadObject] {
            cache?.find(.uid(object.meta.uid), in: "controller") ?? []
        }
        switch object.kind {
        case .deployment: return controlled(workloads[.replicaSet])
        case .cronJob: return controlled(workloads[.job])
        case .declared: return workloads.values.flatMap(controlled)
        case .statefulSet, .daemonSet, .replicaSet, .job: return []
        }
    }

    /// The autoscalers that scale an object.
    func autoscalers(of object: WorkloadObject) -> [HorizontalPodAutoscaler] {
        let target = HorizontalPodAutoscaler.target(
            object.meta.namespace, group: object.kind.group, kind: object.kind.name, name: object.meta.name)
        return autoscalers.find(.text(target), in: "target")
    }

    /// Whether the server is known not to have a declared kind; what its cache has is then no more.
    func isAbsent(_ kind: WorkloadKind) -> Bool {
        guard case .declared = kind else { return false }
        return declared.state(of: kind) == .absent
    }

    /// The object that a workload is, for events about it.
    func reference(to workload: Workload) -> ObjectReference? {
        let key = workload.key
        guard let kind = kind(of: key) else {
            return key.kind == Self.podKind ? reference(workload, "v1", key.kind) : nil
        }
        let version = declared.workloads.first { $0.workloadKind == kind }?.groupVersion.description
        return reference(workload, version ?? "\(kind.group)/v1", kind.name)
    }

    private func reference(_ workload: Workload, _ apiVersion: String, _ kind: String) -> ObjectReference {
        ObjectReference(
            apiVersion: apiVersion, kind: kind, namespace: workload.key.namespace, name: workload.key.name,
            uid: workload.uid)
    }

    /// The kind of a workload's key; nil for a Pod and for kinds that are unknown.
    func kind(of key: WorkloadKey) -> WorkloadKind? {
        WorkloadKind.builtIn.first { $0.name == key.kind } ?? declared.find(keyName: key.kind)
    }

    private func kind(_ owner: ControllerReference) -> WorkloadKind? { kind(group: owner.group, name: owner.kind) }

    private func kind(group: String, name: String) -> WorkloadKind? {
        WorkloadKind(builtIn: name, group: group) ?? declared.find(group: group, name: name)
    }

    private static func owns(_ owner: WorkloadKind, _ kind: WorkloadKind) -> Bool {
        switch owner {
        case .deployment: kind == .replicaSet
        case .cronJob: kind == .job
        case .declared: true
        case .statefulSet, .daemonSet, .replicaSet, .job: false
        }
    }

    /// Objects are owned within their namespace, or by an object that has none.
    private func ownerKey(_ kind: WorkloadKind, _ owner: ControllerReference, of meta: ObjectMeta) -> ObjectKey {
        ObjectKey(namespace: declared.isNamespaced(kind) ? meta.namespace : "", name: owner.name)
    }

    private func key(_ kind: WorkloadKind, _ name: ObjectKey) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: kind.keyName, namespace: name.namespace, name: name.name)
    }

    private func podKey(_ pod: Pod) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: Self.podKind, namespace: pod.meta.namespace, name: pod.meta.name)
    }
}

extension WorkloadKind {
    /// Whether another built-in kind controls objects of this one.
    fileprivate var canBePart: Bool { self == .replicaSet || self == .job }
}

extension HorizontalPodAutoscaler {
    /// What an autoscaler scales, as the index has it.
    static func target(_ namespace: String, group: String, kind: String, name: String) -> String {
        "\(namespace)/\(kind).\(group)/\(name)"
    }
}

extension CacheIndex<HorizontalPodAutoscaler> {
    /// By what is scaled.
    static var target: CacheIndex {
        CacheIndex("target") { autoscaler in
            [
                .text(
                    HorizontalPodAutoscaler.target(
                        autoscaler.meta.namespace, group: autoscaler.targetGroup, kind: autoscaler.targetKind,
                        name: autoscaler.targetName))
            ]
        }
    }
}

extension CacheIndex<WorkloadObject> {
    /// By the Deployment whose pod template is used instead of an own one.
    static var template: CacheIndex {
        CacheIndex("template") { object in
            object.templateSource.map { [.text(ObjectKey(namespace: object.meta.namespace, name: $0).description)] }
                ?? []
        }
    }
}
