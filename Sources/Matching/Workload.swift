/// A workload as it was last observed: what runs, how it is labelled, and what its pods reserve.
package struct Workload: Sendable, Hashable {
    /// Which workload it is.
    package let key: WorkloadKey
    /// `metadata.uid`; another uid under the same key is another object.
    package var uid: String
    /// `metadata.labels`
    package var labels: Labels
    /// Labels of the pod template; nil for a workload without one, such as a bare Pod.
    package var templateLabels: Labels?
    /// `spec.replicas`, or what stands for it; nil where the kind has no such number, such as a CronJob.
    package var desiredReplicas: Int?
    /// `status.readyReplicas`, or what stands for it.
    package var readyReplicas: Int
    /// Pods that exist and have not finished.
    package var podCount: Int
    /// Container restarts, summed over these pods.
    package var restarts: Int
    /// CPU requested by its running pods, in thousandths of a core.
    package var requestedCPUMillicores: Int64
    /// Memory requested by its running pods, in bytes.
    package var requestedMemoryBytes: Int64
    /// How it fares.
    package var facts: WorkloadFacts

    /// An observation; what is left out counts as none.
    package init(
        key: WorkloadKey, uid: String = "", labels: Labels = [:], templateLabels: Labels? = nil,
        desiredReplicas: Int? = nil, readyReplicas: Int = 0, podCount: Int = 0, restarts: Int = 0,
        requestedCPUMillicores: Int64 = 0, requestedMemoryBytes: Int64 = 0,
        facts: WorkloadFacts = WorkloadFacts()
    ) {
        self.key = key
        self.uid = uid
        self.labels = labels
        self.templateLabels = templateLabels
        self.desiredReplicas = desiredReplicas
        self.readyReplicas = readyReplicas
        self.podCount = podCount
        self.restarts = restarts
        self.requestedCPUMillicores = requestedCPUMillicores
        self.requestedMemoryBytes = requestedMemoryBytes
        self.facts = facts
    }
}
