package import Base
package import Matching

/// A workload with what it costs an hour, as the reconciler writes it.
package struct WorkloadRecord: Sendable {
    package var workload: Workload
    /// Nano-dollars an hour for the requested CPU at the present prices.
    package var cpuHourlyCost: Int64
    /// Nano-dollars an hour for the requested memory at the present prices.
    package var memoryHourlyCost: Int64
    /// `metadata.creationTimestamp`
    package var createdAt: Timestamp?
    /// Every entity that matches it.
    package var links: [Link]

    package init(
        workload: Workload, cpuHourlyCost: Int64, memoryHourlyCost: Int64, createdAt: Timestamp?, links: [Link]
    ) {
        self.workload = workload
        self.cpuHourlyCost = cpuHourlyCost
        self.memoryHourlyCost = memoryHourlyCost
        self.createdAt = createdAt
        self.links = links
    }
}

/// The tables `cluster`, `workload` and `entity_workload`.
package struct WorkloadStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions

    /// Writes what was observed, in one transaction and only what differs from what is stored.
    ///
    /// - Parameters:
    ///   - present: workloads that exist, each with its whole set of links.
    ///   - gone: workloads that exist no more. Their rows stay for their costs; their links end.
    ///   - seen: the caches' versions, taken after the observation.
    ///   - asked: whose row ids are wanted; nil: of all of these.
    /// - Returns: the row ids of those asked for that are stored.
    /// - Throws: `StoreError`; then nothing was written.
    package func write(
        present: [WorkloadRecord], gone: [WorkloadKey], seen: CacheVersions? = nil, idsOf asked: [WorkloadKey]? = nil
    ) async throws -> [WorkloadKey: Int] {
        let rows = JSONValue.array(present.map(Self.row))
        let all = present.map(\.workload.key) + gone
        let keys = JSONValue.array(all.map(Self.keyRow))
        let asked = (asked ?? all).map(Self.keyRow)
        let goneKeys = JSONValue.array(gone.map(Self.keyRow))
        let links = JSONValue.array(
            present.flatMap { record in record.links.map { Self.row($0, record.workload.key) } })
        return try await leader.run { session in
            var changes = try session.run(Statement.upsert, [.json(rows)]).affected
            if !gone.isEmpty { changes += try session.run(Statement.markGone, [.json(goneKeys)]).affected }
            changes += try session.run(Statement.endLinks, [.json(keys), .json(links)]).affected
            changes += try session.run(Statement.beginLinks, [.json(links)]).affected
            // What changed nothing taught nothing.
            if let seen, changes > 0 { try Self.keep(seen, in: session) }
            return asked.isEmpty ? [:] : try Self.ids(session.run(Statement.ids, [.json(.array(asked))]))
        }
    }

    /// The row ids of a cluster's workloads that are stored as present.
    ///
    /// - Throws: `StoreError`.
    package func present(cluster: String) async throws -> [WorkloadKey: Int] {
        try await pool.read { session in
            try Self.ids(
                session.run(
                    "SELECT id, cluster, kind, namespace, name FROM workload WHERE cluster = $1 AND deleted_at IS NULL",
                    [.text(cluster)]))
        }
    }

    private static func ids(_ rows: SQLRows) throws -> [WorkloadKey: Int] {
        let pairs = try rows.map { row in (try key(row, from: 1), Int(row.int(0) ?? 0)) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Reads cluster, kind, namespace and name from four columns.
    static func key(_ row: SQLRow, from column: Int32) throws -> WorkloadKey {
        WorkloadKey(
            cluster: try row.required(column), kind: try row.required(column + 1),
            namespace: try row.required(column + 2), name: try row.required(column + 3))
    }

    private static func keyRow(_ key: WorkloadKey) -> JSONValue {
        [
            "cluster": .string(key.cluster), "kind": .string(key.kind), "namespace": .string(key.namespace),
            "name": .string(key.name),
        ]
    }

    private static func row(_ link: Link, _ key: WorkloadKey) -> JSONValue {
        guard case .object(var row) = keyRow(key) else { return .null }
        row["entity_ref"] = .string(link.entityRef)
        row["rule"] = .string(link.rule.rawValue)
        row["matched_on"] = .string(link.matchedOn.description)
        row["is_owner"] = .bool(link.isOwner)
        return .object(row)
    }

    private static func row(_ record: WorkloadRecord) -> JSONValue {
        let workload = record.workload
        guard case .object(var row) = keyRow(workload.key) else { return .null }
        row["uid"] = .string(workload.uid)
        row["labels"] = labels(workload.labels)
        row["template_labels"] = labels(workload.templateLabels ?? [:])
        row["replicas_desired"] = workload.desiredReplicas.map { .int(Int64($0)) } ?? .null
        row["replicas_ready"] = .int(Int64(workload.readyReplicas))
        row["pods"] = .int(Int64(workload.podCount))
        row["restarts"] = .int(Int64(workload.restarts))
        row["cpu_request_millicores"] = .int(workload.requestedCPUMillicores)
        row["memory_request_bytes"] = .int(workload.requestedMemoryBytes)
        row["cpu_hourly_cost"] = .int(record.cpuHourlyCost)
        row["memory_hourly_cost"] = .int(record.memoryHourlyCost)
        row["created_at"] = record.createdAt.map { .string($0.rfc3339) } ?? .null
        for (column, value) in workload.facts.row { row[column] = value }
        return .object(row)
    }

    private static func labels(_ labels: Labels) -> JSONValue {
        .object(JSONObject(labels.lazy.map { ($0.key, .string($0.value)) }))
    }
}

extension WorkloadStore {
    enum Statement {
        private static let observed =
            """
            uid, labels, template_labels, replicas_desired, replicas_ready, pods, restarts, cpu_request_millicores, \
            memory_request_bytes, cpu_hourly_cost, memory_hourly_cost, created_at, \
            \(WorkloadFacts.columns.map(\.name).joined(separator: ", "))
            """

        static let upsert =
            """
            INSERT INTO workload AS old (cluster, kind, namespace, name, \(observed))
            SELECT cluster, kind, namespace, name, \(observed) FROM jsonb_to_recordset($1::jsonb) AS r(
                cluster text, kind text, namespace text, name text, uid text, labels jsonb, template_labels jsonb,
                replicas_desired int, replicas_ready int, pods int, restarts bigint, cpu_request_millicores bigint,
                memory_request_bytes bigint, cpu_hourly_cost bigint, memory_hourly_cost bigint, created_at timestamptz,
                \(WorkloadFacts.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")))
            ON CONFLICT (cluster, kind, namespace, name) DO UPDATE SET
                (\(observed), changed_at, deleted_at) =
                ROW (\(observed.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")), now(), NULL)
            WHERE (\(observed.split(separator: ", ").map { "old.\($0)" }.joined(separator: ", ")), old.deleted_at)
                IS DISTINCT FROM
                (\(observed.split(separator: ", ").map { "excluded.\($0)" }.joined(separator: ", ")), NULL::timestamptz)
            """

        private static let keys =
            "jsonb_to_recordset($1::jsonb) AS k(cluster text, kind text, namespace text, name text)"

        /// A workload that is gone has no pods and costs nothing.
        private static let gone =
            """
            UPDATE workload SET deleted_at = now(), changed_at = now(), pods = 0, replicas_ready = 0,
                cpu_request_millicores = 0, memory_request_bytes = 0, cpu_hourly_cost = 0, memory_hourly_cost = 0,
                \(WorkloadFacts.reset)
            """

        static let endWorkloads = "\(gone) WHERE id = ANY($1::int[]) AND deleted_at IS NULL"

        static let endAllLinks =
            """
            UPDATE entity_workload e SET valid = \(ended)
            WHERE e.workload_id = ANY($1::int[]) AND upper_inf(e.valid)
            """

        static let markGone =
            """
            \(gone)
            FROM \(keys)
            WHERE (workload.cluster, workload.kind, workload.namespace, workload.name)
                = (k.cluster, k.kind, k.namespace, k.name) AND deleted_at IS NULL
            """

        static let ids =
            """
            SELECT w.id, w.cluster, w.kind, w.namespace, w.name FROM \(keys)
            JOIN workload w USING (cluster, kind, namespace, name)
            """

        private static let links =
            """
            AS l(cluster text, kind text, namespace text, name text, entity_ref text, rule text, matched_on text,
                is_owner boolean)
            """

        /// A range that ends now. It is never empty: what began in this very microsecond lasts for one.
        private static let ended =
            "tstzrange(lower(e.valid), greatest(now(), lower(e.valid) + interval '1 microsecond'))"

        /// Ends the present links of the given workloads that are not among the given links. EXCEPT hashes whatever the
        /// planner guesses of the parameters' sizes; NOT EXISTS made it compare each with each.
        static let endLinks =
            """
            WITH stale AS (
                SELECT e.workload_id, e.entity_ref, e.rule, e.matched_on, e.is_owner
                FROM \(keys) JOIN workload w USING (cluster, kind, namespace, name)
                JOIN entity_workload e ON e.workload_id = w.id AND upper_inf(e.valid)
                EXCEPT
                SELECT w.id, l.entity_ref, l.rule, l.matched_on, l.is_owner
                FROM jsonb_to_recordset($2::jsonb) \(links) JOIN workload w USING (cluster, kind, namespace, name)
            )
            UPDATE entity_workload e SET valid = \(ended) FROM stale s
            WHERE e.workload_id = s.workload_id AND e.entity_ref = s.entity_ref AND upper_inf(e.valid)
            """

        static let beginLinks =
            """
            INSERT INTO entity_workload (workload_id, entity_ref, rule, matched_on, is_owner, valid)
            SELECT w.id, l.entity_ref, l.rule, l.matched_on, l.is_owner, tstzrange(now(), NULL)
            FROM jsonb_to_recordset($1::jsonb) \(links)
            JOIN workload w USING (cluster, kind, namespace, name)
            WHERE NOT EXISTS (
                SELECT FROM entity_workload e
                WHERE e.workload_id = w.id AND e.entity_ref = l.entity_ref AND upper_inf(e.valid))
            """
    }
}
