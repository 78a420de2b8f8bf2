/// To whom an hour of cost is written.
package enum CostPayer: Sendable, Hashable {
    /// A workload, by the id of its row.
    case workload(Int)
    /// Nobody: what of a node is idle.
    case idle(node: String)
    /// Nobody: what no pod uses.
    case unmounted(AttachedItem)
    /// Nobody: what pods of a namespace held whose workload is not known.
    case unallocated(namespace: String)
}

/// Something that is paid for beside nodes, and that pods may have.
package struct AttachedItem: Sendable, Hashable {
    /// What it is.
    package enum Kind: String, Sendable, Hashable {
        /// A PersistentVolumeClaim, with the volume that is bound to it.
        case claim
        /// A PersistentVolume that no claim uses.
        case volume
        /// A Service of type LoadBalancer.
        case loadBalancer
    }

    /// What it is.
    package let kind: Kind
    /// Empty for volumes.
    package let namespace: String
    /// `metadata.name`
    package let name: String

    /// Takes the names as the API server gives them.
    package init(_ kind: Kind, namespace: String = "", name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

/// What an attached item is paid by.
package enum AttachedSize: Sendable, Hashable {
    /// Bytes of requested storage.
    case bytes(Int64)
    /// A load balancer costs the same whatever it does.
    case loadBalancer
}

/// What one payer is charged for in one hour, as far as it is known.
package struct MeteredHour: Sendable, Hashable {
    /// Who is charged.
    package let payer: CostPayer
    /// What for: of a workload `max(request, usage)` of its pods; of a node what was left of its capacity.
    package let usage: HourUsage
    /// How much.
    package let cost: ResourceCost
    /// What was used in the part of the hour for which that is known; nil when it never was.
    package let used: CapacityTime?
    /// How long that part is: the usage of half of the pods counts for half of the time.
    package let usedSeconds: Int64
    /// The worst of the prices that took part; nil when none of a node did.
    package let quality: PriceQuality?

    /// Takes an hour as it was metered or stored.
    package init(
        payer: CostPayer, usage: HourUsage, cost: ResourceCost, used: CapacityTime? = nil, usedSeconds: Int64 = 0,
        quality: PriceQuality? = nil
    ) {
        self.payer = payer
        self.usage = usage
        self.cost = cost
        self.used = used
        self.usedSeconds = usedSeconds
        self.quality = quality
    }
}
