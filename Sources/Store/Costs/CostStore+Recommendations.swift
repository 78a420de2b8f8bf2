internal import Base
internal import Costs
internal import Matching

extension CostStore {
    /// Containers of which a recommendation meets the conditions, each with the word of every source, also of one that does
    /// not meet them: who disagrees is to be seen. What is said of the workload as a whole stands beside what is said of its
    /// containers.
    ///
    /// - Throws: `StoreError`.
    package func recommendations(_ query: RecommendationQuery) async throws -> RecommendationPage {
        let values = Self.values(query)
        return try await pool.read { session in
            let matching = Self.matching(query.scope)
            let totals = try session.run(
                """
                WITH \(matching)
                SELECT source, count(*), \(boundedSum("greatest(monthly_saving, 0)")),
                    (SELECT count(*) FROM (SELECT DISTINCT workload_id, container FROM fitting f WHERE \(Self.isItem)) c)
                FROM fitting GROUP BY source ORDER BY source
                """, values
            ).map { row in (try Self.total(row, owner: nil), Int(row.int(3) ?? 0)) }
            let rows = try session.run(
                """
                WITH \(matching), page AS (
                    SELECT workload_id, container, row_number() OVER (
                        ORDER BY max(monthly_saving) DESC, workload_id, container) AS place
                    FROM fitting f WHERE \(Self.isItem)
                    GROUP BY workload_id, container ORDER BY place LIMIT $7::int OFFSET $8::int)
                SELECT w.cluster, w.kind, w.namespace, w.name, page.container, o.entity_ref, \(Self.ownerOfEntity), \(Self.columns)
                FROM page JOIN recommendation r ON r.workload_id = page.workload_id AND (r.container IN (page.container, '') OR page.container = '')
                    AND ($4::text IS NULL OR r.source = $4)
                JOIN workload w ON w.id = r.workload_id \(presentOwner)
                ORDER BY page.place, r.container = page.container DESC, r.container, r.source
                """, values + [.int(Int64(query.limit)), .int(Int64(query.offset))]
            ).map { row in try Self.advice(row) }
            return RecommendationPage(
                containers: totals.first?.1 ?? 0, totals: totals.map(\.0), items: Self.joined(rows))
        }
    }

    /// What could be saved, by who owns the entities, the highest first.
    ///
    /// - Throws: `StoreError`.
    package func savingsByOwner(_ query: RecommendationQuery, limit: Int) async throws -> [SavingTotal] {
        let values = Self.values(query)
        return try await pool.read { session in
            try session.run(
                """
                WITH \(Self.matching(query.scope))
                SELECT r.source, count(*), \(boundedSum("greatest(r.monthly_saving, 0)")) AS saving, \(Self.ownerOfEntity) AS owner
                FROM fitting r JOIN workload w ON w.id = r.workload_id \(presentOwner)
                GROUP BY r.source, owner ORDER BY saving DESC, r.source, owner LIMIT $7::int
                """, values + [.int(Int64(limit))]
            ).map { try Self.total($0, owner: $0.text(3) ?? "") }
        }
    }

    static func values(_ query: RecommendationQuery) -> [SQLValue] {
        [
            query.scope.parameter, .int(query.minimumSaving?.nanoDollars), .text(query.sizing), .text(query.source),
            .int(query.workload.map { Int64($0) }), .text(query.container),
        ]
    }

    /// The workload as a whole is an item where none of its containers is.
    private static let isItem =
        """
        (f.container <> '' OR NOT EXISTS (SELECT FROM fitting o WHERE o.workload_id = f.workload_id AND o.container <> ''))
        """

    /// Of workloads that are gone nothing is said.
    static func matching(_ scope: CostScope) -> String {
        """
        fitting AS (
            SELECT r.* FROM recommendation r JOIN workload w ON w.id = r.workload_id \(scope.needsOwner ? presentOwner : "")
            WHERE w.deleted_at IS NULL AND \(scope.isOfWorkload)
                AND ($2::bigint IS NULL OR r.monthly_saving >= $2::bigint) AND ($3::text IS NULL OR r.class = $3)
                AND ($4::text IS NULL OR r.source = $4) AND ($5::int IS NULL OR r.workload_id = $5::int)
                AND ($6::text IS NULL OR r.container = $6))
        """
    }

    private static let ownerOfEntity =
        """
        (SELECT min(b.target_ref) FROM entity_relation b WHERE b.source_ref = o.entity_ref AND b.type = 'ownedBy')
        """

    private static let columns =
        """
        r.source, r.class, r.cpu_request_millicores, r.memory_request_bytes, r.cpu_limit_millicores, \
        r.memory_limit_bytes, r.cpu_recommended_millicores, r.memory_recommended_bytes, \
        r.cpu_recommended_limit_millicores, r.memory_recommended_limit_bytes, r.monthly_saving, r.confidence, r.reason, \
        r.samples, r.history_seconds, r.details, \(microseconds("r.computed_at")), \
        r.workload_id, r.container
        """

    private static func advice(_ row: SQLRow) throws -> ContainerAdvice {
        ContainerAdvice(
            workload: try WorkloadStore.key(row, from: 0), container: row.text(4) ?? "", entityRef: row.text(5),
            ownerRef: row.text(6), recommendations: [try recommendation(row, from: 7)])
    }

    private static func recommendation(_ row: SQLRow, from first: Int32) throws -> Recommendation {
        func resources(_ column: Int32) -> Recommendation.Resources {
            Recommendation.Resources(cpu: row.int(first + column), memory: row.int(first + column + 1))
        }
        guard let source = Recommendation.Source(rawValue: try row.required(first)),
            let sizing = SizingClass(rawValue: try row.required(first + 1))
        else { throw StoreError(code: .schema, detail: "a recommendation of an unknown source or class") }
        var found = Recommendation(
            workloadID: Int(row.int(first + 17) ?? 0), container: row.text(first + 18) ?? "", source: source,
            sizingClass: sizing, computedAt: row.time(first + 16) ?? Timestamp(seconds: 0))
        (found.requests, found.limits) = (resources(2), resources(4))
        (found.recommended, found.recommendedLimits) = (resources(6), resources(8))
        found.monthlySaving = Money(nanoDollars: row.int(first + 10) ?? 0)
        found.confidence = row.text(first + 11).flatMap { Double($0) } ?? 0
        found.reason = row.text(first + 12) ?? ""
        (found.samples, found.historySeconds) = (row.int(first + 13) ?? 0, row.int(first + 14) ?? 0)
        found.details = row.json(first + 15)?.objectValue ?? [:]
        return found
    }

    /// Rows of one container follow each other.
    private static func joined(_ rows: [ContainerAdvice]) -> [ContainerAdvice] {
        rows.reduce(into: []) { items, row in
            guard let last = items.last, last.workload == row.workload, last.container == row.container else {
                items.append(row)
                return
            }
            items[items.count - 1] = ContainerAdvice(
                workload: last.workload, container: last.container, entityRef: last.entityRef, ownerRef: last.ownerRef,
                recommendations: last.recommendations + row.recommendations)
        }
    }

    private static func total(_ row: SQLRow, owner: String?) throws -> SavingTotal {
        SavingTotal(
            source: try row.required(0), ownerRef: owner, containers: row.int(1) ?? 0,
            monthlySaving: Money(nanoDollars: row.int(2) ?? 0))
    }
}
