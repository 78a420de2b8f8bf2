/// A cost by resource.
package struct ResourceCost: Sendable, Hashable {
    /// What the CPU costs.
    package var cpu: Money
    /// What the memory costs.
    package var memory: Money
    /// What the GPUs cost.
    package var gpu: Money
    /// What the volumes cost.
    package var storage: Money
    /// What leaving traffic costs.
    package var network: Money
    /// What load balancers cost.
    package var loadBalancer: Money
    /// What of common costs was laid on it.
    package var shared: Money

    /// Takes the parts.
    package init(
        cpu: Money, memory: Money, gpu: Money = .zero, storage: Money = .zero, network: Money = .zero,
        loadBalancer: Money = .zero, shared: Money = .zero
    ) {
        self.cpu = cpu
        self.memory = memory
        self.gpu = gpu
        self.storage = storage
        self.network = network
        self.loadBalancer = loadBalancer
        self.shared = shared
    }

    /// No cost.
    package static let zero = ResourceCost(cpu: .zero, memory: .zero)

    /// All resources together, bounded.
    package var total: Money { cpu + memory + gpu + storage + network + loadBalancer + shared }

    /// The same, with each resource at a million a workload-hour at most: what is beyond that is a mistake in a request
    /// (anybody may write any number there), and sums over many rows must not overflow 64 bits.
    package var capped: ResourceCost { map { min($0, Money(nanoDollars: 1_000_000_000_000_000)) } }

    /// The sum by resource, bounded.
    package static func + (left: ResourceCost, right: ResourceCost) -> ResourceCost {
        ResourceCost(
            cpu: left.cpu + right.cpu, memory: left.memory + right.memory, gpu: left.gpu + right.gpu,
            storage: left.storage + right.storage, network: left.network + right.network,
            loadBalancer: left.loadBalancer + right.loadBalancer, shared: left.shared + right.shared)
    }

    /// The difference by resource, bounded.
    package static func - (left: ResourceCost, right: ResourceCost) -> ResourceCost {
        ResourceCost(
            cpu: left.cpu - right.cpu, memory: left.memory - right.memory, gpu: left.gpu - right.gpu,
            storage: left.storage - right.storage, network: left.network - right.network,
            loadBalancer: left.loadBalancer - right.loadBalancer, shared: left.shared - right.shared)
    }

    /// Adds by resource, bounded.
    package static func += (left: inout ResourceCost, right: ResourceCost) { left = left + right }

    /// Each resource times `numerator / denominator`, rounded once; nil when the denominator is not positive.
    package func scaled(by numerator: Int64, over denominator: Int64) -> ResourceCost? {
        guard Money.zero.scaled(by: numerator, over: denominator) != nil else { return nil }
        return map { $0.scaled(by: numerator, over: denominator) ?? .zero }
    }

    private func map(_ change: (Money) -> Money) -> ResourceCost {
        ResourceCost(
            cpu: change(cpu), memory: change(memory), gpu: change(gpu), storage: change(storage),
            network: change(network), loadBalancer: change(loadBalancer), shared: change(shared))
    }
}
