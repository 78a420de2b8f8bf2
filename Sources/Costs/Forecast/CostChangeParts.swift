/// Why a cost changed from one window to another. The parts add up to the difference to the nano-dollar.
package struct CostChangeParts: Sendable, Hashable {
    /// Workloads that cost nothing before.
    package var new = Money.zero
    /// Workloads that cost nothing any more; negative.
    package var gone = Money.zero
    /// More or fewer pod-hours of those that were there in both windows.
    package var podHours = Money.zero
    /// More or less CPU and memory charged for each pod-hour: what is requested, or used beyond that.
    package var requests = Money.zero
    /// Dearer or cheaper cores and GiB.
    package var price = Money.zero
    /// GPUs, volumes, traffic, load balancers and shares of common costs.
    package var otherResources = Money.zero
    /// What no workload is charged for, such as idle capacity of nodes.
    package var unassigned = Money.zero

    /// Nothing changed.
    package init() {}

    /// All parts together: the difference.
    package var total: Money { new + gone + podHours + requests + price + otherResources + unassigned }

    /// The parts of one workload.
    ///
    /// - Parameters:
    ///   - previous: nil when it has no record there.
    ///   - current: the same for the window that is explained.
    ///   - isRemainder: whether it stands for money that no workload is charged for.
    package init(from previous: CostRecord?, to current: CostRecord?, isRemainder: Bool = false) {
        let before = previous?.total ?? .zero
        let now = current?.total ?? .zero
        if isRemainder {
            unassigned = now - before
        } else if let previous, let current {
            let pods = (previous.podSeconds, current.podSeconds)
            add(
                Self.resource(
                    (previous.cpu, current.cpu), (previous.use.millicoreSeconds, current.use.millicoreSeconds), pods))
            add(
                Self.resource(
                    (previous.memory, current.memory), (previous.use.byteSeconds, current.use.byteSeconds), pods))
            otherResources = current.other - previous.other
        } else if previous == nil {
            new = now
        } else {
            gone = Money.zero - before
        }
    }

    /// Adds part by part, bounded.
    package static func += (left: inout Self, right: Self) {
        left.new += right.new
        left.gone += right.gone
        left.podHours += right.podHours
        left.requests += right.requests
        left.price += right.price
        left.otherResources += right.otherResources
        left.unassigned += right.unassigned
    }

    private mutating func add(_ steps: (podHours: Money, requests: Money, price: Money)) {
        podHours += steps.podHours
        requests += steps.requests
        price += steps.price
    }

    /// `cost = pod-hours × capacity of a pod × price`, changed one factor after the other: each step begins where the one
    /// before ended, so that nothing is left over. A factor that was nothing before cannot be scaled; the next step has it.
    private static func resource(
        _ cost: (Money, Money), _ capacity: (Int64, Int64), _ podSeconds: (Int64, Int64)
    ) -> (podHours: Money, requests: Money, price: Money) {
        let ((start, end), (held, holds)) = (cost, capacity)
        // A factor that was next to nothing before would make steps so great that their sums were bounded.
        let most = max(start, end).scaled(by: 1_000, over: 1) ?? end
        let withPods = min(start.scaled(by: podSeconds.1, over: podSeconds.0) ?? start, most)
        let withRequests = min(start.scaled(by: holds, over: held) ?? (holds > 0 ? end : withPods), most)
        return (withPods - start, withRequests - withPods, end - withRequests)
    }
}

/// What was recorded of one workload in one window.
package struct CostRecord: Sendable, Hashable {
    package let cpu: Money
    package let memory: Money
    /// Of all other resources together.
    package let other: Money
    /// What CPU and memory were charged for.
    package let use: CapacityTime
    /// Pods times the seconds for which they existed.
    package let podSeconds: Int64

    /// Takes sums over a window.
    package init(cpu: Money, memory: Money, other: Money, use: CapacityTime, podSeconds: Int64) {
        self.cpu = cpu
        self.memory = memory
        self.other = other
        self.use = use
        self.podSeconds = podSeconds
    }

    /// All resources together, bounded.
    package var total: Money { cpu + memory + other }
}
