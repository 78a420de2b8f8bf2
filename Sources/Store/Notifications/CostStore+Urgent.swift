internal import Base
package import Costs
package import Matching

/// A container that should be changed, as far as it is told to people.
package struct UrgentRecommendation: Sendable, Hashable {
    package let workload: WorkloadKey
    /// Empty: of the workload as a whole.
    package let container: String
    package let sizingClass: String
    package let entityRef: String?
    /// For all replicas and 730 hours, by the source that saves most.
    package let monthlySaving: Money
    package let reason: String
}

extension CostStore {
    /// Recommendations of some classes, or that save much; one for each container and class, those that save most first.
    ///
    /// - Parameters:
    ///   - minimumSaving: nil: saving is no reason.
    ///   - limit: further ones, of the latest workloads, are left out.
    /// - Throws: `StoreError`.
    package func urgentRecommendations(
        of scope: CostScope, classes: [SizingClass], minimumSaving: Money?, limit: Int
    ) async throws -> [UrgentRecommendation] {
        let query = RecommendationQuery(scope: scope)
        let values =
            Self.values(query) + [
                .texts(classes.map(\.rawValue)), .int(minimumSaving?.nanoDollars), .int(Int64(limit)),
            ]
        return try await pool.read { session in
            try session.run(
                """
                WITH \(Self.matching(scope)), urgent AS (
                    SELECT DISTINCT ON (workload_id, container, class) * FROM fitting
                    WHERE class = ANY ($7::text[]) OR monthly_saving >= $8::bigint
                    ORDER BY workload_id, container, class, monthly_saving DESC, source LIMIT $9::int)
                SELECT w.cluster, w.kind, w.namespace, w.name, r.container, r.class, o.entity_ref, r.monthly_saving,
                    r.reason
                FROM urgent r JOIN workload w ON w.id = r.workload_id \(presentOwner)
                ORDER BY r.monthly_saving DESC, r.workload_id, r.container, r.class
                """, values
            ).map(Self.urgent)
        }
    }

    private static func urgent(_ row: SQLRow) throws -> UrgentRecommendation {
        UrgentRecommendation(
            workload: try WorkloadStore.key(row, from: 0), container: row.text(4) ?? "",
            sizingClass: try row.required(5), entityRef: row.text(6),
            monthlySaving: Money(nanoDollars: row.int(7) ?? 0), reason: row.text(8) ?? "")
    }
}
