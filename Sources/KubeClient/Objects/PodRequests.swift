/// Sums up what the scheduler reserves for a pod, by the rule of k8s.io/component-helpers/resource `PodRequests`.
///
/// Init containers run one after the other before the containers do, so the pod needs the greatest of them or the sum
/// of its containers, whichever is more. A sidecar (an init container with `restartPolicy: Always`) stays: it counts
/// with the containers, and with every init container that starts after it. The runtime's overhead comes on top.
/// Requests on the pod itself (`spec.resources`) take the place of those of its containers.
struct PodRequests {
    private var containers = ComputeResources()
    private var sidecars = ComputeResources()
    private var greatestInit = ComputeResources()
    private var overhead = ComputeResources()
    private var ofPod: PartialResources?

    mutating func add(container: ComputeResources) { containers = containers + container }

    /// In the order of `spec.initContainers`.
    mutating func add(initContainer: ComputeResources, isSidecar: Bool) {
        if isSidecar { sidecars = sidecars + initContainer }
        let running = isSidecar ? sidecars : sidecars + initContainer
        greatestInit = greatestInit.maximum(running)
    }

    mutating func add(overhead more: ComputeResources) { overhead = overhead + more }

    mutating func set(pod: PartialResources) { ofPod = pod }

    var total: ComputeResources {
        var sum = (containers + sidecars).maximum(greatestInit)
        if let cpu = ofPod?.cpuMillicores { sum.cpuMillicores = cpu }
        if let memory = ofPod?.memoryBytes { sum.memoryBytes = memory }
        if let gpus = ofPod?.gpus { sum.gpus = gpus }
        return sum + overhead
    }

    /// The same of limits (`PodLimits` there): the overhead comes on top only where there is a limit.
    var totalOfLimits: ComputeResources {
        var limits = self
        limits.overhead = ComputeResources()
        var sum = limits.total
        if sum.cpuMillicores > 0 { sum = sum + ComputeResources(cpuMillicores: overhead.cpuMillicores) }
        if sum.memoryBytes > 0 { sum = sum + ComputeResources(memoryBytes: overhead.memoryBytes) }
        return sum
    }
}

/// Requests of which each may be missing.
package struct PartialResources: Sendable, Hashable {
    package var cpuMillicores: Int64?
    package var memoryBytes: Int64?
    /// See `ComputeResources`.
    package var gpus: Int64?

    package init(cpuMillicores: Int64? = nil, memoryBytes: Int64? = nil, gpus: Int64? = nil) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
        self.gpus = gpus
    }

    /// Whether neither CPU nor memory is missing.
    var isComplete: Bool { cpuMillicores != nil && memoryBytes != nil }

    /// What is missing counts as nothing.
    package var orZero: ComputeResources {
        ComputeResources(cpuMillicores: cpuMillicores ?? 0, memoryBytes: memoryBytes ?? 0, gpus: gpus ?? 0)
    }
}

extension ComputeResources {
    /// The sum, which stays at the greatest Int64 rather than overflow.
    package static func + (left: Self, right: Self) -> Self {
        Self(
            cpuMillicores: saturatingSum(left.cpuMillicores, right.cpuMillicores),
            memoryBytes: saturatingSum(left.memoryBytes, right.memoryBytes),
            gpus: saturatingSum(left.gpus, right.gpus))
    }

    /// The greater of each.
    func maximum(_ other: Self) -> Self {
        Self(
            cpuMillicores: max(cpuMillicores, other.cpuMillicores), memoryBytes: max(memoryBytes, other.memoryBytes),
            gpus: max(gpus, other.gpus))
    }

    static func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        guard overflows else { return sum }
        return left < 0 ? .min : .max
    }
}
