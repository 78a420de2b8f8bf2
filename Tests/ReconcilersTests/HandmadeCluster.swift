import Base
import Matching

@testable import KubeClient
@testable import Reconcilers

/// Caches filled by hand, as informers would have left them.
struct HandmadeCluster {
    private let caches: [WorkloadKind: ObjectCache<WorkloadObject>]
    private let pods = ObjectCache<Pod>(indexes: [.controller])

    init(_ objects: [WorkloadObject] = [], pods: [Pod] = []) {
        caches = Dictionary(
            uniqueKeysWithValues: WorkloadKind.allCases.map { ($0, ObjectCache(indexes: [.controller])) })
        for object in objects { _ = caches[object.kind]?.put(object) }
        for pod in pods { _ = self.pods.put(pod) }
    }

    var ownership: Ownership { Ownership(cluster: "test", workloads: caches, pods: pods) }
}

/// Who controls an object; of the kind's own group unless another is given.
func controller(_ kind: String, _ name: String, _ uid: ObjectUID, group: String? = nil) -> ControllerReference {
    ControllerReference(
        group: group ?? WorkloadKind(rawValue: kind)?.group ?? "example.dev", kind: kind, name: name, uid: uid)
}

func object(
    _ kind: WorkloadKind, _ name: String, uid: ObjectUID, of owner: ControllerReference? = nil,
    replicas: ReplicaCounts = ReplicaCounts(), labels: LabelSet = [:], template: LabelSet = [:]
) -> WorkloadObject {
    WorkloadObject(
        kind: kind,
        meta: ObjectMeta(
            namespace: "shop", name: name, uid: uid, labels: labels, created: Timestamp(seconds: 1_000), owner: owner),
        replicas: replicas, templateLabels: template)
}

/// A running pod of 250 millicores and 1,000 bytes.
func pod(
    _ name: String, of owner: ControllerReference? = nil, node: String = "node-1", phase: PodPhase = .running,
    restarts: Int32 = 0, isReady: Bool = true,
    requests: ComputeResources = ComputeResources(cpuMillicores: 250, memoryBytes: 1_000)
) -> Pod {
    Pod(
        meta: ObjectMeta(
            namespace: "shop", name: name, uid: ObjectUID("uid-of-\(name)"), labels: ["app": "shop"],
            created: Timestamp(seconds: 2_000), owner: owner),
        nodeName: node, requests: requests, restartCount: restarts, phase: phase, isReady: isReady)
}

func key(_ kind: String, _ name: String) -> WorkloadKey {
    WorkloadKey(cluster: "test", kind: kind, namespace: "shop", name: name)
}
