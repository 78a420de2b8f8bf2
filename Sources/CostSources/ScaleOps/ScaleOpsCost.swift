internal import Base
package import Costs

/// The time that a cost report covers, up to now.
package enum ScaleOpsRange: String, Sendable, CaseIterable {
    case week = "7d"
    case month = "30d"
    case quarter = "90d"

    package var hours: Int64 {
        switch self {
        case .week: 7 * 24
        case .month: 30 * 24
        case .quarter: 90 * 24
        }
    }
}

/// What a workload cost: one row of `/detailedCostReport/getWorkloads`.
package struct ScaleOpsCost: Sendable, Hashable {
    package let id: String?
    package let name: String?
    /// Over the range.
    package let total: Money?
    /// For an hour; from the total where ScaleOps says nothing or zero, which it does while the total is not zero.
    package let hourly: Money?
    /// Of 100.
    package let spotPercent, onDemandPercent: Double?
    /// Of all replicas together.
    package let spotHours, onDemandHours: Double?
    /// Over the range.
    package let savingsAvailable: Money?

    /// Nil when the row does not say which workload it is about.
    init?(_ row: inout ScaleOpsRow, range: ScaleOpsRange) {
        (id, name) = (row.text("id"), row.text("workloadName"))
        guard id != nil || name != nil else { return nil }
        total = row.money("totalCost")
        let said = row.money("hourlyCost").flatMap { $0 == .zero ? nil : $0 }
        hourly = said ?? total?.scaled(by: 1, over: range.hours)
        (spotPercent, onDemandPercent) = (row.number("spotPercent"), row.number("onDemandPercent"))
        (spotHours, onDemandHours) = (row.number("spotHours"), row.number("onDemandHours"))
        savingsAvailable = row.money("savingsAvailable")
    }
}

/// Finds the costs of workloads among those of their group: ScaleOps matches labels more loosely there, so there are others
/// too. Ids differ in letter case between the two; where one is missing, the name decides.
struct ScaleOpsCostIndex {
    private let rows: [Shared<ScaleOpsCost>]
    /// Positions in `rows`.
    private var byID: [String: Int] = [:]
    private var byName: [String: Int] = [:]
    private var byNameWithoutID: [String: Int] = [:]

    init(_ rows: [Shared<ScaleOpsCost>]) {
        self.rows = rows
        for (position, row) in rows.enumerated().reversed() {
            if let id = row.id { byID[id.lowercased()] = position }
            guard let name = row.name else { continue }
            byName[name] = position
            if row.id == nil { byNameWithoutID[name] = position }
        }
    }

    func cost(of workload: ScaleOpsWorkload) -> Shared<ScaleOpsCost>? {
        position(of: workload).map { rows[$0] }
    }

    private func position(of workload: ScaleOpsWorkload) -> Int? {
        guard let id = workload.id else { return byName[workload.name] }
        return byID[id.lowercased()] ?? byNameWithoutID[workload.name]
    }
}
