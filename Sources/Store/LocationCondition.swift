internal import Catalog

/// A predicate on registered locations as SQL. It looks at `id`, `type`, `target` and `entityRef`, in any letter case; other keys
/// are nowhere.
struct LocationCondition {
    /// The parameters so far.
    private(set) var values: [SQLValue] = []

    private static let columns = ["id": "id::text", "type": "type", "target": "target", "entityref": "entity_ref"]

    /// The condition of a `WHERE`; everything matches no filter.
    mutating func text(of filter: EntityFilter?) -> String {
        switch filter {
        case nil: "true"
        case .match(let key, let texts): match(Self.columns[key.lowercased()], texts)
        case .prefix(let key, let text):
            Self.columns[key.lowercased()].map { "starts_with(lower(\($0)), lower(\(parameter(.text(text), "text"))))" }
                ?? "false"
        case .allOf(let filters): joined(filters, " AND ", empty: "true")
        case .anyOf(let filters): joined(filters, " OR ", empty: "false")
        case .not(let inner): "NOT (\(text(of: inner)))"
        }
    }

    private mutating func match(_ column: String?, _ texts: [String]?) -> String {
        guard let column else { return "false" }
        guard let texts else { return "true" }
        return "lower(\(column)) IN (SELECT lower(v) FROM unnest(\(parameter(.texts(texts), "text[]"))) v)"
    }

    private mutating func joined(_ filters: [EntityFilter], _ connective: String, empty: String) -> String {
        var parts: [String] = []
        for filter in filters { parts.append("(\(text(of: filter)))") }
        return parts.isEmpty ? empty : parts.joined(separator: connective)
    }

    private mutating func parameter(_ value: SQLValue, _ type: String) -> String {
        values.append(value)
        return "$\(values.count)::\(type)"
    }
}
