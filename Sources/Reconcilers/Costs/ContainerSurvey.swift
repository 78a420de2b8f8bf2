internal import Base
internal import Costs
internal import KubeClient
internal import Matching

/// A container of a workload as the caches show it: what its newest pod requests, and how many pods run it.
struct SizedContainer: Sendable, Hashable {
    var requests = PartialResources()
    var limits = PartialResources()
    /// Containers of the pod, sidecars included.
    var containersInPod = 1
    var pods = 0
    fileprivate var newest = Timestamp(microseconds: .min)

    fileprivate mutating func count(_ container: ContainerResources, of pod: Pod) {
        pods += 1
        guard pod.meta.created >= newest else { return }
        newest = pod.meta.created
        (requests, limits) = (container.requests, container.limits)
        containersInPod = pod.containers.resources.count
    }
}

/// A workload with the containers of its pods.
struct SizedWorkload: Sendable, Hashable {
    var containers: [String: SizedContainer] = [:]
    /// Those that run or will.
    var pods: [ObjectKey] = []
    /// How many of them are on which node.
    var podsByNode: [String: Int] = [:]
    /// What HorizontalPodAutoscalers scale it by.
    var autoscaled: Set<NodeResource> = []
}

extension Ownership {
    /// The workloads that have pods which are not finished.
    func survey() -> [WorkloadKey: SizedWorkload] {
        var found: [WorkloadKey: SizedWorkload] = [:]
        for pod in pods.list() where !pod.isFinished {
            guard let key = workload(of: pod) else { continue }
            found[key, default: SizedWorkload()].pods.append(pod.meta.key)
            if !pod.nodeName.isEmpty { found[key]?.podsByNode[pod.nodeName, default: 0] += 1 }
            for container in pod.containers.resources {
                found[key]?.containers[container.name, default: SizedContainer()].count(container, of: pod)
            }
        }
        for autoscaler in autoscalers.list() {
            guard let key = workload(of: autoscaler), found[key] != nil else { continue }
            let resources = autoscaler.scaledResources.compactMap { NodeResource(rawValue: $0) }
            found[key]?.autoscaled.formUnion(resources)
        }
        return found
    }

    /// The workload of a pod that may be gone: what controls pods names them after itself.
    func workload(ofPodNamed name: ObjectKey) -> WorkloadKey? {
        if let pod = pods.get(name) { return workload(of: pod) }
        guard let dash = name.name.lastIndex(of: "-") else { return nil }
        let controller = ObjectKey(namespace: name.namespace, name: String(name.name[..<dash]))
        for kind in [WorkloadKind.replicaSet, .statefulSet, .daemonSet, .job] {
            if let object = workloads[kind]?.get(controller) { return workload(of: object) }
        }
        return nil
    }
}

extension Pod {
    /// Containers that were killed for lack of memory since a moment, with when.
    func outOfMemoryKills(since moment: Timestamp) -> [(container: String, at: Timestamp)] {
        (troubles?.containers ?? []).compactMap { container in
            guard let end = container.termination, end.reason == ProblemCause.oomKilled.rawValue,
                let at = end.finishedAt, at > moment
            else { return nil }
            return (container.name, at)
        }
    }
}
