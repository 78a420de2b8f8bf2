internal import Base
internal import Costs
internal import Matching
internal import Store

/// Integrates what each workload of a cluster requests into hours of cost. Pure: it says what is to be written, and
/// keeps saying it until it is told that it was.
struct CostMeter {
    private struct Meter {
        var id: Int
        var integrator: UsageIntegrator
    }

    private let prices: PriceList
    private var meters: [WorkloadKey: Meter] = [:]
    /// Hours stored before this program started, for workloads that have not been seen since.
    private var stored: [WorkloadKey: HourUsage] = [:]
    /// Hours that are over, or whose workload is gone, and that are not known to be written.
    private var finished: [HourlyCost] = []

    init(prices: PriceList) { self.prices = prices }

    /// Takes the stored hour in progress, so that it is continued.
    mutating func resume(_ usage: [WorkloadKey: HourUsage]) { stored = usage }

    /// What the workload requests from now on.
    mutating func observe(_ workload: Workload, id: Int, at moment: Timestamp) {
        let capacity = RequestedCapacity(
            cpuMillicores: workload.requestedCPUMillicores, memoryBytes: workload.requestedMemoryBytes)
        var meter = meters[workload.key] ?? Meter(id: id, integrator: integrator(workload.key, at: moment))
        meter.id = id
        meter.integrator.set(capacity, pods: workload.podCount, at: moment)
        meters[workload.key] = meter
    }

    /// The workload is gone from now on.
    mutating func end(_ key: WorkloadKey, at moment: Timestamp) {
        guard var meter = meters.removeValue(forKey: key) else { return }
        meter.integrator.advance(to: moment)
        finished += hours(&meter)
        // The workload may come back within the hour, and its row must then go on.
        if let current = meter.integrator.current { stored[key] = current }
    }

    /// Everything to be written: the hours that are over since the last successful write, and those in progress.
    mutating func hours(at moment: Timestamp) -> [HourlyCost] {
        stored = stored.filter { $0.value.end > moment }
        var open: [HourlyCost] = []
        for (key, var meter) in meters {
            meter.integrator.advance(to: moment)
            finished += meter.integrator.takeCompleted().map { cost(meter.id, $0) }
            if let current = meter.integrator.current, current.coveredSeconds > 0 {
                open.append(cost(meter.id, current))
            }
            meters[key] = meter
        }
        return Self.latest(finished + open)
    }

    /// These hours have been written. One that went on meanwhile, because its workload ended, is still due.
    mutating func written(_ hours: [HourlyCost]) {
        var through: [Identity: Timestamp] = [:]
        for hour in hours { through[Identity(hour)] = hour.usage.through }
        finished.removeAll { hour in through[Identity(hour)].map { $0 >= hour.usage.through } ?? false }
    }

    /// An hour of a workload.
    private struct Identity: Hashable {
        let id: Int
        let hour: Timestamp

        init(_ hourly: HourlyCost) {
            id = hourly.workloadID
            hour = hourly.usage.hour
        }
    }

    /// One row for each hour of a workload: a workload that went and came back has its hour here twice, the later is complete.
    private static func latest(_ hours: [HourlyCost]) -> [HourlyCost] {
        var latest: [Identity: HourlyCost] = [:]
        for hour in hours { latest[Identity(hour)] = hour }
        return Array(latest.values)
    }

    private mutating func integrator(_ key: WorkloadKey, at moment: Timestamp) -> UsageIntegrator {
        guard let usage = stored.removeValue(forKey: key), usage.hour == moment.startOfHour else {
            return UsageIntegrator()
        }
        return UsageIntegrator(resuming: usage)
    }

    private func hours(_ meter: inout Meter) -> [HourlyCost] {
        var usages = meter.integrator.takeCompleted()
        if let current = meter.integrator.current, current.coveredSeconds > 0 { usages.append(current) }
        return usages.map { cost(meter.id, $0) }
    }

    private func cost(_ id: Int, _ usage: HourUsage) -> HourlyCost {
        HourlyCost(workloadID: id, usage: usage, cost: prices.cost(of: usage.use).capped)
    }
}
