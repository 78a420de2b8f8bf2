package import Base

/// Who pays for a volume or a load balancer in a window: the pods that it was attached to, in proportion to the time for
/// which each of them existed in the window.
package struct AttachedAllocation: Sendable, Hashable {
    /// What each pod pays, in their order.
    package let pods: [Money]
    /// All of it, when no pod existed in the window (OpenCost's `__unmounted__`); else nothing.
    package let unattached: Money

    /// Divides a cost. Parts and rest add up to it exactly.
    /// - Parameters:
    ///   - pods: from when to when each pod existed or had the volume; what lies outside of the window does not count.
    package init(of cost: Money, in window: Range<Timestamp>, to pods: [Range<Timestamp>]) {
        let overlaps = pods.map { pod in
            let common = pod.clamped(to: window)
            return common.upperBound.microseconds - common.lowerBound.microseconds
        }
        let parts = cost.apportioned(by: overlaps)
        self.pods = parts ?? Array(repeating: .zero, count: pods.count)
        unattached = parts == nil ? cost : .zero
    }
}
