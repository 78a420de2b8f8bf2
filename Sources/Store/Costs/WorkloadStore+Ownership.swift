package import Base
package import Matching

/// What is known of a workload that somebody names; nil: whatever it is.
package struct WorkloadPattern: Sendable, Hashable {
    package var cluster: String?
    package var namespace: String?
    /// In any letter case.
    package var kind: String?
    package var name: String

    package init(cluster: String? = nil, namespace: String? = nil, kind: String? = nil, name: String) {
        self.cluster = cluster
        self.namespace = namespace
        self.kind = kind
        self.name = name
    }
}

/// A workload that was found by a name.
package struct NamedWorkload: Sendable {
    package let id: Int
    package let key: WorkloadKey
    package let isPresent: Bool
    /// False when only its name is like the one that was asked for.
    package let isExact: Bool
}

/// A time in which a workload matched an entity.
package struct LinkPeriod: Sendable {
    package let entityRef: String
    package let rule: String
    package let matchedOn: String
    package let isOwner: Bool
    package let since: Timestamp
    /// Nil: it still does.
    package let until: Timestamp?
}

extension WorkloadStore {
    /// Workloads of the very name, or, when there is none, those whose name holds it; those that run come first.
    ///
    /// - Throws: `StoreError`.
    package func named(_ pattern: WorkloadPattern, limit: Int) async throws -> [NamedWorkload] {
        let found = try await pool.read { session in
            try session.run(
                """
                SELECT cluster, kind, namespace, name, id, deleted_at IS NULL, name = $1 FROM workload
                WHERE position($1 IN name) > 0 AND ($2::text IS NULL OR cluster = $2)
                    AND ($3::text IS NULL OR namespace = $3) AND ($4::text IS NULL OR lower(kind) = lower($4))
                    AND kind NOT LIKE '\\_\\_%'
                ORDER BY name <> $1, deleted_at IS NOT NULL, cluster, namespace, kind, name LIMIT $5::int
                """,
                [
                    .text(pattern.name), .text(pattern.cluster), .text(pattern.namespace), .text(pattern.kind),
                    .int(Int64(limit)),
                ]
            ).map { row in
                NamedWorkload(
                    id: Int(row.int(4) ?? 0), key: try Self.key(row, from: 0), isPresent: row.bool(5),
                    isExact: row.bool(6))
            }
        }
        return found.contains(where: \.isExact) ? found.filter(\.isExact) : found
    }

    /// The entities that a workload matched, the latest first.
    ///
    /// - Parameter moment: only those that it matched then; nil: at any time.
    /// - Throws: `StoreError`.
    package func links(of workload: Int, at moment: Timestamp?, limit: Int) async throws -> [LinkPeriod] {
        try await pool.read { session in
            try session.run(
                """
                SELECT entity_ref, rule, matched_on, is_owner, \(microseconds("lower(valid)")),
                    CASE WHEN NOT upper_inf(valid) THEN \(microseconds("upper(valid)")) END
                FROM entity_workload WHERE workload_id = $1::int AND ($2::timestamptz IS NULL OR valid @> $2::timestamptz)
                ORDER BY lower(valid) DESC, is_owner DESC, entity_ref LIMIT $3::int
                """, [.int(Int64(workload)), .time(moment), .int(Int64(limit))]
            ).map { row in
                LinkPeriod(
                    entityRef: try row.required(0), rule: try row.required(1), matchedOn: try row.required(2),
                    isOwner: row.bool(3), since: row.time(4) ?? Timestamp(microseconds: 0), until: row.time(5))
            }
        }
    }
}
