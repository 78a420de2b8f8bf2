internal import Base
package import Costs
package import Matching
internal import Store

/// What a source says that nobody is charged for in an hour.
package struct RemainderHour: Sendable {
    /// A key that stands for no workload: see `WorkloadKey.isRemainder`.
    package let key: WorkloadKey
    package let usage: HourUsage
    package let cost: ResourceCost

    package init(key: WorkloadKey, usage: HourUsage, cost: ResourceCost) {
        (self.key, self.usage, self.cost) = (key, usage, cost)
    }

    func hourly(_ id: Int) -> HourlyCost { HourlyCost(workloadID: id, usage: usage, cost: cost) }
}

extension StoredHour {
    init(_ hour: HourlyCost) { self.init(workloadID: hour.workloadID, hour: hour.usage.hour) }
}

extension HourlyCost {
    /// A row that says that it cost nothing.
    static func none(_ row: StoredHour) -> HourlyCost {
        let end = row.hour.adding(seconds: 3_600)
        return HourlyCost(
            workloadID: row.workloadID, usage: HourUsage(hour: row.hour, through: end, coveredSeconds: 3_600),
            cost: .zero)
    }
}
