internal import Base
internal import Costs
internal import Matching
internal import Store

/// Says what rows the metered hours of a cluster make. Pure.
struct CostRows {
    /// A row with the hour that it was made of.
    typealias Row = (metered: MeteredHour, hourly: HourlyCost)

    private let cluster: String
    /// Rows that stand for no workload, as far as they are known.
    private var remainders: [WorkloadKey: Int] = [:]

    init(cluster: String) { self.cluster = cluster }

    /// The stored hour in progress, for the meter.
    mutating func resumed(_ stored: [WorkloadKey: HourlyCost]) -> [MeteredHour] {
        stored.map { key, hourly in
            if key.isRemainder { remainders[key] = hourly.workloadID }
            return MeteredHour(
                payer: key.remainder ?? .workload(hourly.workloadID), usage: hourly.usage, cost: hourly.cost,
                used: hourly.used, usedSeconds: hourly.usedSeconds, quality: hourly.priceQuality)
        }
    }

    /// What has to be given a row before these hours can be written.
    func missing(for hours: [MeteredHour]) -> [WorkloadKey] {
        Set(hours.compactMap { key($0.payer) }).filter { remainders[$0] == nil }.sorted()
    }

    /// These have rows.
    mutating func add(_ ids: [WorkloadKey: Int]) { remainders.merge(ids) { $1 } }

    /// What was not written may refer to a row that is gone since.
    mutating func forget() { remainders = [:] }

    /// The rows of hours; one whose remainder has no row yet is left out.
    func rows(_ hours: [MeteredHour]) -> [Row] {
        hours.compactMap { hour in
            let id = if case .workload(let id) = hour.payer { id } else { key(hour.payer).flatMap { remainders[$0] } }
            guard let id else { return nil }
            var hourly = HourlyCost(workloadID: id, usage: hour.usage, cost: hour.cost.capped)
            (hourly.used, hourly.usedSeconds) = (hour.used, hour.usedSeconds)
            hourly.priceQuality = hour.quality
            return (hour, hourly)
        }
    }

    private func key(_ payer: CostPayer) -> WorkloadKey? {
        switch payer {
        case .workload: nil
        case .idle(let node): .idle(node: node, cluster: cluster)
        case .unmounted(let item): .unmounted(item, cluster: cluster)
        case .unallocated(let namespace): .unallocated(namespace: namespace, cluster: cluster)
        }
    }
}
