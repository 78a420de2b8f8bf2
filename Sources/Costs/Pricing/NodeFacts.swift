/// What is known of a node when its price is looked for.
package struct NodeFacts: Sendable, Hashable {
    /// Of the Node object.
    package var name: String
    /// Of the Node object.
    package var labels: [String: String]
    /// All that the node has, also what the system keeps for itself: the price pays for it.
    package var capacity: RequestedCapacity
    /// What somebody wrote on the node itself: the whole node's price for an hour.
    package var annotatedPrice: Money?
    /// What OpenCost's metrics say of it.
    package var exported: ExportedNodePrice?

    /// Takes the facts.
    package init(
        name: String, labels: [String: String] = [:], capacity: RequestedCapacity, annotatedPrice: Money? = nil,
        exported: ExportedNodePrice? = nil
    ) {
        self.name = name
        self.labels = labels
        self.capacity = capacity
        self.annotatedPrice = annotatedPrice
        self.exported = exported
    }

    /// True when a label of Karpenter, EKS, GKE or AKS says that the node may be taken away for a lower price, or the
    /// exported metric does.
    package var isSpot: Bool {
        exported?.isSpot == true || Self.spotLabels.contains { labels[$0.key]?.lowercased() == $0.value }
    }

    /// Of the well-known label.
    package var instanceType: String? { labels["node.kubernetes.io/instance-type"] }
    /// Of the well-known label.
    package var region: String? { labels["topology.kubernetes.io/region"] }

    private static let spotLabels = [
        (key: "karpenter.sh/capacity-type", value: "spot"), (key: "eks.amazonaws.com/capacityType", value: "spot"),
        (key: "cloud.google.com/gke-spot", value: "true"),
        (key: "kubernetes.azure.com/scalesetpriority", value: "spot"),
    ]
}

/// A node's prices as OpenCost exports them, each nil when there is no such series.
package struct ExportedNodePrice: Sendable, Hashable {
    /// `node_cpu_hourly_cost`, per core.
    package var perCoreHour: Double?
    /// `node_ram_hourly_cost`, per GiB.
    package var perGiBHour: Double?
    /// `node_gpu_hourly_cost`, per device.
    package var perGPUHour: Double?
    /// `node_total_hourly_cost`, for the whole node.
    package var perHour: Double?
    /// `kubecost_node_is_spot`.
    package var isSpot: Bool?

    /// Takes the values of the series.
    package init(
        perCoreHour: Double? = nil, perGiBHour: Double? = nil, perGPUHour: Double? = nil, perHour: Double? = nil,
        isSpot: Bool? = nil
    ) {
        self.perCoreHour = perCoreHour
        self.perGiBHour = perGiBHour
        self.perGPUHour = perGPUHour
        self.perHour = perHour
        self.isSpot = isSpot
    }

    /// Whether a node can be priced by it.
    package var isKnown: Bool { knownCore != nil || knownGiB != nil || knownNode != nil }

    /// OpenCost's rule: zero and NaN mean that the price of CPU, memory or node is not known; a GPU may be free.
    /// A negative price is none either, nor is one that no machine has.
    var knownCore: Money? { Self.positive(perCoreHour) }
    var knownGiB: Money? { Self.positive(perGiBHour) }
    var knownGPU: Money? { perGPUHour.flatMap { (0...Self.highest).contains($0) ? Money(dollars: $0) : nil } }
    var knownNode: Money? { Self.positive(perHour) }

    private static func positive(_ price: Double?) -> Money? {
        price.flatMap { $0 > 0 && $0 <= highest ? Money(dollars: $0) : nil }
    }

    /// In dollars an hour: the dearest machine that is rented out is at some hundreds.
    private static let highest = 10_000.0
}
