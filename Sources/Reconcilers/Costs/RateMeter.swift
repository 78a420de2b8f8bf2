internal import Base
internal import Costs
internal import Matching
internal import Store

/// Makes hours of cost of what a source says that workloads cost an hour. Pure. An hour in which it was asked counts up to
/// that moment; the one before is completed when it was asked in both, and hours in which it was not asked stay as they are.
struct RateMeter {
    /// In seconds; who was not asked for longer than that said nothing of the time between.
    let longestPause: Int64
    /// Up to when hours are written, by workload.
    private var written: [Int: Timestamp] = [:]

    init(longestPause: Int64) { self.longestPause = longestPause }

    /// The hours that end or go on at this moment.
    ///
    /// - Parameter stored: up to when an earlier process wrote, by cluster.
    func hours(of rates: [WorkloadRate], stored: [String: Timestamp], at now: Timestamp) -> [HourlyCost] {
        rates.flatMap { rate -> [HourlyCost] in
            let hours = begins(rate.workload, stored: stored, at: now).map { begin in
                stride(from: begin.startOfHour.microseconds, through: now.startOfHour.microseconds, by: 3_600_000_000)
            }
            return hours.map { $0.compactMap { Self.hour(Timestamp(microseconds: $0), of: rate, at: now) } } ?? []
        }
    }

    /// These rates are written up to this moment; others do not go on.
    mutating func wrote(_ rates: [WorkloadRate], at now: Timestamp) {
        written = Dictionary(rates.map { ($0.workload.id, now) }) { first, _ in first }
    }

    /// From when on the workload's hours are to be written; nil: it is not there yet.
    private func begins(_ workload: ChargeableWorkload, stored: [String: Timestamp], at now: Timestamp) -> Timestamp? {
        let before = written[workload.id] ?? stored[workload.key.cluster]
        let isContinued = before.map { $0 <= now && now.secondsSince($0) <= Double(longestPause) } ?? false
        let begin = max(
            isContinued ? before ?? now.startOfHour : now.startOfHour, workload.createdAt ?? Timestamp(seconds: 0))
        return begin < now ? begin : nil
    }

    private static func hour(_ hour: Timestamp, of rate: WorkloadRate, at now: Timestamp) -> HourlyCost? {
        let begin = max(hour, rate.workload.createdAt ?? hour)
        let end = min(hour.adding(seconds: 3_600), now)
        let seconds = Int64(end.secondsSince(begin))
        // What has no pods costs nothing, whatever it cost on average.
        guard seconds > 0, rate.workload.pods > 0, let total = rate.hourly.scaled(by: seconds, over: 3_600) else {
            return nil
        }
        let workload = rate.workload
        let usage = HourUsage(
            hour: hour, through: end, coveredSeconds: seconds, use: workload.capacity.held(forSeconds: seconds),
            podSeconds: Int64(workload.pods) * seconds, maximumPods: workload.pods)
        return HourlyCost(workloadID: workload.id, usage: usage, cost: split(total, rate.split).capped)
    }

    /// Where nothing is known of the ratio, all of it is CPU.
    private static func split(_ total: Money, _ ratio: ResourceCost) -> ResourceCost {
        let parts = total.apportioned(by: [ratio.cpu.nanoDollars, ratio.memory.nanoDollars]) ?? [total, .zero]
        return ResourceCost(cpu: parts[0], memory: parts[1])
    }
}
