internal import Base

extension CostStore {
    /// Says which source counts for each cluster where none is named.
    ///
    /// - Parameters:
    ///   - sources: by cluster.
    ///   - otherwise: for all other clusters of which this source has told something; of those of which it has not, the
    ///     estimate counts, so that a source that does not know a cluster does not make it free.
    /// - Throws: `StoreError`.
    package func setPrimary(_ sources: [String: CostSource], otherwise: CostSource) async throws {
        let rows = JSONValue.object(JSONObject(sources.map { ($0.key, .int($0.value.rawValue)) }))
        try await leader.run { session in
            _ = try session.run(Self.writePrimary, [.json(rows), .int(otherwise.rawValue)])
        }
    }

    private static let writePrimary =
        """
        INSERT INTO cost_primary AS old (cluster, source)
        SELECT c.name, coalesce(($1::jsonb ->> c.name)::smallint, CASE WHEN EXISTS (
            SELECT FROM ingest_watermark m WHERE m.cluster = c.name AND m.source = $2::smallint AND m.through IS NOT NULL
        ) THEN $2::smallint ELSE \(estimate) END) FROM (
            SELECT name FROM cluster UNION SELECT cluster FROM ingest_watermark
            UNION SELECT cluster FROM cost_attribution UNION SELECT jsonb_object_keys($1::jsonb)) c (name)
        ON CONFLICT (cluster) DO UPDATE SET source = excluded.source WHERE old.source <> excluded.source
        """
}
