internal import Catalog

/// What the index is to hold of one entity: the rows of its search walk in their order, without those that tell of a null
/// beside values.
struct IndexEntry: Sendable {
    let ref: String
    let rows: [SearchRow]

    init(ref: String, rows: [SearchRow]) {
        self.ref = ref
        let valued = Set(rows.lazy.filter { $0.originalValue != nil }.map(\.key))
        self.rows = rows.filter { $0.originalValue != nil || !valued.contains($0.key) }
    }

    /// In lower case, as it begins the ref.
    var kind: String { String(ref.prefix { $0 != ":" }) }
}

/// One term of an entity with the key that it is a value of.
struct IndexItem: Sendable, Hashable {
    /// Stands for no value at all.
    static let noTerm: Int64 = 0

    let term: Int64
    let key: Int64
}
