package import Base
package import Costs
package import Matching

/// The tables of the costs.
package struct CostStore: Sendable {
    /// The row of `cost_source` for Callboard's own estimate.
    package static let estimate = CostSource.estimate.rawValue

    let pool: PostgresPool
    let leader: LeaderTransactions

    /// Writes hours as they stand now; rows that say the same already are left alone. Writing twice changes nothing. The
    /// days of rows that changed are noted, to be rolled up again.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(_ hours: [HourlyCost], source: CostSource = .estimate) async throws {
        let rows = JSONValue.array(hours.map(Self.row))
        let days = Set(hours.map(\.usage.hour.startOfDay))
        try await leader.run { session in
            for day in days.sorted() { try CostPartitions.make(session, day: day) }
            try session.run(Statement.upsert, [.json(rows), .int(source.rawValue)])
        }
    }

    /// The rows that stand for money that no workload is charged for, such as `WorkloadKey.idle`; made where there are none.
    ///
    /// - Throws: `StoreError`.
    package func remainders(_ keys: [WorkloadKey]) async throws -> [WorkloadKey: Int] {
        assert(keys.allSatisfy(\.isRemainder))
        let rows = keys.map { key -> JSONValue in
            [
                "cluster": .string(key.cluster), "kind": .string(key.kind), "namespace": .string(key.namespace),
                "name": .string(key.name),
            ]
        }
        return try await leader.run { session in
            try session.run(Statement.makeRemainders, [.json(.array(rows))])
            let pairs = try session.run(Statement.remainders, [.json(.array(rows))]).map { row in
                (try WorkloadStore.key(row, from: 0), Int(row.int(4) ?? 0))
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }

    /// Notes that a cluster's costs are complete up to a moment.
    ///
    /// - Throws: `StoreError`.
    package func complete(cluster: String, through: Timestamp, source: CostSource = .estimate) async throws {
        try await leader.run { session in
            _ = try session.run(Statement.watermark, [.int(source.rawValue), .text(cluster), .time(through)])
        }
    }

    /// The stored usage of an hour, by workload, for a controller that starts in the midst of it.
    ///
    /// - Throws: `StoreError`.
    package func usage(hour: Timestamp, cluster: String) async throws -> [WorkloadKey: HourUsage] {
        try await pool.read { session in
            let pairs = try session.run(Statement.usage, [.time(hour), .text(cluster), .int(Self.estimate)]).map {
                row in
                let usage = HourUsage(
                    hour: hour, through: row.time(4) ?? hour, coveredSeconds: row.int(5) ?? 0,
                    use: CapacityTime(millicoreSeconds: row.int(6) ?? 0, byteSeconds: row.int(7) ?? 0),
                    podSeconds: row.int(8) ?? 0, maximumPods: Int(row.int(9) ?? 0))
                return (try WorkloadStore.key(row, from: 0), usage)
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }

    private static func row(_ hourly: HourlyCost) -> JSONValue {
        let (usage, cost) = (hourly.usage, hourly.cost)
        func amount(_ money: Money) -> JSONValue { money == .zero ? .null : .int(money.nanoDollars) }
        return [
            "hour": .string(usage.hour.rfc3339), "cpu_cost": .int(cost.cpu.nanoDollars),
            "memory_cost": .int(cost.memory.nanoDollars), "gpu_cost": amount(cost.gpu),
            "storage_cost": amount(cost.storage), "network_cost": amount(cost.network),
            "load_balancer_cost": amount(cost.loadBalancer), "shared_cost": amount(cost.shared),
            "gpu_seconds": usage.use.gpuSeconds == 0 ? .null : .int(usage.use.gpuSeconds),
            "cpu_used_millicore_seconds": hourly.used.map { .int($0.millicoreSeconds) } ?? .null,
            "memory_used_byte_seconds": hourly.used.map { .int($0.byteSeconds) } ?? .null,
            "used_seconds": hourly.used.map { _ in .int(hourly.usedSeconds) } ?? .null,
            "price_quality": hourly.priceQuality.map { .string($0.rawValue) } ?? .null,
            "cpu_millicore_seconds": .int(usage.use.millicoreSeconds),
            "memory_byte_seconds": .int(usage.use.byteSeconds), "pod_seconds": .int(usage.podSeconds),
            "maximum_pods": .int(Int64(usage.maximumPods)), "covered_seconds": .int(usage.coveredSeconds),
            "through": .string(usage.through.rfc3339), "workload_id": .int(Int64(hourly.workloadID)),
        ]
    }
}

extension CostStore {
    private enum Statement {
        private static let measured =
            """
            cpu_cost, memory_cost, gpu_cost, storage_cost, network_cost, load_balancer_cost, shared_cost, \
            cpu_millicore_seconds, memory_byte_seconds, gpu_seconds, cpu_used_millicore_seconds, \
            memory_used_byte_seconds, used_seconds, pod_seconds, maximum_pods, covered_seconds, through, price_quality
            """

        private static func prefixed(_ name: String) -> String {
            measured.split(separator: ", ").map { "\(name).\($0)" }.joined(separator: ", ")
        }

        static let upsert =
            """
            WITH changed AS (
                INSERT INTO cost_hourly AS old (hour, workload_id, source, \(measured))
                SELECT hour, workload_id, $2::smallint, \(measured) FROM jsonb_to_recordset($1::jsonb) AS r(
                    hour timestamptz, workload_id int, cpu_cost bigint, memory_cost bigint, gpu_cost bigint,
                    storage_cost bigint, network_cost bigint, load_balancer_cost bigint, shared_cost bigint,
                    cpu_millicore_seconds bigint, memory_byte_seconds bigint, gpu_seconds bigint,
                    cpu_used_millicore_seconds bigint, memory_used_byte_seconds bigint, used_seconds int,
                    pod_seconds bigint, maximum_pods int, covered_seconds int, through timestamptz, price_quality text)
                ON CONFLICT (hour, workload_id, source) DO UPDATE SET (\(measured)) = ROW (\(prefixed("excluded")))
                WHERE (\(prefixed("old"))) IS DISTINCT FROM (\(prefixed("excluded")))
                RETURNING hour, workload_id)
            INSERT INTO cost_day_touched (day, cluster, source)
            SELECT DISTINCT date_trunc('day', c.hour, 'UTC'), w.cluster, $2::smallint
            FROM changed c JOIN workload w ON w.id = c.workload_id
            ON CONFLICT (day, cluster, source) DO UPDATE SET touched_at = now()
            """

        static let makeRemainders =
            """
            INSERT INTO workload (cluster, kind, namespace, name, uid, labels, template_labels, pods, restarts,
                cpu_request_millicores, memory_request_bytes, cpu_hourly_cost, memory_hourly_cost, deleted_at)
            SELECT cluster, kind, namespace, name, '', '{}', '{}', 0, 0, 0, 0, 0, 0, now()
            FROM jsonb_to_recordset($1::jsonb) AS r(cluster text, kind text, namespace text, name text)
            ON CONFLICT (cluster, kind, namespace, name) DO NOTHING
            """

        static let remainders =
            """
            SELECT w.cluster, w.kind, w.namespace, w.name, w.id
            FROM jsonb_to_recordset($1::jsonb) AS r(cluster text, kind text, namespace text, name text)
            JOIN workload w USING (cluster, kind, namespace, name)
            """

        static let watermark =
            """
            INSERT INTO ingest_watermark (source, cluster, through) VALUES ($1::smallint, $2, $3::timestamptz)
            ON CONFLICT (source, cluster) DO UPDATE SET through = greatest(ingest_watermark.through, excluded.through)
            """

        static let usage =
            """
            SELECT w.cluster, w.kind, w.namespace, w.name, \(microseconds("c.through")), c.covered_seconds,
                c.cpu_millicore_seconds, c.memory_byte_seconds, c.pod_seconds, c.maximum_pods
            FROM cost_hourly c JOIN workload w ON w.id = c.workload_id
            WHERE c.hour = $1::timestamptz AND w.cluster = $2 AND c.source = $3::smallint
            """
    }
}
