/// The built-in kinds that run pods.
package enum WorkloadKind: String, Sendable, Hashable, CaseIterable {
    case deployment = "Deployment"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"
    case replicaSet = "ReplicaSet"
    case job = "Job"
    case cronJob = "CronJob"

    /// The API group that the kind belongs to.
    package var group: String {
        switch self {
        case .deployment, .statefulSet, .daemonSet, .replicaSet: "apps"
        case .job, .cronJob: "batch"
        }
    }

    /// The kind that a reference names; nil for kinds of other groups, whatever they are called.
    package init?(_ reference: ControllerReference) {
        guard let kind = WorkloadKind(rawValue: reference.kind), kind.group == reference.group else { return nil }
        self = kind
    }
}

/// How many pods a workload wants and has. What each number means depends on the kind:
///
/// | kind | desired | ready | available | updated |
/// |---|---|---|---|---|
/// | Deployment, StatefulSet | spec.replicas | readyReplicas | availableReplicas | updatedReplicas |
/// | ReplicaSet | spec.replicas | readyReplicas | availableReplicas | 0 |
/// | DaemonSet | desiredNumberScheduled | numberReady | numberAvailable | updatedNumberScheduled |
/// | Job | spec.parallelism | ready | active | 0 |
/// | CronJob | 0 | 0 | running Jobs | 0 |
package struct ReplicaCounts: Sendable, Hashable {
    package var desired: Int32
    package var ready: Int32
    package var available: Int32
    /// Of the newest template.
    package var updated: Int32

    package init(desired: Int32 = 0, ready: Int32 = 0, available: Int32 = 0, updated: Int32 = 0) {
        self.desired = desired
        self.ready = ready
        self.available = available
        self.updated = updated
    }
}

/// A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob.
package struct WorkloadObject: KubernetesObject {
    package var kind: WorkloadKind
    package var meta: ObjectMeta
    package var replicas: ReplicaCounts
    /// The labels of the pod template, of a CronJob that of its Jobs' pods.
    package var templateLabels: LabelSet
    /// `spec.suspend` of Jobs and CronJobs; false for the others.
    package var isSuspended: Bool

    package init(
        kind: WorkloadKind, meta: ObjectMeta, replicas: ReplicaCounts = ReplicaCounts(),
        templateLabels: LabelSet = [:], isSuspended: Bool = false
    ) {
        self.kind = kind
        self.meta = meta
        self.replicas = replicas
        self.templateLabels = templateLabels
        self.isSuspended = isSuspended
    }
}
