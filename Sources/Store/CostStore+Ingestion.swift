package import Base
package import Costs
package import Matching

/// How a source fared when it was last asked about a cluster: a row of `ingest_watermark`.
package struct IngestState: Sendable, Equatable {
    package let cluster: String
    /// Up to when what it says is complete; nil: it never was. Writing an earlier one, or nil, changes nothing.
    package var through: Timestamp?
    package var askedAt: Timestamp?
    /// What is missing and why; nil: it answered in full.
    package var error: String?
    /// Rows of which Callboard has no workload.
    package var unmatched: Int
    /// Rows and fields that could not be read.
    package var malformed: Int

    package init(
        cluster: String, through: Timestamp? = nil, askedAt: Timestamp?, error: String? = nil, unmatched: Int = 0,
        malformed: Int = 0
    ) {
        (self.cluster, self.through, self.askedAt) = (cluster, through, askedAt)
        (self.error, self.unmatched, self.malformed) = (error, unmatched, malformed)
    }
}

/// A workload that runs or ran lately, as far as others' costs of it need to know. An object, since it is long and goes
/// through many hands.
package final class ChargeableWorkload: Sendable {
    package let id: Int
    package let key: WorkloadKey
    /// Requested by its pods that have a node.
    package let capacity: RequestedCapacity
    /// What the capacity costs an hour by Callboard's own prices.
    package let hourlyCost: ResourceCost
    package let pods: Int
    package let createdAt: Timestamp?

    package init(
        id: Int, key: WorkloadKey, capacity: RequestedCapacity, hourlyCost: ResourceCost, pods: Int,
        createdAt: Timestamp?
    ) {
        (self.id, self.key, self.capacity) = (id, key, capacity)
        (self.hourlyCost, self.pods, self.createdAt) = (hourlyCost, pods, createdAt)
    }
}

extension CostStore {
    /// How a source fared, by cluster.
    ///
    /// - Throws: `StoreError`.
    package func ingestStates(of source: CostSource) async throws -> [IngestState] {
        try await pool.read { session in
            try session.run(
                """
                SELECT cluster, \(microseconds("through")), \(microseconds("asked_at")), error, unmatched, malformed
                FROM ingest_watermark WHERE source = $1::smallint ORDER BY cluster
                """, [.int(source.rawValue)]
            ).map { row in
                IngestState(
                    cluster: try row.required(0), through: row.time(1), askedAt: row.time(2), error: row.text(3),
                    unmatched: Int(row.int(4) ?? 0), malformed: Int(row.int(5) ?? 0))
            }
        }
    }

    /// Notes how a source fared.
    ///
    /// - Parameter forgotten: clusters that it never said anything of and that are not expected of it any more.
    /// - Throws: `StoreError`; then nothing was written.
    package func note(_ states: [IngestState], source: CostSource, forgetting forgotten: [String] = []) async throws {
        let rows = states.map { state -> JSONValue in
            [
                "cluster": .string(state.cluster), "through": state.through.map { .string($0.rfc3339) } ?? .null,
                "asked_at": state.askedAt.map { .string($0.rfc3339) } ?? .null,
                "error": state.error.map(JSONValue.string) ?? .null, "unmatched": .int(Int64(state.unmatched)),
                "malformed": .int(Int64(state.malformed)),
            ]
        }
        guard !states.isEmpty || !forgotten.isEmpty else { return }
        try await leader.run { session in
            try session.run(Self.noteStates, [.json(.array(rows)), .int(source.rawValue)])
            try session.run(
                """
                DELETE FROM ingest_watermark
                WHERE source = $1::smallint AND cluster = ANY($2::text[]) AND through IS NULL
                """, [.int(source.rawValue), .texts(forgotten)])
        }
    }

    private static let noteStates =
        """
        INSERT INTO ingest_watermark AS old (source, cluster, through, asked_at, error, unmatched, malformed)
        SELECT $2::smallint, cluster, through, asked_at, error, unmatched, malformed
        FROM jsonb_to_recordset($1::jsonb) AS r(cluster text, through timestamptz, asked_at timestamptz, error text,
            unmatched int, malformed int)
        ON CONFLICT (source, cluster) DO UPDATE SET through = greatest(old.through, excluded.through),
            (asked_at, error, unmatched, malformed) =
                ROW (excluded.asked_at, excluded.error, excluded.unmatched, excluded.malformed)
        """

    /// Every workload that runs.
    ///
    /// - Parameter moment: those that went since then too, but of clusters alone whose workloads have once been known
    ///   completely; nil: none that went.
    /// - Throws: `StoreError`.
    package func chargeableWorkloads(goneSince moment: Timestamp?) async throws -> [ChargeableWorkload] {
        try await pool.read { session in
            try session.run(
                """
                SELECT cluster, kind, namespace, name, id, cpu_request_millicores, memory_request_bytes,
                    cpu_hourly_cost, memory_hourly_cost, pods, \(microseconds("created_at"))
                FROM workload w
                WHERE CASE WHEN $1::timestamptz IS NULL THEN deleted_at IS NULL
                    ELSE (deleted_at IS NULL OR deleted_at > $1::timestamptz) AND NOT starts_with(kind, '__')
                        AND EXISTS (
                            SELECT FROM ingest_watermark m
                            WHERE m.cluster = w.cluster AND m.source = $2::smallint AND m.through IS NOT NULL) END
                """, [.time(moment), .int(Self.estimate)]
            ).map { row in
                ChargeableWorkload(
                    id: Int(row.int(4) ?? 0), key: try WorkloadStore.key(row, from: 0),
                    capacity: RequestedCapacity(cpuMillicores: row.int(5) ?? 0, memoryBytes: row.int(6) ?? 0),
                    hourlyCost: ResourceCost(
                        cpu: Money(nanoDollars: row.int(7) ?? 0), memory: Money(nanoDollars: row.int(8) ?? 0)),
                    pods: Int(row.int(9) ?? 0), createdAt: row.time(10))
            }
        }
    }
}
