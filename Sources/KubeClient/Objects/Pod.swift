/// `status.phase` of a pod.
package enum PodPhase: String, Sendable, Hashable {
    case pending = "Pending"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case unknown = "Unknown"
}

/// Processor, memory and GPUs, as requested by a pod or offered by a node.
package struct ComputeResources: Sendable, Hashable {
    package var cpuMillicores: Int64
    package var memoryBytes: Int64
    /// Whole devices of all makes: `nvidia.com/gpu`, `amd.com/gpu` and whatever else ends in `/gpu`.
    package var gpus: Int64

    package init(cpuMillicores: Int64 = 0, memoryBytes: Int64 = 0, gpus: Int64 = 0) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
        self.gpus = gpus
    }
}

/// A pod: where it runs, what it reserves and how it fares. There are many of them, so what pods of one template have in
/// common is shared, and what only ailing pods have is kept apart.
package struct Pod: KubernetesObject {
    package var meta: ObjectMeta
    /// Empty until the pod is scheduled.
    package var nodeName: String
    /// What its spec says of its containers.
    package var containers: PodContainers
    /// The PersistentVolumeClaims of its namespace that it mounts, those that were made for it included.
    package var claims: [String]
    /// How often its containers, init containers included, have been restarted, together.
    package var restartCount: Int32
    package var phase: PodPhase
    /// Whether the condition `Ready` is true.
    package var isReady: Bool
    /// Nil while all is well.
    package var troubles: PodTroubles?

    package init(
        meta: ObjectMeta, nodeName: String = "", containers: PodContainers = .none, claims: [String] = [],
        restartCount: Int32 = 0, phase: PodPhase = .pending, isReady: Bool = false, troubles: PodTroubles? = nil
    ) {
        self.meta = meta
        self.nodeName = nodeName
        self.containers = containers
        self.claims = claims
        self.restartCount = restartCount
        self.phase = phase
        self.isReady = isReady
        self.troubles = troubles
    }
}
