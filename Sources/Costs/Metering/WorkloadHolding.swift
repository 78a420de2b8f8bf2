/// What the pods of one workload hold at a moment.
package struct WorkloadHolding: Sendable, Hashable {
    /// What is charged for on each node, by its name: of each container the larger of request and usage.
    package var nodes: [String: RequestedCapacity] = [:]
    /// Pods that exist and have not finished, those that wait for a node included.
    package var pods = 0
    /// Pods on nodes.
    package private(set) var placedPods: Int64 = 0
    /// Those of them whose usage is known.
    package private(set) var knownPods: Int64 = 0
    /// What these use together.
    package private(set) var used = RequestedCapacity.zero
    /// Volumes and load balancers, with how many of the pods have each.
    package private(set) var attached: [AttachedItem: Int64] = [:]

    /// Nothing held yet.
    package init(pods: Int = 0) { self.pods = pods }

    /// Counts a pod that has a place.
    ///
    /// - Parameters:
    ///   - charged: what is paid for it.
    ///   - used: nil when it is not known.
    package mutating func add(_ charged: RequestedCapacity, on node: String, used: RequestedCapacity?) {
        nodes[node, default: .zero] += charged
        placedPods += 1
        guard let used else { return }
        knownPods += 1
        self.used += used
    }

    /// Notes that one more of the pods has the item.
    package mutating func attach(_ item: AttachedItem) { attached[item, default: 0] += 1 }

    /// What is charged for on all nodes.
    var charged: RequestedCapacity { nodes.values.reduce(.zero, +) }
}
