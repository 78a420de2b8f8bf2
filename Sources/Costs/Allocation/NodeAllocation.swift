/// Who pays for a node in an hour. What the containers pay and what is idle add up to the node's cost of every resource
/// to the nano-dollar, whatever the containers use.
package struct NodeAllocation: Sendable, Hashable {
    /// In the order of the containers that were given.
    package let containers: [ResourceCost]
    /// What nobody requested or used; never negative.
    package let idle: ResourceCost
    /// Resources of which more was charged for than the node has (bursts above requests that did not coincide, or pods
    /// in transition). There is no idle then, and everybody pays in proportion, less than the price of the unit.
    package let overcommitted: Set<NodeResource>

    /// Divides the cost of a node.
    /// - Parameters:
    ///   - cost: for the time in which the node existed.
    ///   - capacity: all that the node has, for the same time.
    ///   - uses: what each container is charged for.
    package init(of cost: ResourceCost, capacity: CapacityTime, to uses: [CapacityTime]) {
        func divide(_ cost: Money, _ capacity: Int64, _ uses: [Int64]) -> ResourceParts {
            ResourceParts(of: cost, capacity: capacity, to: uses)
        }
        let cpu = divide(cost.cpu, capacity.millicoreSeconds, uses.map(\.millicoreSeconds))
        let memory = divide(cost.memory, capacity.byteSeconds, uses.map(\.byteSeconds))
        let gpu = divide(cost.gpu, capacity.gpuSeconds, uses.map(\.gpuSeconds))
        containers = uses.indices.map {
            ResourceCost(cpu: cpu.parts[$0], memory: memory.parts[$0], gpu: gpu.parts[$0])
        }
        idle = ResourceCost(cpu: cpu.idle, memory: memory.idle, gpu: gpu.idle)
        let isOver = [(NodeResource.cpu, cpu), (.memory, memory), (.gpu, gpu)]
        overcommitted = Set(isOver.filter(\.1.isOvercommitted).map(\.0))
    }

    /// Idle in percent of the node's cost; 0 for a node without cost.
    package var idlePercent: Double {
        let total = containers.reduce(idle, +).total.dollars
        return total > 0 ? idle.total.dollars / total * 100 : 0
    }
}

/// The cost of one resource of one node.
private struct ResourceParts {
    let parts: [Money]
    let idle: Money
    let isOvercommitted: Bool

    init(of cost: Money, capacity: Int64, to uses: [Int64]) {
        let charged = uses.reduce(Int128(0)) { $0 + Int128(max($1, 0)) }
        let rest = Int128(max(capacity, 0)) - charged
        isOvercommitted = rest < 0
        let shares = cost.apportioned(by: uses.map { Int128($0) } + [max(rest, 0)])
        parts = shares.map { Array($0.dropLast()) } ?? Array(repeating: .zero, count: uses.count)
        idle = shares?.last ?? cost
    }
}
