package import Base

/// An hour of a cluster.
package struct ClusterHour: Sendable, Hashable {
    package let cluster: String
    /// When it begins.
    package let hour: Timestamp

    package init(cluster: String, hour: Timestamp) { (self.cluster, self.hour) = (cluster, hour) }
}

/// Which row of a source's hours.
package struct StoredHour: Sendable, Hashable {
    package let workloadID: Int
    package let hour: Timestamp

    package init(workloadID: Int, hour: Timestamp) { (self.workloadID, self.hour) = (workloadID, hour) }
}

extension CostStore {
    /// Which money that no workload is charged for a source has in these hours.
    ///
    /// - Throws: `StoreError`.
    package func remainderHours(of source: CostSource, in hours: Set<ClusterHour>) async throws -> Set<StoredHour> {
        let rows = hours.map { ["cluster": .string($0.cluster), "hour": .string($0.hour.rfc3339)] as JSONValue }
        return try await pool.read { session in
            let found = try session.run(
                """
                SELECT c.workload_id, \(microseconds("c.hour"))
                FROM jsonb_to_recordset($2::jsonb) AS r(cluster text, hour timestamptz)
                JOIN workload w ON w.cluster = r.cluster AND starts_with(w.kind, '__')
                JOIN cost_hourly c ON c.hour = r.hour AND c.workload_id = w.id
                WHERE c.source = $1::smallint
                """, [.int(source.rawValue), .json(.array(rows))]
            ).map { row in row.time(1).map { StoredHour(workloadID: Int(row.int(0) ?? 0), hour: $0) } }
            return Set(found.compactMap { $0 })
        }
    }
}
