/// How many pods a workload wants and has. What each number means depends on the kind:
///
/// | kind | desired | ready | available | updated | total |
/// |---|---|---|---|---|---|
/// | Deployment, StatefulSet | spec.replicas | readyReplicas | availableReplicas | updatedReplicas | replicas |
/// | ReplicaSet | spec.replicas | readyReplicas | availableReplicas | 0 | replicas |
/// | DaemonSet | desiredNumberScheduled | numberReady | numberAvailable | updatedNumberScheduled | 0 |
/// | Job | spec.parallelism | ready | active | 0 | 0 |
/// | CronJob | 0 | 0 | running Jobs | 0 | 0 |
/// | declared | by its paths | by its paths | availableReplicas | updatedReplicas | replicas |
package struct ReplicaCounts: Sendable, Hashable {
    package var desired: Int32
    package var ready: Int32
    package var available: Int32
    /// Of the newest template.
    package var updated: Int32
    /// Of all templates.
    package var total: Int32

    package init(desired: Int32 = 0, ready: Int32 = 0, available: Int32 = 0, updated: Int32 = 0, total: Int32 = 0) {
        self.desired = desired
        self.ready = ready
        self.available = available
        self.updated = updated
        self.total = total
    }
}

/// A Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or a custom resource that was declared as a workload.
package struct WorkloadObject: KubernetesObject {
    package var kind: WorkloadKind
    package var meta: ObjectMeta
    package var replicas: ReplicaCounts
    /// The labels of the pod template, of a CronJob that of its Jobs' pods.
    package var templateLabels: LabelSet
    /// `spec.suspend` of Jobs and CronJobs; false for the others.
    package var isSuspended: Bool
    /// Whether its controller has not yet acted on the newest spec, or not yet replaced all pods of an older template.
    package var isRollingOut: Bool
    /// The conditions of a Deployment that are false and say why.
    package var failedConditions: [FailedCondition]
    /// The Deployment whose pod template it uses, as an Argo Rollout can (`spec.workloadRef`); nil when it has its own.
    package var templateSource: String?

    package init(
        kind: WorkloadKind, meta: ObjectMeta, replicas: ReplicaCounts = ReplicaCounts(),
        templateLabels: LabelSet = [:], isSuspended: Bool = false, isRollingOut: Bool = false,
        failedConditions: [FailedCondition] = [], templateSource: String? = nil
    ) {
        self.kind = kind
        self.meta = meta
        self.replicas = replicas
        self.templateLabels = templateLabels
        self.isSuspended = isSuspended
        self.isRollingOut = isRollingOut
        self.failedConditions = failedConditions
        self.templateSource = templateSource
    }
}

/// A condition with the status `False` and a message.
package struct FailedCondition: Sendable, Hashable {
    /// Such as `Available`.
    package let type: String
    /// Such as `MinimumReplicasUnavailable`.
    package let reason: String
    /// For people, bounded.
    package let message: String

    package init(type: String, reason: String, message: String) {
        self.type = type
        self.reason = reason
        self.message = message
    }
}
