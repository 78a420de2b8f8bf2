internal import Base
internal import Costs
internal import Store

/// Mends what OpenCost's answers lose by rounding: they have five decimals, so that the hours of something small may be
/// some per cent off. The day as a whole is rounded once; its hours are brought to add up to it. Pure.
enum OpenCostRounding {
    private static var resources: [WritableKeyPath<ResourceCost, Money>] {
        [\.cpu, \.memory, \.gpu, \.storage, \.network, \.loadBalancer, \.shared]
    }

    /// - Parameters:
    ///   - hours: of the day, by the beginning of the hour.
    ///   - day: what the day as a whole is charged. A resource without a cost there stays as it is in the hours.
    static func corrected(
        _ hours: [Timestamp: [OpenCostPayer: OpenCostCharge]], by day: [OpenCostPayer: OpenCostCharge]
    ) -> [Timestamp: [OpenCostPayer: OpenCostCharge]] {
        var corrected = hours
        let order = hours.keys.sorted()
        for (payer, whole) in day {
            let present = order.filter { hours[$0]?[payer] != nil }
            let charges = present.compactMap { hours[$0]?[payer] }
            for resource in resources where whole.cost[keyPath: resource] > .zero {
                let total = whole.cost[keyPath: resource]
                guard let parts = parts(of: total, resource, charges) else { continue }
                for (hour, part) in zip(present, parts) { corrected[hour]?[payer]?.cost[keyPath: resource] = part }
            }
        }
        return corrected
    }

    /// In the ratio of what the hours were charged; where that was rounded to nothing, of what they used of the resource.
    private static func parts(
        of total: Money, _ resource: WritableKeyPath<ResourceCost, Money>, _ charges: [OpenCostCharge]
    ) -> [Money]? {
        if let parts = total.apportioned(by: charges.map { $0.cost[keyPath: resource].nanoDollars }) { return parts }
        let use: [Int64] =
            switch resource {
            case \.cpu: charges.map(\.use.millicoreSeconds)
            case \.memory: charges.map(\.use.byteSeconds)
            case \.gpu: charges.map(\.use.gpuSeconds)
            default: charges.map(\.seconds)
            }
        return total.apportioned(by: use) ?? total.apportioned(by: charges.map(\.seconds))
    }
}

extension OpenCostCharge {
    /// OpenCost speaks of the whole hour. How many pods there were it does not say: what there was of a workload counts as
    /// one.
    func usage(in hour: Timestamp, ofWorkload isWorkload: Bool) -> HourUsage {
        HourUsage(
            hour: hour, through: hour.adding(seconds: 3_600), coveredSeconds: 3_600, use: use,
            podSeconds: isWorkload ? podSeconds : 0, maximumPods: isWorkload ? 1 : 0)
    }

    func hourly(_ id: Int, in hour: Timestamp) -> HourlyCost {
        var row = HourlyCost(workloadID: id, usage: usage(in: hour, ofWorkload: true), cost: cost.capped)
        if let used {
            row.used = used
            row.usedSeconds = seconds
        }
        return row
    }
}
