package import Base
package import Costs

/// How the prices that a cluster's nodes have from OpenCost's metrics fare.
package struct NodePriceState: Sendable, Hashable {
    package let cluster: String
    /// When prices came last; nil: never.
    package let toldAt: Timestamp?
    /// Nodes of the last answer.
    package let nodes: Int64
    /// Nodes whose price was not told in the last two hours and stays what it was.
    package let outdated: Int64
    /// Nil when all is well.
    package let error: String?

    package init(cluster: String, toldAt: Timestamp?, nodes: Int64, outdated: Int64, error: String?) {
        self.cluster = cluster
        self.toldAt = toldAt
        self.nodes = nodes
        self.outdated = outdated
        self.error = error
    }
}

extension CostStore {
    /// What OpenCost's metrics said last of the nodes of a cluster.
    ///
    /// - Throws: `StoreError`.
    package func exportedPrices(cluster: String) async throws -> [String: ExportedNodePrice] {
        try await pool.read { session in
            let pairs = try session.run(
                """
                SELECT node, per_core_hour, per_gib_hour, per_gpu_hour, per_hour, is_spot FROM exported_node_price
                WHERE cluster = $1
                """, [.text(cluster)]
            ).map { row in
                func number(_ column: Int32) -> Double? { row.text(column).flatMap { Double($0) } }
                let price = ExportedNodePrice(
                    perCoreHour: number(1), perGiBHour: number(2), perGPUHour: number(3), perHour: number(4),
                    isSpot: row.text(5) == nil ? nil : row.bool(5))
                return (try row.required(0), price)
            }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
    }

    /// Keeps what was told of nodes, and how that fared. What nothing was told of stays as it is, until the node is gone for
    /// a day.
    ///
    /// - Parameter error: what was wrong with the answer, or why there was none.
    /// - Throws: `StoreError`; then nothing was written.
    package func write(
        exported prices: [String: ExportedNodePrice], error: String?, at moment: Timestamp, cluster: String
    ) async throws {
        let rows = SQLValue.json(.array(prices.map(Self.row)))
        let told = prices.isEmpty ? nil : moment
        try await leader.run { session in
            try session.run(Self.upsertExported, [rows, .text(cluster), .time(moment)])
            try session.run(Self.deleteExported, [.text(cluster), .time(moment)])
            try session.run(
                Self.noteSource, [.text(cluster), .time(told), .int(Int64(prices.count)), .text(error)])
        }
    }

    /// Nobody asks for these prices any more.
    ///
    /// - Throws: `StoreError`.
    package func forgetExportedPrices(cluster: String) async throws {
        try await leader.run { try Self.forgetExportedPrices(cluster, $0) }
    }

    static func forgetExportedPrices(_ cluster: String, _ session: PostgresSession) throws {
        try session.run("DELETE FROM exported_node_price WHERE cluster = $1", [.text(cluster)])
        try session.run("DELETE FROM node_price_source WHERE cluster = $1", [.text(cluster)])
    }

    /// - Throws: `StoreError`.
    package func nodePriceStates(now: Timestamp) async throws -> [NodePriceState] {
        try await pool.read { session in
            try session.run(
                """
                SELECT s.cluster, \(microseconds("s.told_at")), s.nodes, s.error,
                    (SELECT count(*) FROM exported_node_price p JOIN price_book b USING (cluster, node)
                        WHERE p.cluster = s.cluster AND p.seen_at < $1::timestamptz - interval '2 hours')
                FROM node_price_source s ORDER BY s.cluster
                """, [.time(now)]
            ).map { row in
                NodePriceState(
                    cluster: try row.required(0), toldAt: row.time(1), nodes: row.int(2) ?? 0,
                    outdated: row.int(4) ?? 0, error: row.text(3))
            }
        }
    }

    private static func row(_ node: String, _ price: ExportedNodePrice) -> JSONValue {
        func number(_ value: Double?) -> JSONValue { value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null }
        return [
            "node": .string(node), "per_core_hour": number(price.perCoreHour), "per_gib_hour": number(price.perGiBHour),
            "per_gpu_hour": number(price.perGPUHour), "per_hour": number(price.perHour),
            "is_spot": price.isSpot.map { .bool($0) } ?? .null,
        ]
    }

    private static let upsertExported =
        """
        INSERT INTO exported_node_price AS old
            (cluster, node, per_core_hour, per_gib_hour, per_gpu_hour, per_hour, is_spot, seen_at)
        SELECT $2, node, per_core_hour, per_gib_hour, per_gpu_hour, per_hour, is_spot,
            date_trunc('hour', $3::timestamptz, 'UTC')
        FROM jsonb_to_recordset($1::jsonb) AS r(node text, per_core_hour float8, per_gib_hour float8, per_gpu_hour float8,
            per_hour float8, is_spot boolean)
        ON CONFLICT (cluster, node) DO UPDATE
        SET (per_core_hour, per_gib_hour, per_gpu_hour, per_hour, is_spot, seen_at) = ROW (excluded.per_core_hour,
            excluded.per_gib_hour, excluded.per_gpu_hour, excluded.per_hour, excluded.is_spot, excluded.seen_at)
        WHERE old IS DISTINCT FROM excluded
        """

    private static let deleteExported =
        """
        DELETE FROM exported_node_price p WHERE cluster = $1 AND seen_at < $2::timestamptz - interval '1 day'
            AND NOT EXISTS (SELECT FROM price_book b WHERE b.cluster = p.cluster AND b.node = p.node)
        """

    private static let noteSource =
        """
        INSERT INTO node_price_source AS old (cluster, told_at, nodes, error) VALUES ($1, $2::timestamptz, $3::int, $4)
        ON CONFLICT (cluster) DO UPDATE SET told_at = coalesce(excluded.told_at, old.told_at), nodes = excluded.nodes,
            error = excluded.error
        """
}
