internal import Base
package import Catalog

/// Which entities a client asks for, and which part of them.
package struct EntityQuery: Sendable {
    package var filter: EntityFilter?
    /// Only the first is used, as in Backstage.
    package var order: [OrderField] = []
    package var fullText: FullTextFilter?
    /// Nil: all of them.
    package var limit: Int?
    package var offset = 0
    /// Where to go on; then filter, order and text are those of the cursor, and there is no offset.
    package var cursor: QueryCursor?
    /// Whether all that match are counted; else the page says zero, unless the cursor knows.
    package var countsTotal = true

    package init() {}
}

/// One page of a listing.
package struct EntityPage: Sendable {
    package var items: [StoredEntity]
    package var totalItems: Int
    package var next: QueryCursor?
    package var previous: QueryCursor?

    /// What is given to whom nothing is shown.
    package static let empty = EntityPage(items: [], totalItems: 0)
}

/// A value of a facet with how many entities have it.
package struct FacetValue: Sendable {
    package let value: String
    package let count: Int64
}

extension CatalogStore {
    /// A page of entities. Without an order they come by ref. Entities that lack the order field are left out, as in
    /// Backstage since 1.51.
    ///
    /// - Throws: `StoreError`; `CatalogInputError` when the cursor's position does not fit its order, or the filter is too
    ///   large.
    package func query(_ query: EntityQuery) async throws -> EntityPage {
        let listing = try EntityListing(query)
        return try await pool.read { session in try listing.page(session) }
    }

    /// The values of facets among the entities that match, the most frequent first.
    ///
    /// - Returns: by facet name in lower case.
    /// - Throws: `StoreError`; `CatalogInputError` when the filter is too large.
    package func facets(_ names: [String], filter: EntityFilter?) async throws -> [String: [FacetValue]] {
        var values: [SQLValue] = [.texts(Set(names.map { $0.lowercased() }))]
        let condition = try filter.map { SQLCondition(try $0.bounded, values: &values).text } ?? "true"
        let statement =
            """
            SELECT k, v, count(*)
            FROM entity, unnest($1::text[]) AS k, jsonb_array_elements_text(search -> k) AS v
            WHERE \(condition) GROUP BY k, v ORDER BY count(*) DESC, v
            """
        return try await pool.read { [values] session in
            var facets: [String: [FacetValue]] = [:]
            for (name, value) in try session.runOnce(statement, values).map({ row in
                (try row.required(0), FacetValue(value: try row.required(1), count: row.int(2) ?? 0))
            }) {
                facets[name, default: []].append(value)
            }
            return facets
        }
    }
}

/// A filter as an SQL condition on `entity.tokens`, which the GIN index answers.
struct SQLCondition {
    let text: String

    /// - Parameter values: the statement's parameters, to which those of the filter are added.
    init(_ filter: EntityFilter, values: inout [SQLValue]) {
        text = Self.text(filter, &values)
    }

    private static func text(_ filter: EntityFilter, _ values: inout [SQLValue]) -> String {
        switch filter {
        case .match(let key, nil):
            values.append(.texts([SearchTokens.exists(key)]))
            return "tokens @> $\(values.count)::text[]"
        case .match(let key, let wanted?):
            values.append(.texts(wanted.map { SearchTokens.equals(key, $0) }))
            return "tokens && $\(values.count)::text[]"
        case .prefix(let key, let prefix):
            values.append(.texts([SearchTokens.exists(key)]))
            let existence = "tokens @> $\(values.count)::text[]"
            values.append(.text(SearchTokens.equals(key, prefix)))
            return "\(existence) AND EXISTS (SELECT FROM unnest(tokens) t WHERE starts_with(t, $\(values.count)))"
        case .allOf(let filters): return joined(filters, " AND ", empty: "true", &values)
        case .anyOf(let filters): return joined(filters, " OR ", empty: "false", &values)
        case .not(let filter): return "NOT (\(text(filter, &values)))"
        }
    }

    private static func joined(
        _ filters: [EntityFilter], _ connective: String, empty: String, _ values: inout [SQLValue]
    ) -> String {
        guard !filters.isEmpty else { return empty }
        var parts: [String] = []
        for filter in filters { parts.append("(\(text(filter, &values)))") }
        return parts.joined(separator: connective)
    }
}

/// Reads one page by keyset: rows after, or before, a position in the order.
private struct EntityListing {
    private let query: EntityQuery
    private let filter: EntityFilter?
    private let order: OrderField?
    private let fullText: FullTextFilter?
    private let cursor: QueryCursor?

    init(_ query: EntityQuery) throws(CatalogInputError) {
        self.query = query
        cursor = query.cursor
        filter = try (cursor.map(\.filter) ?? query.filter)?.bounded
        order = (cursor?.orderFields ?? query.order).first
        fullText = cursor.map(\.fullTextFilter) ?? query.fullText
        if let cursor, cursor.orderFieldValues.count != (order == nil ? 1 : 2) {
            throw CatalogInputError(.cursor, "Malformed cursor: orderFieldValues does not fit orderFields")
        }
    }

