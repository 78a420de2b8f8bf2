internal import Catalog

/// Counts the values of facets among the entities that match.
struct FacetQuery: Sendable {
    /// In lower case.
    let names: Set<String>
    let filter: EntityFilter?

    /// - Returns: by name, the most frequent first.
    func values(_ session: PostgresSession) throws -> [String: [FacetValue]] {
        let lookup = try IndexLookup(filter: filter, keys: names.sorted(), session)
        let selection = EntitySelection(filter: filter, lookup)
        let keys = names.flatMap { lookup.keys($0, in: selection.kinds) }
        guard !keys.isEmpty, selection.count != 0 else { return [:] }
        var statement = IndexStatement()
        let text = text(selection, keys, &statement)
        var facets: [String: [FacetValue]] = [:]
        for (name, value) in try session.runOnce(text, statement.values).map({ row in
            (try row.required(0), FacetValue(value: try row.required(1), count: row.int(2) ?? 0))
        }) {
            facets[name, default: []].append(value)
        }
        return facets
    }

    private func text(_ selection: EntitySelection, _ keys: [IndexedKey], _ statement: inout IndexStatement) -> String {
        let ids = statement.ids(keys)
        let source: String
        if selection.tests.isEmpty {
            source = "SELECT key_id, original, entities AS n FROM entity_term WHERE key_id = ANY(\(ids))"
        } else {
            let matching = selection.matching(&statement)
            source =
                """
                SELECT t.key_id, t.original, c.n FROM entity_term t JOIN (
                    SELECT u.t, count(*) AS n FROM (SELECT i.terms, i.keys FROM \(matching)) m,
                        unnest(m.terms, m.keys) u (t, k)
                    WHERE u.k = ANY(\(ids)) GROUP BY u.t) c ON c.t = t.id
                """
        }
        return """
            SELECT k.key, s.original, sum(s.n)::bigint FROM (\(source)) s JOIN entity_key k ON k.id = s.key_id
            GROUP BY k.key, s.original ORDER BY 3 DESC, s.original
            """
    }
}
