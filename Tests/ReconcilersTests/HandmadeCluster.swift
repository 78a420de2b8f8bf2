import Base
import Matching

@testable import KubeClient
@testable import Reconcilers

/// Caches filled by hand, as informers would have left them.
struct HandmadeCluster {
    let declared: DeclaredKinds
    private let caches: [WorkloadKind: ObjectCache<WorkloadObject>]
    private let pods = ObjectCache<Pod>(indexes: [.controller])
    private let autoscalers = ObjectCache<HorizontalPodAutoscaler>(indexes: [.target])

    /// The moment at which workloads are projected.
    static let now = Timestamp(seconds: 10_000)

    init(
        _ objects: [WorkloadObject] = [], pods: [Pod] = [], autoscalers: [HorizontalPodAutoscaler] = [],
        workloads: [CustomWorkload] = []
    ) {
        declared = DeclaredKinds(workloads)
        let kinds = WorkloadKind.builtIn + workloads.map(\.workloadKind)
        caches = Dictionary(
            uniqueKeysWithValues: kinds.map { ($0, ObjectCache(indexes: [.controller, .template])) })
        for object in objects { _ = caches[object.kind]?.put(object, replacesNewer: true) }
        for pod in pods { _ = self.pods.put(pod, replacesNewer: true) }
        for autoscaler in autoscalers { _ = self.autoscalers.put(autoscaler, replacesNewer: true) }
    }

    var ownership: Ownership {
        Ownership(cluster: "test", workloads: caches, pods: pods, autoscalers: autoscalers, declared: declared)
    }

    func project(_ key: WorkloadKey) -> ObservedWorkload? { ownership.project(key, at: Self.now) }
}

/// Who controls an object; of the kind's own group unless another is given.
func controller(_ kind: String, _ name: String, _ uid: ObjectUID, group: String? = nil) -> ControllerReference {
    ControllerReference(
        group: group ?? WorkloadKind.builtIn.first { $0.name == kind }?.group ?? "example.dev", kind: kind, name: name,
        uid: uid)
}

func object(
    _ kind: WorkloadKind, _ name: String, uid: ObjectUID, of owner: ControllerReference? = nil,
    replicas: ReplicaCounts = ReplicaCounts(), labels: LabelSet = [:], template: LabelSet = [:],
    conditions: [FailedCondition] = [], templateSource: String? = nil, namespace: String = "shop"
) -> WorkloadObject {
    WorkloadObject(
        kind: kind,
        meta: ObjectMeta(
            namespace: namespace, name: name, uid: uid, labels: labels, created: Timestamp(seconds: 1_000), owner: owner
        ),
        replicas: replicas, templateLabels: template, failedConditions: conditions, templateSource: templateSource)
}

/// A running pod of 250 millicores and 1,000 bytes.
func pod(
    _ name: String, of owner: ControllerReference? = nil, node: String = "node-1", phase: PodPhase = .running,
    restarts: Int32 = 0, isReady: Bool = true,
    requests: ComputeResources = ComputeResources(cpuMillicores: 250, memoryBytes: 1_000),
    troubles: PodTroubles? = nil
) -> Pod {
    pod(
        name, of: owner, node: node, phase: phase, restarts: restarts, isReady: isReady,
        containers: PodContainers(requests: requests), troubles: troubles)
}

func pod(
    _ name: String, of owner: ControllerReference? = nil, node: String = "node-1", phase: PodPhase = .running,
    restarts: Int32 = 0, isReady: Bool = true, containers: PodContainers, troubles: PodTroubles? = nil
) -> Pod {
    Pod(
        meta: ObjectMeta(
            namespace: "shop", name: name, uid: ObjectUID("uid-of-\(name)"), labels: ["app": "shop"],
            created: Timestamp(seconds: 2_000), owner: owner),
        nodeName: node, containers: containers, restartCount: restarts, phase: phase, isReady: isReady,
        troubles: troubles)
}

func key(_ kind: String, _ name: String) -> WorkloadKey {
    WorkloadKey(cluster: "test", kind: kind, namespace: "shop", name: name)
}
