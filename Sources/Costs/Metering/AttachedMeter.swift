internal import Base

/// Divides what one volume or load balancer costs among the workloads whose pods have it, in stretches in which these are
/// the same.
struct AttachedMeter: Sendable {
    /// Who pays what for a stretch.
    struct Division {
        var workloads: [(id: Int, cost: ResourceCost)] = []
        /// Nobody's.
        var rest = ResourceCost.zero
    }

    /// Nil: the item is not there (yet), but pods are said to have it.
    let size: AttachedSize?
    /// When the stretch began.
    private let since: Timestamp
    /// How many pods of which workload have it.
    let pods: [Int: Int64]

    init(_ size: AttachedSize?, pods: [Int: Int64] = [:], at moment: Timestamp) {
        self.size = size
        since = moment
        self.pods = pods
    }

    /// Whether nobody knows it, and nobody has it.
    var isNothing: Bool { size == nil && pods.isEmpty }

    /// Whether it is paid for by nobody.
    var isUnmounted: Bool { size != nil && pods.isEmpty }

    /// Who pays what for the stretch up to `moment`: the workloads in proportion to their pods; nobody's share when there
    /// are none.
    func division(_ prices: AttachedPrices, at moment: Timestamp) -> Division {
        guard let cost = prices.cost(of: size, from: since, to: moment) else { return Division() }
        let ids = pods.keys.sorted()
        guard let parts = cost.apportioned(by: ids.map { pods[$0] ?? 0 }) else {
            return Division(rest: resource(cost))
        }
        return Division(workloads: zip(ids, parts).map { ($0, resource($1)) })
    }

    private func resource(_ cost: Money) -> ResourceCost {
        switch size {
        case .loadBalancer: ResourceCost(cpu: .zero, memory: .zero, loadBalancer: cost)
        default: ResourceCost(cpu: .zero, memory: .zero, storage: cost)
        }
    }
}

extension AttachedPrices {
    /// What an item costs between two moments of one hour, as a difference: see `NodePrice.cost(from:to:)`.
    fileprivate func cost(of size: AttachedSize?, from start: Timestamp, to end: Timestamp) -> Money? {
        let hour = start.startOfHour
        func seconds(_ moment: Timestamp) -> Int64 { (moment.microseconds - hour.microseconds) / 1_000_000 }
        func cost(until moment: Timestamp) -> Money? {
            switch size {
            case nil: nil
            case .bytes(let bytes): volume(bytes: bytes, seconds: seconds(moment))
            case .loadBalancer: loadBalancer(seconds: seconds(moment))
            }
        }
        guard let from = cost(until: start), let to = cost(until: end) else { return nil }
        return to - from
    }
}
