internal import Base
internal import KubeClient
internal import Matching

/// A workload as the caches show it now.
struct ObservedWorkload: Sendable {
    var workload: Workload
    var createdAt: Timestamp
}

extension Ownership {
    /// The workload of a key; nil when the caches have none, or when the object is a part of another workload.
    func project(_ key: WorkloadKey) -> ObservedWorkload? {
        let name = ObjectKey(namespace: key.namespace, name: key.name)
        if key.kind == Self.podKind {
            guard let pod = pods.get(name), workload(of: pod) == key else { return nil }
            return project(pod, as: key)
        }
        guard let kind = WorkloadKind(rawValue: key.kind), let object = workloads[kind]?.get(name),
            workload(of: object) == key
        else { return nil }
        return project(object, as: key)
    }

    private func project(_ object: WorkloadObject, as key: WorkloadKey) -> ObservedWorkload {
        var workload = Workload(
            key: key, uid: object.meta.uid.description, labels: Labels(object.meta.labels),
            templateLabels: Labels(object.templateLabels),
            desiredReplicas: object.kind == .cronJob ? nil : Int(object.replicas.desired),
            readyReplicas: Int(object.replicas.ready))
        for pod in pods(of: object) { workload.add(pod) }
        return ObservedWorkload(workload: workload, createdAt: object.meta.created)
    }

    private func project(_ pod: Pod, as key: WorkloadKey) -> ObservedWorkload {
        var workload = Workload(
            key: key, uid: pod.meta.uid.description, labels: Labels(pod.meta.labels),
            readyReplicas: pod.isReady && !pod.isFinished ? 1 : 0)
        workload.add(pod)
        return ObservedWorkload(workload: workload, createdAt: pod.meta.created)
    }
}

extension Workload {
    /// Adds what a pod holds. A finished pod holds nothing; one that waits for a node requests but holds nothing yet.
    fileprivate mutating func add(_ pod: Pod) {
        guard !pod.isFinished else { return }
        podCount += 1
        restarts += Int(pod.restartCount)
        guard !pod.nodeName.isEmpty else { return }
        // Anybody may ask for any amount; the sum is bounded and does not overflow.
        let held = ComputeResources(cpuMillicores: requestedCPUMillicores, memoryBytes: requestedMemoryBytes)
        let sum = held + pod.requests
        (requestedCPUMillicores, requestedMemoryBytes) = (sum.cpuMillicores, sum.memoryBytes)
    }
}

extension Pod {
    /// Its containers have all ended and will not be started again.
    fileprivate var isFinished: Bool { phase == .succeeded || phase == .failed }
}

extension Labels {
    init(_ labels: LabelSet) {
        self.init(labels.lazy.map { Label($0.key, $0.value) })
    }
}
