package import Base
package import Costs
package import Store

/// Somebody else who says what workloads cost: ScaleOps, OpenCost. `CostFeedLoop` asks and writes.
package protocol CostFeed: Sendable {
    var source: CostSource { get }

    /// Workloads that are gone for no longer than that many seconds may still be charged, so it is asked of clusters alone
    /// whose workloads are all known. Nil: it speaks of the present.
    var lookBackSeconds: Int64? { get }

    /// Asks once. What cannot be had is told in the answer; the rest is there.
    ///
    /// - Parameters:
    ///   - workloads: those that run, or are gone no longer than `lookBackSeconds`; nobody is charged for others.
    ///   - through: up to when it was complete, by cluster.
    func poll(_ workloads: [ChargeableWorkload], through: [String: Timestamp], at now: Timestamp) async -> CostPoll

    /// What the last poll said is written.
    func wrote() async
}

extension CostFeed {
    package func wrote() async {}
}

/// What a source said when it was asked.
package struct CostPoll: Sendable {
    /// What it said of a cluster.
    package struct Cluster: Sendable, Equatable {
        /// Rows of which Callboard has no workload.
        package var unmatched = 0
        /// Rows and fields that could not be read.
        package var malformed = 0
        /// What of the cluster is missing and why; nil: nothing.
        package var error: String?
        /// Up to when it is complete; nil: until now, when there is no error.
        package var through: Timestamp?

        package init() {}
    }

    /// What workloads cost an hour; those that it has no fresh figure for are left out.
    package var rates: [WorkloadRate] = []
    /// What workloads cost in whole hours, where the source knows hours.
    package var hours: [HourlyCost] = []
    /// The same of money that no workload is charged for.
    package var remainders: [RemainderHour] = []
    /// The hours of which everything is told: what was written of them as such money and is not told again is none.
    package var toldHours: Set<ClusterHour> = []
    package var advice: [any CostAdvice] = []
    /// By Callboard's names; those that it said nothing of are left out.
    package var clusters: [String: Cluster] = [:]
    /// Why it may have said nothing of others.
    package var failures: [String] = []
    /// When to ask again; nil: after the loop's interval.
    package var next: Duration?

    package init() {}
}

/// What a source recommends for a workload. Rows are made when they are written, since all of them take much memory, and
/// only where the source says something else than before.
package protocol CostAdvice: Sendable {
    var workloadID: Int { get }
    /// Another one when the row is another, in this process.
    var fingerprint: Int { get }
    func recommendation(at now: Timestamp) -> Recommendation
}

/// What a workload costs an hour at the moment.
package struct WorkloadRate: Sendable {
    package let workload: ChargeableWorkload
    package let hourly: Money
    /// In which ratio it is CPU and memory.
    package let split: ResourceCost

    package init(workload: ChargeableWorkload, hourly: Money, split: ResourceCost) {
        (self.workload, self.hourly, self.split) = (workload, hourly, split)
    }
}
