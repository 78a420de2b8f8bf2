package import Base
package import Costs

/// A container of a stored workload.
package struct StoredContainer: Sendable, Hashable {
    package let workloadID: Int
    package let container: String

    package init(workloadID: Int, container: String) {
        self.workloadID = workloadID
        self.container = container
    }
}

/// What is to be written of some workloads' containers.
package struct SizingChanges: Sendable {
    /// Those that changed.
    package var histories: [StoredContainer: ContainerHistory] = [:]
    package var recommendations: [Recommendation] = []
    /// All containers that the workloads have now, by workload; what is stored of others goes.
    package var containers: [Int: Set<String>] = [:]

    package init() {}
}

/// The tables `container_histogram` and `recommendation`.
package struct SizingStore: Sendable {
    let pool: PostgresPool
    let leader: LeaderTransactions

    /// What is known of the containers of some workloads. A checkpoint that cannot be read is left out and told, since its
    /// container begins anew.
    ///
    /// - Throws: `StoreError`.
    package func histories(
        of workloads: [Int]
    ) async throws -> (histories: [StoredContainer: ContainerHistory], unreadable: [String]) {
        let rows = try await pool.read { session in
            try session.run(
                "SELECT workload_id, container, resource, checkpoint FROM container_histogram "
                    + "WHERE workload_id = ANY($1::int[])", [.ints(workloads.map(Int64.init))]
            ).map { row in
                (
                    StoredContainer(workloadID: Int(row.int(0) ?? 0), container: try row.required(1)),
                    try row.required(2), row.json(3)
                )
            }
        }
        var checkpoints: [StoredContainer: [String: JSONValue]] = [:]
        for (container, resource, json) in rows { checkpoints[container, default: [:]][resource] = json }
        var (histories, unreadable): ([StoredContainer: ContainerHistory], [String]) = ([:], [])
        for (container, found) in checkpoints {
            do throws(CheckpointError) {
                histories[container] = try ContainerHistory(cpu: found["cpu"], memory: found["memory"])
            } catch {
                unreadable.append("\(container.container) of workload \(container.workloadID): \(error)")
            }
        }
        return (histories, unreadable)
    }

    /// Writes what changed, and removes what the workloads do not have any more.
    ///
    /// - Parameter sources: whose rows of containers that are gone are removed.
    /// - Throws: `StoreError`; then nothing was written.
    package func write(_ changes: SizingChanges, sources: [Recommendation.Source] = [.vpa, .krr]) async throws {
        let checkpoints = JSONValue.array(changes.histories.flatMap(Self.rows))
        let containers = JSONValue.array(
            changes.containers.flatMap { id, names in
                names.map { ["workload_id": .int(Int64(id)), "container": .string($0)] }
            })
        let ids = SQLValue.ints(changes.containers.keys.map(Int64.init))
        try await leader.run { session in
            try session.run(Statement.checkpoints, [.json(checkpoints)])
            try Recommendation.write(changes.recommendations, .replace, session)
            try session.run(
                Statement.removeRecommendations, [ids, .json(containers), .texts(sources.map(\.rawValue))])
            _ = try session.run(Statement.removeHistories, [ids, .json(containers)])
        }
    }

    /// Removes what workloads of a cluster left that are gone: what was recommended at once, their histories when those
    /// have forgotten everything, since a workload may come back.
    ///
    /// - Throws: `StoreError`.
    package func removeGone(cluster: String, sources: [Recommendation.Source] = [.vpa, .krr]) async throws {
        try await leader.run { session in
            try session.run(
                """
                DELETE FROM recommendation r USING workload w
                WHERE w.id = r.workload_id AND w.cluster = $1 AND w.deleted_at IS NOT NULL AND r.source = ANY($2::text[])
                """, [.text(cluster), .texts(sources.map(\.rawValue))])
            _ = try session.run(
                """
                DELETE FROM container_histogram h USING workload w
                WHERE w.id = h.workload_id AND w.cluster = $1 AND w.deleted_at < now() - interval '8 days'
                """, [.text(cluster)])
        }
    }

    /// When a source last told of all containers of a cluster; nil: never.
    ///
    /// - Throws: `StoreError`.
    package func completedAt(_ source: Recommendation.Source, cluster: String) async throws -> Timestamp? {
        try await pool.read { session in
            try session.run(
                "SELECT \(microseconds("completed_at")) FROM sizing_round WHERE cluster = $1 AND source = $2",
                [.text(cluster), .text(source.rawValue)]
            ).first { $0.time(0) } ?? nil
        }
    }

    /// Notes that a source has told of all containers of a cluster.
    ///
    /// - Throws: `StoreError`.
    package func complete(_ source: Recommendation.Source, cluster: String, at moment: Timestamp) async throws {
        try await leader.run { session in
            _ = try session.run(
                """
                INSERT INTO sizing_round (cluster, source, completed_at) VALUES ($1, $2, $3::timestamptz)
                ON CONFLICT (cluster, source) DO UPDATE SET completed_at = excluded.completed_at
                """, [.text(cluster), .text(source.rawValue), .time(moment)])
        }
    }

    private static func rows(_ container: StoredContainer, _ history: ContainerHistory) -> [JSONValue] {
        [("cpu", history.cpuCheckpoint), ("memory", history.memoryCheckpoint)].compactMap { resource, checkpoint in
            checkpoint.map {
                [
                    "workload_id": .int(Int64(container.workloadID)), "container": .string(container.container),
                    "resource": .string(resource), "checkpoint": $0,
                ]
            }
        }
    }
}

extension SizingStore {
    private enum Statement {
        static let checkpoints =
            """
            INSERT INTO container_histogram AS old (workload_id, container, resource, checkpoint, changed_at)
            SELECT workload_id, container, resource, checkpoint, now() FROM jsonb_to_recordset($1::jsonb) AS r(
                workload_id int, container text, resource text, checkpoint jsonb)
            ON CONFLICT (workload_id, container, resource) DO UPDATE
            SET checkpoint = excluded.checkpoint, changed_at = excluded.changed_at
            WHERE old.checkpoint IS DISTINCT FROM excluded.checkpoint
            """

        /// EXCEPT and not NOT EXISTS, for the reason that `WorkloadStore` gives.
        private static func gone(_ table: String) -> String {
            """
            (workload_id, container) IN (
                SELECT workload_id, container FROM \(table) WHERE workload_id = ANY($1::int[])
                EXCEPT SELECT workload_id, container
                FROM jsonb_to_recordset($2::jsonb) AS c(workload_id int, container text))
            """
        }

        static let removeRecommendations =
            "DELETE FROM recommendation WHERE source = ANY($3::text[]) AND \(gone("recommendation"))"

        static let removeHistories = "DELETE FROM container_histogram WHERE \(gone("container_histogram"))"
    }
}
