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
        let exclusion = EntitySelection.exclusion(of: selection.tests)
        var parts: [String] = []
        if selection.tests.isEmpty || exclusion?.kept.isEmpty == true {
            let ids = statement.ids(keys)
            parts.append("SELECT key_id, original, entities AS n FROM entity_term WHERE key_id = ANY(\(ids))")
        }
        if let exclusion, exclusion.kept.isEmpty {
            parts.append(counts(selection, exclusion.leftOut.conjuncts, keys, sign: "-", &statement))
        } else if !selection.tests.isEmpty {
            parts.append(counts(selection, selection.tests, keys, &statement))
        }
        let source = parts.joined(separator: " UNION ALL ")
        return """
            SELECT k.key, s.original, sum(s.n)::bigint FROM (\(source)) s JOIN entity_key k ON k.id = s.key_id
            GROUP BY k.key, s.original HAVING sum(s.n) > 0 ORDER BY 3 DESC, s.original
            """
    }

    /// Counts of the terms of the keys among entities that pass the tests.
    private func counts(
        _ selection: EntitySelection, _ tests: [IndexTest], _ keys: [IndexedKey], sign: String = "",
        _ statement: inout IndexStatement
    ) -> String {
        let named = Dictionary(grouping: keys, by: { ExactText($0.key) }).values
        let single = named.filter(\.areSingle).map { "(\(IndexStatement.firstTerm(of: $0)))" }
        let several = named.filter { !$0.areSingle }.flatMap(\.self)
        var parts: [String] = []
        if !single.isEmpty {
            let matching = selection.matching(tests, &statement)
            parts.append(
                "SELECT u.t FROM (SELECT i.terms, i.keys FROM \(matching)) i, "
                    + "LATERAL (VALUES \(single.joined(separator: ", "))) u (t)")
        }
        if !several.isEmpty {
            let matching = selection.matching(tests, &statement)
            parts.append(
                "SELECT u.t FROM (SELECT i.terms, i.keys FROM \(matching)) i, unnest(i.terms, i.keys) u (t, k) "
                    + "WHERE u.k = ANY(\(statement.ids(several)))")
        }
        return """
            SELECT t.key_id, t.original, \(sign)c.n FROM entity_term t JOIN (
                SELECT u.t, count(*) AS n FROM (\(parts.joined(separator: " UNION ALL "))) u WHERE u.t <> 0 GROUP BY u.t
            ) c ON c.t = t.id
            """
    }
}
