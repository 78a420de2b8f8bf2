package import Base
internal import Costs
package import Matching

/// The tables of the costs.
package struct CostStore: Sendable {
    /// The row of `cost_source` for Callboard's own estimate.
    package static let estimate = CostSource.estimate.rawValue

    let pool: PostgresPool
    let leader: LeaderTransactions

    /// Writes hours as they stand now; rows that say the same already are left alone. Writing twice changes nothing. The
    /// days of rows that changed are noted, to be rolled up again. Hours that are so old that their like were dropped are
    /// passed over: they are in the roll-ups alone.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(_ hours: [HourlyCost], source: CostSource = .estimate) async throws {
        try await leader.run { try Self.put(hours, source: source, replacing: .everything, $0) }
    }

    /// Which rows hours may replace.
    enum Replacing: String {
        case everything = "true"
        /// What was estimated of the past.
        case backfilled = "old.price_quality = 'backfilled'"
    }

    static func put(
        _ hours: [HourlyCost], source: CostSource, replacing: Replacing, _ session: PostgresSession
    ) throws {
        let horizon = try horizon(session)
        for day in Set(hours.map(\.usage.hour.startOfDay)).sorted() where day >= horizon {
            try CostPartitions.make(session, day: day)
        }
        try session.run(Statement.incoming)
        try session.copy(
            into: "incoming_cost (hour, workload_id, \(Statement.measured))", HourlyCost.copyText(hours))
        try session.run(Statement.upsert(replacing), [.int(source.rawValue), .time(horizon)])
    }

    /// From when on hours are kept.
    static func horizon(_ session: PostgresSession) throws -> Timestamp {
        let statement = "SELECT \(microseconds("max(hourly_from)")) FROM cost_horizon"
        return (try session.run(statement).first { $0.time(0) } ?? nil) ?? Timestamp(seconds: 0)
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
}

extension CostStore {
    private enum Statement {
        static let measured = HourlyCost.columns.joined(separator: ", ")

        private static func prefixed(_ name: String) -> String {
            HourlyCost.columns.map { "\(name).\($0)" }.joined(separator: ", ")
        }

        /// What was written lately comes here first, because COPY knows no conflicts.
        static let incoming =
            """
            CREATE TEMPORARY TABLE IF NOT EXISTS incoming_cost (
                hour timestamptz, workload_id int, cpu_cost bigint, memory_cost bigint, gpu_cost bigint,
                storage_cost bigint, network_cost bigint, load_balancer_cost bigint, shared_cost bigint,
                cpu_millicore_seconds bigint, memory_byte_seconds bigint, gpu_seconds bigint,
                cpu_used_millicore_seconds bigint, memory_used_byte_seconds bigint, used_seconds int,
                pod_seconds bigint, maximum_pods int, covered_seconds int, through timestamptz, price_quality text
            ) ON COMMIT DELETE ROWS
            """

        static func upsert(_ replacing: Replacing) -> String {
            """
            WITH changed AS (
                INSERT INTO cost_hourly AS old (hour, workload_id, source, \(measured))
                SELECT hour, workload_id, $1::smallint, \(measured) FROM incoming_cost WHERE hour >= $2::timestamptz
                ON CONFLICT (hour, workload_id, source) DO UPDATE SET (\(measured)) = ROW (\(prefixed("excluded")))
                WHERE \(replacing.rawValue) AND (\(prefixed("old"))) IS DISTINCT FROM (\(prefixed("excluded")))
                RETURNING hour, workload_id)
            INSERT INTO cost_day_touched AS old (day, cluster, source, from_hour)
            SELECT date_trunc('day', c.hour, 'UTC'), w.cluster, $1::smallint, min(c.hour)
            FROM changed c JOIN workload w ON w.id = c.workload_id GROUP BY 1, 2
            ON CONFLICT (day, cluster, source) DO UPDATE
            SET (touched_at, from_hour) = (clock_timestamp(), least(old.from_hour, excluded.from_hour))
            """
        }

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
    }
}
