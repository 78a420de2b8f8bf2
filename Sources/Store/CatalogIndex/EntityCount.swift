internal import Catalog

/// Counts the entities that pass tests: from the counts of the index where these tell it, else with as few rows as will do.
struct EntityCount {
    let selection: EntitySelection
    let session: PostgresSession

    func value() throws -> Int { try count(selection.tests) }

    private func count(_ tests: [IndexTest]) throws -> Int {
        if let count = selection.count(tests) { return count }
        // Only looking at everything shows what does not have something; what has it is found.
        if let (kept, leftOut) = EntitySelection.exclusion(of: tests), let all = selection.count(kept) {
            return all - (try count(IndexTest.allOf(kept + [leftOut]).conjuncts))
        }
        if case .text(let keys, let match) = tests.first, tests.count == 1, keys.areSingle {
            return try sum(of: keys, match)
        }
        var statement = IndexStatement()
        return try number("SELECT count(*) FROM \(selection.matching(tests, &statement))", statement.values)
    }

    /// No entity has two of the values, so that their counts can be added.
    private func sum(of keys: [IndexedKey], _ match: TextMatch) throws -> Int {
        var statement = IndexStatement()
        let ids = statement.ids(keys)
        let holds = statement.match(match, "value")
        return try number(
            "SELECT coalesce(sum(entities), 0)::bigint FROM entity_term WHERE key_id = ANY(\(ids)) AND \(holds)",
            statement.values)
    }

    private func number(_ text: String, _ values: [SQLValue]) throws -> Int {
        try session.runOnce(text, values).first { Int($0.int(0) ?? 0) } ?? 0
    }
}
