/// `status.phase` of a pod.
package enum PodPhase: String, Sendable, Hashable {
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case unknown = "Unknown"
}

/// Processor and memory, as requested by a pod or offered by a node.
package struct ComputeResources: Sendable, Hashable {
    package var cpuMillicores: Int64
    package var memoryBytes: Int64

    package init(cpuMillicores: Int64 = 0, memoryBytes: Int64 = 0) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
    }
}

/// A pod: where it runs, what it reserves and how it fares.
package struct Pod: KubernetesObject {
    package var meta: ObjectMeta
    /// Empty until the pod is scheduled.
    package var nodeName: String
    /// What the scheduler reserves for the pod: see `PodRequests`.
    package var requests: ComputeResources
    /// How often its containers have been restarted, together.
    package var restartCount: Int32
    package var phase: PodPhase
    /// Whether the condition `Ready` is true.
    package var isReady: Bool

    package init(
        meta: ObjectMeta, nodeName: String = "", requests: ComputeResources = ComputeResources(),
        restartCount: Int32 = 0, phase: PodPhase = .pending, isReady: Bool = false
    ) {
        self.meta = meta
        self.nodeName = nodeName
        self.requests = requests
        self.restartCount = restartCount
        self.phase = phase
        self.isReady = isReady
    }
}
