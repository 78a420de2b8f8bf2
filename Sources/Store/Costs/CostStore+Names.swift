extension CostStore {
    /// Whether costs, or relations of the catalog, speak of an entity that the catalog need not have: who is gone keeps the
    /// past, and owners are often not in the catalog at all.
    ///
    /// - Throws: `StoreError`.
    package func knows(ref: String) async throws -> Bool {
        try await pool.read { session in
            try session.run(
                """
                SELECT EXISTS (SELECT FROM entity_relation WHERE source_ref = $1)
                    OR EXISTS (SELECT FROM entity_workload WHERE entity_ref = $1)
                    OR EXISTS (SELECT FROM cost_attribution WHERE $1 IN (entity_ref, owner_ref, system_ref, domain_ref))
                """, [.text(ref)]
            ).first { $0.bool(0) } ?? false
        }
    }

    /// The words that there are for a scope, such as the names of namespaces, or refs of those who own something.
    ///
    /// - Throws: `StoreError`.
    package func words(of kind: CostScope.Kind) async throws -> [String] {
        guard let (column, source) = Self.words[kind] else { return [] }
        return try await pool.read { session in
            try session.run(
                """
                SELECT DISTINCT word COLLATE "C" FROM (
                    SELECT \(column) FROM cost_attribution UNION \(source)) AS known (word)
                WHERE word IS NOT NULL AND word <> '' ORDER BY 1 LIMIT \(Self.maximumWords)
                """
            ).map { try $0.required(0) }
        }
    }

    /// More words are not listed.
    private static let maximumWords = 20_000

    /// The column of `cost_attribution`, and where else such words are.
    private static let words: [CostScope.Kind: (String, String)] = [
        .owner: ("owner_ref", "SELECT target_ref FROM entity_relation WHERE type = 'ownedBy'"),
        .system: ("system_ref", "SELECT target_ref FROM entity_relation WHERE \(partOf) 'system:%'"),
        .domain: ("domain_ref", "SELECT target_ref FROM entity_relation WHERE \(partOf) 'domain:%'"),
        .namespace: ("namespace", "SELECT namespace FROM workload"), .cluster: ("cluster", "SELECT name FROM cluster"),
        .kind: ("entity_kind", "SELECT kind FROM entity_key"),
        .type: ("entity_type", "SELECT t.original \(terms) WHERE k.key = 'spec.type'"),
        .lifecycle: ("lifecycle", "SELECT t.original \(terms) WHERE k.key = 'spec.lifecycle'"),
    ]

    private static let partOf = "type = 'partOf' AND target_ref LIKE"
    private static let terms = "FROM entity_term t JOIN entity_key k ON k.id = t.key_id"
}
