package import Base
internal import Costs
package import Matching

extension CostStore {
    /// The hour of a cluster as the estimate has it so far, remainders included, for a controller that starts in the midst
    /// of it.
    ///
    /// - Throws: `StoreError`.
    package func hours(_ hour: Timestamp, cluster: String) async throws -> [WorkloadKey: HourlyCost] {
        try await pool.read { session in
            let pairs = try session.run(Self.resuming, [.time(hour), .text(cluster), .int(Self.estimate)]).map {
                row in (try WorkloadStore.key(row, from: 0), Self.hourly(row, hour))
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }

    private static let resuming =
        """
        SELECT w.cluster, w.kind, w.namespace, w.name, w.id, \(microseconds("c.through")), c.covered_seconds,
            c.cpu_millicore_seconds, c.memory_byte_seconds, c.gpu_seconds, c.pod_seconds, c.maximum_pods,
            c.cpu_cost, c.memory_cost, c.gpu_cost, c.storage_cost, c.network_cost, c.load_balancer_cost, c.shared_cost,
            c.cpu_used_millicore_seconds, c.memory_used_byte_seconds, c.used_seconds, c.price_quality
        FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
        WHERE c.hour = $1::timestamptz AND w.cluster = $2 AND c.source = $3::smallint
        """

    private static func hourly(_ row: SQLRow, _ hour: Timestamp) -> HourlyCost {
        let usage = HourUsage(
            hour: hour, through: row.time(5) ?? hour, coveredSeconds: row.int(6) ?? 0,
            use: CapacityTime(
                millicoreSeconds: row.int(7) ?? 0, byteSeconds: row.int(8) ?? 0, gpuSeconds: row.int(9) ?? 0),
            podSeconds: row.int(10) ?? 0, maximumPods: Int(row.int(11) ?? 0))
        func money(_ column: Int32) -> Money { Money(nanoDollars: row.int(column) ?? 0) }
        let cost = ResourceCost(
            cpu: money(12), memory: money(13), gpu: money(14), storage: money(15), network: money(16),
            loadBalancer: money(17), shared: money(18))
        var hourly = HourlyCost(workloadID: Int(row.int(4) ?? 0), usage: usage, cost: cost)
        if let cpu = row.int(19), let memory = row.int(20), let seconds = row.int(21) {
            hourly.used = CapacityTime(millicoreSeconds: cpu, byteSeconds: memory)
            hourly.usedSeconds = seconds
        }
        hourly.priceQuality = row.text(22).flatMap { PriceQuality(rawValue: $0) }
        return hourly
    }
}
