/// A cost by resource.
package struct ResourceCost: Sendable, Hashable {
    /// What the CPU costs.
    package var cpu: Money
    /// What the memory costs.
    package var memory: Money
    /// What the GPUs cost.
    package var gpu: Money

    /// Takes the parts.
    package init(cpu: Money, memory: Money, gpu: Money = .zero) {
        self.cpu = cpu
        self.memory = memory
        self.gpu = gpu
    }

    /// No cost.
    package static let zero = ResourceCost(cpu: .zero, memory: .zero)

    /// All resources together, bounded.
    package var total: Money { cpu + memory + gpu }

    /// The same, with each resource at a million a workload-hour at most: what is beyond that is a mistake in a request
    /// (anybody may write any number there), and sums over many rows must not overflow 64 bits.
    package var capped: ResourceCost {
        let most = Money(nanoDollars: 1_000_000_000_000_000)
        return ResourceCost(cpu: min(cpu, most), memory: min(memory, most), gpu: min(gpu, most))
    }

    /// The sum by resource, bounded.
    package static func + (left: ResourceCost, right: ResourceCost) -> ResourceCost {
        ResourceCost(cpu: left.cpu + right.cpu, memory: left.memory + right.memory, gpu: left.gpu + right.gpu)
    }

    /// Adds by resource, bounded.
    package static func += (left: inout ResourceCost, right: ResourceCost) { left = left + right }

    /// Each resource times `numerator / denominator`, rounded once; nil when the denominator is not positive.
    package func scaled(by numerator: Int64, over denominator: Int64) -> ResourceCost? {
        guard let cpu = cpu.scaled(by: numerator, over: denominator),
            let memory = memory.scaled(by: numerator, over: denominator),
            let gpu = gpu.scaled(by: numerator, over: denominator)
        else { return nil }
        return ResourceCost(cpu: cpu, memory: memory, gpu: gpu)
    }
}
