internal import Base
internal import Catalog

/// The refs of the entities that match, by several fields in turn. Entities that lack a field come after those that have it, in
/// both directions, and what is equal in all fields comes by ref: the order of Backstage's old list.
struct OrderedRefs {
    private let filter: EntityFilter?
    private let fields: [OrderField]
    private let offset: Int
    private let limit: Int?

    /// Each costs a look at every entity that matches; lists of people's tools have one to three.
    private static let maximumFields = 16

    /// A field that comes a second time decides nothing.
    ///
    /// - Throws: when there are too many fields, or the filter is too large.
    init(_ query: EntityQuery) throws(CatalogInputError) {
        filter = try query.filter?.bounded
        var seen: Set<ExactText> = []
        fields = query.order.filter { seen.insert(ExactText($0.field.lowercased())).inserted }
        guard fields.count <= Self.maximumFields else {
            throw CatalogInputError(
                .order, "Invalid order parameter, expected at most \(Self.maximumFields) different fields")
        }
        offset = query.offset
        limit = query.limit
    }

    /// To be called within one snapshot of the database.
    func read(_ session: PostgresSession) throws -> [String] {
        let lookup = try IndexLookup(filter: filter, keys: fields.map(\.field), session)
        let selection = EntitySelection(filter: filter, lookup)
        if selection.count == 0 { return [] }
        var (columns, ordering) = ("", "")
        for (place, field) in fields.enumerated() {
            let keys = lookup.keys(field.field, in: selection.kinds).filter { $0.valued > 0 }
            guard !keys.isEmpty else { continue }
            columns += ", \(IndexStatement.firstValue(of: keys)) AS v\(place)"
            ordering += "m.v\(place) \(field.direction == .descending ? "DESC" : "ASC") NULLS LAST, "
        }
        var statement = IndexStatement()
        var text = "SELECT m.ref FROM (SELECT i.ref\(columns) FROM \(selection.matching(&statement))) m"
        text += " ORDER BY \(ordering)m.ref"
        if let limit { text += " LIMIT \(statement.parameter(.int(Int64(limit)), as: "bigint"))" }
        if offset > 0 { text += " OFFSET \(statement.parameter(.int(Int64(offset)), as: "bigint"))" }
        return try session.runOnce(text, statement.values).map { try $0.required(0) }
    }
}
