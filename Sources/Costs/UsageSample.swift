package import Base

/// What one container uses at a moment.
package struct ContainerUsage: Sendable, Hashable {
    /// Thousandths of a core.
    package var cpuMillicores: Int64
    /// Bytes: the working set, which is what the kernel kills for.
    package var memoryBytes: Int64

    /// Takes a sample; negative amounts are not expected.
    package init(cpuMillicores: Int64, memoryBytes: Int64) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
    }
}

/// What the containers of one pod use at a moment.
package struct PodUsage: Sendable, Hashable {
    /// `metadata.namespace` of the pod.
    package let namespace: String
    /// `metadata.name` of the pod.
    package let pod: String
    /// By the container's name; one that is not there is not known, and is charged for its request.
    package let containers: [String: ContainerUsage]

    /// Takes a sample of a pod.
    package init(namespace: String, pod: String, containers: [String: ContainerUsage]) {
        self.namespace = namespace
        self.pod = pod
        self.containers = containers
    }
}

/// Who charges for usage. A source gives it what it sampled.
package protocol UsageSink: Sendable {
    /// Takes samples of pods, of all or of some. A sample holds until the next one of the same pod, for five minutes at
    /// most; then the pod is charged for its request again.
    ///
    /// - Parameter moment: when they were taken.
    func use(_ samples: [PodUsage], at moment: Timestamp) async
}