    func page(_ session: PostgresSession) throws -> EntityPage {
        let total = try cursor?.totalItems ?? (query.countsTotal ? count(session) : nil)
        guard query.limit != 0 else { return EntityPage(items: [], totalItems: total ?? 0) }
        var rows = try rows(session)
        let isPrevious = cursor?.isPrevious ?? false
        // A forward page reads one row more than it shows, to know whether there is a next one.
        let hasMore = query.limit.map { rows.count > $0 } ?? false
        if hasMore { rows.removeLast() }
        if isPrevious { rows.reverse() }
        var page = EntityPage(items: rows.map(\.entity), totalItems: total ?? 0)
        guard let first = rows.first, let last = rows.last else { return page }
        let origin = cursor?.firstSortFieldValues ?? position(first)
        if hasMore || isPrevious { page.next = place(last, isPrevious: false, origin, total) }
        let isAtStart = cursor == nil && query.offset == 0
        if !isAtStart, position(first) != origin { page.previous = place(first, isPrevious: true, origin, total) }
        return page
    }

    private struct Row {
        let entity: StoredEntity
        let sortValue: String?
    }

    private func position(_ row: Row) -> [String?] {
        order == nil ? [row.entity.ref] : [row.sortValue, row.entity.ref]
    }

    private func place(_ row: Row, isPrevious: Bool, _ origin: [String?], _ total: Int?) -> QueryCursor {
        var cursor = QueryCursor(
            orderFields: order.map { [$0] } ?? [], orderFieldValues: position(row), isPrevious: isPrevious)
        cursor.filter = filter
        cursor.fullTextFilter = fullText
        cursor.firstSortFieldValues = origin
        cursor.totalItems = total
        return cursor
    }

    private func count(_ session: PostgresSession) throws -> Int {
        var values: [SQLValue] = []
        let rows = try session.runOnce("SELECT count(*) FROM entity WHERE \(conditions(&values))", values)
        return Int(rows.first { $0.int(0) ?? 0 } ?? 0)
    }

    private func conditions(_ values: inout [SQLValue]) -> String {
        var parts: [String] = []
        if let filter { parts.append("(\(SQLCondition(filter, values: &values).text))") }
        if let order { parts.append("search ? \(parameter(order.field.lowercased(), &values))") }
        if let fullText, !fullText.term.trimmedASCII.isEmpty {
            // Tokens are in lower case already; the database's own lower() depends on its locale.
            let fields = fullText.fields ?? [order?.field ?? "metadata.uid"]
            values.append(.texts(fields.map { SearchTokens.equals($0, "") }))
            let keys = "unnest($\(values.count)::text[]) k"
            let term = parameter(fullText.term.trimmedASCII.lowercased(), &values)
            parts.append(
                """
                EXISTS (SELECT FROM unnest(tokens) t, \(keys)
                    WHERE starts_with(t, k) AND position(\(term)::text IN substr(t, length(k) + 1)) > 0)
                """)
        }
        return parts.isEmpty ? "true" : parts.joined(separator: " AND ")
    }

    private func parameter(_ text: String, _ values: inout [SQLValue]) -> String {
        values.append(.text(text))
        return "$\(values.count)"
    }

    private func rows(_ session: PostgresSession) throws -> [Row] {
        var values: [SQLValue] = []
        var conditions = conditions(&values)
        let sort = order.map { "lower(search -> \(parameter($0.field.lowercased(), &values)) ->> 0) COLLATE \"C\"" }
        let key = sort.map { "(\($0), ref)" } ?? "ref"
        let isPrevious = cursor?.isPrevious ?? false
        let isDescending = (order?.direction == .descending) != isPrevious
        if let position = cursor?.orderFieldValues {
            let parameters = position.map { parameter($0 ?? "", &values) }.joined(separator: ", ")
            conditions += " AND \(key) \(isDescending ? "<" : ">") (\(parameters))"
        }
        let direction = isDescending ? "DESC" : "ASC"
        let ordering = (sort.map { "\($0) \(direction), " } ?? "") + "ref \(direction)"
        var statement =
            "SELECT ref, document, etag, \(sort ?? "NULL") FROM entity WHERE \(conditions) ORDER BY \(ordering)"
        if let limit = query.limit {
            values.append(.int(Int64(isPrevious || limit == .max ? limit : limit + 1)))
            statement += " LIMIT $\(values.count)::bigint"
        }
        if query.offset > 0, cursor == nil {
            values.append(.int(Int64(query.offset)))
            statement += " OFFSET $\(values.count)::bigint"
        }
        return try session.runOnce(statement, values).map { row in
            Row(entity: try CatalogStore.stored(row), sortValue: row.text(3))
        }
    }
}

extension String {
    /// Without spaces, tabs and line breaks at both ends.
    fileprivate var trimmedASCII: String {
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" || character.isNewline }
        let start = firstIndex { !isBlank($0) } ?? endIndex
        let end = lastIndex { !isBlank($0) }.map(index(after:)) ?? start
        return String(self[start..<end])
    }
}
