internal import Catalog

/// The rows of one page, read in the way that looks at fewest: either along the order, passing over entities that do not
/// match, or all that match, which are sorted then.
struct EntityRows {
    /// An entity with the value that it is sorted by.
    struct Row {
        let entity: StoredEntity
        let sortValue: String?
    }

    let selection: EntitySelection
    /// How many match; a guess will do.
    let matches: Int
    /// The key to sort by in each kind; nil: by ref.
    let sortKeys: [IndexedKey]?
    let isDescending: Bool
    /// Where the page begins: after `[sort value, ref]`, or `[ref]`; nil: at the start.
    let position: [String]?
    /// Nil: all of them.
    let limit: Int?
    let offset: Int

    /// More than every ref, in the order of bytes.
    private static let afterAllRefs = "\u{10FFFF}"

    func read(_ session: PostgresSession) throws -> [Row] {
        var statement = IndexStatement()
        let page = isWalk ? walk(&statement) : gathering(&statement)
        let text =
            """
            SELECT e.ref, e.document, e.etag, page.value FROM (\(page)\(pageEnd(&statement))) page
                JOIN entity e ON e.ref = page.ref
            ORDER BY \(ordering("page"))
            """
        return try session.runOnce(text, statement.values).map { row in
            Row(entity: try CatalogStore.stored(row), sortValue: row.text(3))
        }
    }

    /// Whether following the order until the page is full looks at fewer entities than all that may match.
    private var isWalk: Bool {
        if selection.tests.allSatisfy({ isImplied($0) }) { return true }
        guard let reach else { return selection.cost >= selection.population / 4 }
        let share = Double(selection.population) / Double(max(matches, 1))
        return Double(reach) * share <= Double(selection.cost)
    }

    /// Whether following the order makes sure of it by itself.
    private func isImplied(_ test: IndexTest) -> Bool {
        guard let keys = sortKeys?.filter({ $0.valued > 0 }) else { return false }
        return test == .value(keys) || test == .key(keys)
    }

    /// How many rows of the order the page reaches to, its own included; nil: to the end.
    private var reach: Int? {
        limit.flatMap { limit in
            let (sum, isTooLarge) = limit.addingReportingOverflow(max(offset, 0))
            return isTooLarge ? nil : sum
        }
    }

    private func pageEnd(_ statement: inout IndexStatement) -> String {
        var text = " ORDER BY \(ordering("m"))"
        if let limit { text += " LIMIT \(statement.parameter(.int(Int64(limit)), as: "bigint"))" }
        if offset > 0 { text += " OFFSET \(statement.parameter(.int(Int64(offset)), as: "bigint"))" }
        return text
    }

    private func reachEnd(_ statement: inout IndexStatement) -> String {
        reach.map { " LIMIT \(statement.parameter(.int(Int64($0)), as: "bigint"))" } ?? ""
    }

    private func ordering(_ table: String) -> String {
        (sortKeys == nil ? "" : "\(table).value \(direction), ") + "\(table).ref \(direction)"
    }

    private var direction: String { isDescending ? "DESC" : "ASC" }
    private var beyond: String { isDescending ? "<" : ">" }

    /// Everything that matches and lies in the page's direction.
    private func gathering(_ statement: inout IndexStatement) -> String {
        var value = "NULL::text"
        if let sortKeys, !sortKeys.isEmpty {
            value = IndexStatement.firstValue(of: sortKeys)
        }
        let matching = "SELECT i.ref, \(value) AS value FROM \(selection.matching(&statement))"
        var text = "SELECT m.ref, m.value FROM (\(matching)) m"
        if let position {
            let key = sortKeys == nil ? "m.ref" : "(m.value, m.ref)"
            let place = position.map { statement.parameter(.text($0), as: "text") }.joined(separator: ", ")
            text += " WHERE \(key) \(beyond) (\(place))"
        }
        return text
    }

    private func walk(_ statement: inout IndexStatement) -> String {
        sortKeys.map { walk(along: $0, &statement) } ?? walkByRef(&statement)
    }

    /// The values of a key follow each other in the index of terms, and the entities of a value in that of postings; each
    /// kind has its own, and the first of each kind are merged.
    private func walk(along keys: [IndexedKey], _ statement: inout IndexStatement) -> String {
        let ids = statement.ids(keys)
        let tests = selection.tests.filter { !isImplied($0) }
        var after = ("", "")
        if let position, position.count == 2 {
            let value = statement.parameter(.text(position[0]), as: "text")
            let ref = statement.parameter(.text(position[1]), as: "text")
            let all = isDescending ? statement.parameter(.text(Self.afterAllRefs), as: "text") : "''"
            after = (
                " AND t.value \(beyond)= \(value)",
                " AND p.ref \(beyond) CASE WHEN t.value = \(value) THEN \(ref) ELSE \(all) END"
            )
        }
        // As a value, so that it is worked out for one entity after the other, whatever PostgreSQL thinks of its chances.
        let conditions =
            tests.isEmpty
            ? "" : " AND (SELECT \(statement.conditions(tests)) FROM entity_index i WHERE i.ref = p.ref)"
        let end = reachEnd(&statement)
        return """
            SELECT m.ref, m.value FROM unnest(\(ids)) l (key_id), LATERAL (
                SELECT t.value, o.ref FROM entity_term t, LATERAL (
                    SELECT p.ref FROM entity_posting p
                    WHERE p.term = t.id AND p.is_first\(conditions)\(after.1) ORDER BY p.ref \(direction)\(end)
                ) o
                WHERE t.key_id = l.key_id\(after.0) ORDER BY t.value \(direction), o.ref \(direction)\(end)
            ) m
            """
    }

    private func walkByRef(_ statement: inout IndexStatement) -> String {
        // `IS TRUE` keeps PostgreSQL from looking for all that match first, whatever it thinks of their number.
        var conditions = "(\(statement.conditions(selection.tests))) IS TRUE"
        if let ref = position?.first {
            conditions += " AND i.ref \(beyond) \(statement.parameter(.text(ref), as: "text"))"
        }
        guard let kinds = selection.kinds else {
            return
                "SELECT m.ref, m.value FROM (SELECT i.ref, NULL::text AS value FROM entity_index i WHERE \(conditions)) m"
        }
        let list = statement.parameter(.texts(kinds), as: "text[]")
        let end = reachEnd(&statement)
        return """
            SELECT m.ref, m.value FROM unnest(\(list)) l (kind), LATERAL (
                SELECT i.ref, NULL::text AS value FROM entity_index i
                WHERE \(EntitySelection.isOfKind("i.ref", "l.kind")) AND \(conditions) ORDER BY i.ref \(direction)\(end)
            ) m
            """
    }
}
