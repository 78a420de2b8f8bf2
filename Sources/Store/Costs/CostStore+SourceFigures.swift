package import Base
package import Costs
package import Matching

/// What a source would have a workload request as a whole: a row of `recommendation` without a container.
package struct WorkloadRecommendation: Sendable {
    package let workloadID: Int
    package var sizing: SizingClass
    /// What the source says that it requests; nil: it does not say.
    package var cpuRequestMillicores: Int64?
    package var memoryRequestBytes: Int64?
    package var cpuRecommendedMillicores: Int64?
    package var memoryRecommendedBytes: Int64?
    package var monthlySaving: Money
    package var reason: String
    /// Members that are left out keep their stored values.
    package var details: JSONObject

    package init(workloadID: Int, sizing: SizingClass, monthlySaving: Money, reason: String, details: JSONObject) {
        (self.workloadID, self.sizing, self.monthlySaving) = (workloadID, sizing, monthlySaving)
        (self.reason, self.details) = (reason, details)
    }
}

/// What a source says of a workload that matches an entity.
package struct LinkedDetails: Sendable {
    package let key: WorkloadKey
    package let isOwner: Bool
    /// `details` of its recommendation; nil: the source does not know the workload.
    package let details: JSONValue?
}

extension CostStore {
    /// Writes what a source says of workloads; rows that say the same already are left alone.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(recommendations: [WorkloadRecommendation], source: CostSource, at now: Timestamp) async throws {
        let rows = JSONValue.array(recommendations.map(Self.row))
        try await leader.run { session in
            _ = try session.run(Self.writeRecommendations, [.json(rows), .text(source.name), .time(now)])
        }
    }

    /// Removes what a source said of workloads in these clusters that it does not know any more.
    ///
    /// - Parameter known: ids of those that it knows.
    /// - Throws: `StoreError`; then nothing was removed.
    package func forgetRecommendations(
        of source: CostSource, in clusters: [String], except known: [Int]
    ) async throws {
        guard !clusters.isEmpty else { return }
        try await leader.run { session in
            _ = try session.run(
                """
                DELETE FROM recommendation r USING workload w
                WHERE r.source = $1 AND r.container = '' AND w.id = r.workload_id AND w.cluster = ANY($2::text[])
                    AND NOT EXISTS (SELECT FROM unnest($3::int[]) AS known(id) WHERE known.id = r.workload_id)
                """, [.text(source.name), .texts(clusters), .ints(known.map(Int64.init))])
        }
    }

    /// What a source says of the workloads that match an entity now, by cluster, namespace, kind and name.
    ///
    /// - Throws: `StoreError`.
    package func details(from source: CostSource, linkedTo entityRef: String) async throws -> [LinkedDetails] {
        try await pool.read { session in
            try session.run(
                """
                SELECT w.cluster, w.kind, w.namespace, w.name, e.is_owner, r.details
                FROM entity_workload e JOIN workload w ON w.id = e.workload_id
                LEFT JOIN recommendation r ON r.workload_id = w.id AND r.source = $2 AND r.container = ''
                WHERE e.entity_ref = $1 AND upper_inf(e.valid)
                ORDER BY w.cluster, w.namespace, w.kind, w.name
                """, [.text(entityRef), .text(source.name)]
            ).map { row in
                LinkedDetails(key: try WorkloadStore.key(row, from: 0), isOwner: row.bool(4), details: row.json(5))
            }
        }
    }

    private static func row(_ recommendation: WorkloadRecommendation) -> JSONValue {
        [
            "workload_id": .int(Int64(recommendation.workloadID)), "class": .string(recommendation.sizing.rawValue),
            "cpu_request_millicores": recommendation.cpuRequestMillicores.map(JSONValue.int) ?? .null,
            "memory_request_bytes": recommendation.memoryRequestBytes.map(JSONValue.int) ?? .null,
            "cpu_recommended_millicores": recommendation.cpuRecommendedMillicores.map(JSONValue.int) ?? .null,
            "memory_recommended_bytes": recommendation.memoryRecommendedBytes.map(JSONValue.int) ?? .null,
            "monthly_saving": .int(recommendation.monthlySaving.nanoDollars), "reason": .string(recommendation.reason),
            "details": .object(recommendation.details),
        ]
    }

    private static let said =
        """
        class, cpu_request_millicores, memory_request_bytes, cpu_recommended_millicores, memory_recommended_bytes, \
        monthly_saving, reason
        """

    private static func prefixed(_ name: String) -> String {
        said.split(separator: ", ").map { "\(name).\($0)" }.joined(separator: ", ")
    }

    /// A source that does not say how sure it is counts as sure.
    private static let writeRecommendations =
        """
        INSERT INTO recommendation AS old (workload_id, container, source, \(said), confidence, samples, history_seconds,
            details, computed_at)
        SELECT workload_id, '', $2, \(said), 1, 0, 0, details, $3::timestamptz
        FROM jsonb_to_recordset($1::jsonb) AS r(workload_id int, class text, cpu_request_millicores bigint,
            memory_request_bytes bigint, cpu_recommended_millicores bigint, memory_recommended_bytes bigint,
            monthly_saving bigint, reason text, details jsonb)
        ON CONFLICT (workload_id, container, source) DO UPDATE SET
            (\(said), details, computed_at) =
            ROW (\(prefixed("excluded")), old.details || excluded.details, excluded.computed_at)
        WHERE (\(prefixed("old")), old.details)
            IS DISTINCT FROM (\(prefixed("excluded")), old.details || excluded.details)
        """
}
