/// How much of what is requested is used; 1 is all of it, and more is possible.
package struct Efficiency: Sendable, Hashable {
    /// Of CPU.
    package let cpu: Double
    /// Of memory.
    package let memory: Double

    /// Takes both ratios.
    package init(cpu: Double, memory: Double) {
        self.cpu = cpu
        self.memory = memory
    }

    /// `used / requested` of averages or sums over the same time. Usage without a request is 1, nothing at all is 0
    /// (OpenCost's rule).
    package static func ratio(used: Double, requested: Double) -> Double {
        requested > 0 ? used / requested : (used > 0 ? 1 : 0)
    }

    /// Both, weighted by what they cost; GPUs have no part in it. 0 when neither costs anything.
    package func total(weightedBy cost: ResourceCost) -> Double {
        let (cpuCost, memoryCost) = (cost.cpu.dollars, cost.memory.dollars)
        guard cpuCost + memoryCost > 0 else { return 0 }
        return (cpu * cpuCost + memory * memoryCost) / (cpuCost + memoryCost)
    }
}
