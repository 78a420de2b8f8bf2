package import Base

/// What is known afterwards of one hour of a cluster: how long each node, pod and claim was there, and what pods requested and
/// used meanwhile. Where the meter counts moment by moment, only sums over the hour are left of it.
package struct PastHour: Sendable {
    /// A node, at the price that it would have now.
    package struct Node: Sendable, Hashable {
        /// What it costs.
        package let price: NodePrice
        /// All that it has.
        package let capacity: RequestedCapacity
        /// Of the hour; for so long it was there.
        package let seconds: Int64

        /// Takes what is known of a node.
        package init(price: NodePrice, capacity: RequestedCapacity, seconds: Int64) {
            (self.price, self.capacity, self.seconds) = (price, capacity, seconds)
        }
    }

    /// A pod on one node.
    package struct Pod: Sendable, Hashable {
        /// Its workload, or what stands for those that are not known.
        package let payer: CostPayer
        /// By its name.
        package let node: String
        /// Of the hour; for so long it held its place.
        package let seconds: Int64
        /// What is paid for it.
        package let charged: CapacityTime
        /// Nil when it is not known.
        package let used: CapacityTime?
        /// What it mounted.
        package let claims: [AttachedItem]

        /// Takes what is known of a pod.
        package init(
            payer: CostPayer, node: String, seconds: Int64, charged: CapacityTime, used: CapacityTime? = nil,
            claims: [AttachedItem] = []
        ) {
            (self.payer, self.node, self.seconds) = (payer, node, seconds)
            (self.charged, self.used, self.claims) = (charged, used, claims)
        }
    }

    /// What a claim requested, and for how long it was bound.
    package struct Claim: Sendable, Hashable {
        /// Of storage.
        package let bytes: Int64
        /// Of the hour.
        package let seconds: Int64

        /// Takes what is known of a claim.
        package init(bytes: Int64, seconds: Int64) { (self.bytes, self.seconds) = (bytes, seconds) }
    }

    /// When it began.
    package let hour: Timestamp
    /// By name.
    package var nodes: [String: Node] = [:]
    /// Those that had a node.
    package var pods: [Pod] = []
    /// By what it is called.
    package var claims: [AttachedItem: Claim] = [:]

    /// Nothing is known yet.
    package init(_ hour: Timestamp) { self.hour = hour }

    /// Takes what is known of further namespaces.
    package mutating func add(_ other: PastHour) {
        nodes.merge(other.nodes) { first, _ in first }
        pods += other.pods
        claims.merge(other.claims) { first, _ in first }
    }
}

extension PastHour {
    /// Who pays what for the hour. What the rows cost is what the nodes and the claims cost, to the nano-dollar; what pods hold
    /// of a node that is not known comes on top, at the price list.
    ///
    /// - Parameters:
    ///   - list: prices where the node is not known.
    ///   - attached: prices of claims.
    package func metered(list: PriceList, attached: AttachedPrices) -> [MeteredHour] {
        var bill = Bill(hour: hour)
        let byNode = Dictionary(grouping: pods, by: \.node)
        for name in Set(nodes.keys).union(byNode.keys).sorted() {
            bill.charge(byNode[name] ?? [], on: name, nodes[name], list)
        }
        bill.charge(claims, of: pods, attached)
        return bill.rows
    }
}

/// Adds up what each payer owes for an hour.
private struct Bill {
    private struct Item {
        var cost = ResourceCost.zero
        var use = CapacityTime.zero
        /// Of all pods together.
        var podSeconds: Int64 = 0
        var used = CapacityTime.zero
        var knownSeconds: Int64 = 0
        /// Of what is no workload.
        var seconds: Int64 = 0
    }

    let hour: Timestamp
    private var items: [CostPayer: Item] = [:]

    init(hour: Timestamp) { self.hour = hour }

    mutating func charge(_ pods: [PastHour.Pod], on name: String, _ node: PastHour.Node?, _ list: PriceList) {
        let uses = pods.map(\.charged)
        guard let node else {
            for pod in pods { add(pod, list.cost(of: pod.charged).capped) }
            return
        }
        let capacity = node.capacity.held(forSeconds: node.seconds)
        let allocation = NodeAllocation(of: node.price.cost(forSeconds: node.seconds), capacity: capacity, to: uses)
        for (pod, cost) in zip(pods, allocation.containers) { add(pod, cost) }
        var idle = Item()
        (idle.cost, idle.seconds) = (allocation.idle, node.seconds)
        idle.use = capacity - uses.reduce(.zero, +)
        items[.idle(node: name)] = idle
    }

    private mutating func add(_ pod: PastHour.Pod, _ cost: ResourceCost) {
        var item = items[pod.payer] ?? Item()
        item.cost += cost
        item.use += pod.charged
        item.podSeconds += pod.seconds
        if let used = pod.used {
            item.used += used
            item.knownSeconds += pod.seconds
        }
        items[pod.payer] = item
    }

    mutating func charge(
        _ claims: [AttachedItem: PastHour.Claim], of pods: [PastHour.Pod], _ prices: AttachedPrices
    ) {
        var mounts: [AttachedItem: [CostPayer: Int64]] = [:]
        for pod in pods {
            for claim in pod.claims { mounts[claim, default: [:]][pod.payer, default: 0] += pod.seconds }
        }
        for (claim, size) in claims {
            let cost = prices.volume(bytes: size.bytes, seconds: size.seconds)
            let payers = (mounts[claim] ?? [:]).sorted { $0.key.rank < $1.key.rank }
            if let parts = cost.apportioned(by: payers.map(\.value)) {
                for (payer, part) in zip(payers.map(\.key), parts) {
                    items[payer, default: Item()].cost.storage += part
                }
            } else {
                var rest = Item()
                (rest.cost.storage, rest.seconds) = (cost, size.seconds)
                items[.unmounted(claim)] = rest
            }
        }
    }

    /// Pods that follow each other cover the time of both; of those side by side it is not known.
    var rows: [MeteredHour] {
        items.map { payer, item in
            let covered = min(max(item.podSeconds, item.seconds), 3_600)
            let pods = (item.podSeconds + 3_599) / 3_600
            let usage = HourUsage(
                hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: covered, use: item.use,
                podSeconds: item.podSeconds, maximumPods: Int(pods))
            let known = item.podSeconds > 0 ? covered * item.knownSeconds / item.podSeconds : 0
            return MeteredHour(
                payer: payer, usage: usage, cost: item.cost, used: known > 0 ? item.used : nil, usedSeconds: known,
                quality: .backfilled)
        }
    }
}

extension CostPayer {
    /// Some order, so that what rounding leaves goes to the same one each time.
    fileprivate var rank: (id: Int, name: String) {
        switch self {
        case .workload(let id): (id, "")
        case .idle(let node): (-1, node)
        case .unmounted(let item): (-2, item.namespace + "/" + item.name)
        case .unallocated(let namespace): (-3, namespace)
        }
    }
}
