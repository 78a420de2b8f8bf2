internal import Catalog

/// Reads one page by keyset: entities after, or before, a position in the order.
struct EntityListing {
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

    /// To be called within one snapshot of the database.
    func page(_ session: PostgresSession) throws -> EntityPage {
        let text = fullText?.term.trimmedASCII.lowercased() ?? ""
        let fields = text.isEmpty ? [] : fullText?.fields ?? [order?.field ?? "metadata.uid"]
        let lookup = try IndexLookup(
            filter: filter, keys: [order?.field].compactMap(\.self), text: (.part(text), fields), session)
        let selection = EntitySelection(
            filter: filter, order: order?.field, text: text.isEmpty ? nil : text, fields: fields, lookup)
        let total =
            try cursor?.totalItems
            ?? (query.countsTotal ? EntityCount(selection: selection, session: session).value() : nil)
        guard query.limit != 0, selection.count != 0 else { return EntityPage(items: [], totalItems: total ?? 0) }
        let rows = EntityRows(
            selection: selection, matches: selection.count ?? total ?? selection.cost,
            sortKeys: order.map { lookup.keys($0.field, in: selection.kinds) },
            isDescending: (order?.direction == .descending) != (cursor?.isPrevious ?? false),
            position: cursor?.orderFieldValues.map { $0 ?? "" }, limit: rowLimit,
            offset: cursor == nil ? query.offset : 0)
        return page(try rows.read(session), total)
    }

    /// A forward page reads one row more than it shows, to know whether there is a next one.
    private var rowLimit: Int? {
        query.limit.map { limit in limit == .max || cursor?.isPrevious == true ? limit : limit + 1 }
    }

    private func page(_ read: [EntityRows.Row], _ total: Int?) -> EntityPage {
        var rows = read
        let isPrevious = cursor?.isPrevious ?? false
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

    private func position(_ row: EntityRows.Row) -> [String?] {
        order == nil ? [row.entity.ref] : [row.sortValue, row.entity.ref]
    }

    private func place(_ row: EntityRows.Row, isPrevious: Bool, _ origin: [String?], _ total: Int?) -> QueryCursor {
        var cursor = QueryCursor(
            orderFields: order.map { [$0] } ?? [], orderFieldValues: position(row), isPrevious: isPrevious)
        cursor.filter = filter
        cursor.fullTextFilter = fullText
        cursor.firstSortFieldValues = origin
        cursor.totalItems = total
        return cursor
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
