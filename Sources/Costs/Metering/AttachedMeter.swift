internal import Base

/// Divides what one volume or load balancer costs among the workloads whose pods have it, in stretches in which these are
/// the same.
struct AttachedMeter: Sendable {
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
    func parts(_ prices: AttachedPrices, at moment: Timestamp) -> (workloads: [(id: Int, cost: ResourceCost)], rest: ResourceCost) {
        guard let cost = prices.cost(of: size, from: since, to: moment) else { return ([], .zero) }
        let ids = pods.keys.sorted()
        guard let parts = cost.apportioned(by: ids.map { pods[$0] ?? 0 }) else { return ([], resource(cost)) }
        return (zip(ids, parts).map { ($0, resource($1)) }, .zero)
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
        switch size {
        case nil: return nil
        case .bytes(let bytes): return volume(bytes: bytes, seconds: seconds(end)) - volume(bytes: bytes, seconds: seconds(start))
        case .loadBalancer: return loadBalancer(seconds: seconds(end)) - loadBalancer(seconds: seconds(start))
        }
    }
}
