/// What a node is paid for.
package enum NodeResource: String, Sendable, CaseIterable {
    case cpu, memory, gpu
}

extension RequestedCapacity {
    /// Millicores, bytes or devices.
    package func amount(of resource: NodeResource) -> Int64 {
        switch resource {
        case .cpu: cpuMillicores
        case .memory: memoryBytes
        case .gpu: gpus
        }
    }
}
