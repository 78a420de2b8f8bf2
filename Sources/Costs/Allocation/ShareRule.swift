/// How a common cost is laid on those who have their own: idle capacity on workloads, a shared namespace on tenants.
package enum ShareRule: String, Sendable, CaseIterable {
    /// In proportion to their own costs.
    case weighted
    /// The same for each.
    case even
    /// Not at all: it stays a row of its own.
    case none

    /// Divides an amount. Parts and rest add up to it exactly.
    /// - Parameter costs: what each has of its own; weighted, those without cost pay nothing, and when nobody has any
    ///   the amount stays where it is.
    package func share(_ amount: Money, over costs: [Money]) -> SharedMoney {
        let parts: [Money]? =
            switch self {
            case .weighted: amount.apportioned(by: costs.map(\.nanoDollars))
            case .even: costs.isEmpty ? nil : amount.divided(evenly: costs.count)
            case .none: nil
            }
        return SharedMoney(
            parts: parts ?? Array(repeating: .zero, count: costs.count), kept: parts == nil ? amount : .zero)
    }

    /// The same for each resource alone: who pays four fifths of the CPU gets four fifths of the idle CPU.
    package func share(_ cost: ResourceCost, over costs: [ResourceCost]) -> SharedCost {
        let cpu = share(cost.cpu, over: costs.map(\.cpu))
        let memory = share(cost.memory, over: costs.map(\.memory))
        let gpu = share(cost.gpu, over: costs.map(\.gpu))
        return SharedCost(
            parts: costs.indices.map { ResourceCost(cpu: cpu.parts[$0], memory: memory.parts[$0], gpu: gpu.parts[$0]) },
            kept: ResourceCost(cpu: cpu.kept, memory: memory.kept, gpu: gpu.kept))
    }
}

/// An amount that was laid on several.
package struct SharedMoney: Sendable, Hashable {
    /// What each gets in addition, in their order.
    package let parts: [Money]
    /// What could not be laid on anybody.
    package let kept: Money
}

/// A cost by resource that was laid on several.
package struct SharedCost: Sendable, Hashable {
    /// What each gets in addition, in their order.
    package let parts: [ResourceCost]
    /// What could not be laid on anybody.
    package let kept: ResourceCost
}
