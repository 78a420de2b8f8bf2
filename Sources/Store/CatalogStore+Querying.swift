internal import Base
package import Catalog

/// Which entities a client asks for, and which part of them.
package struct EntityQuery: Sendable {
    package var filter: EntityFilter?
    /// Pages of entities use only the first, as in Backstage; lists of refs use each in turn.
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
        return try await pool.read { session in try session.snapshot { try listing.page(session) } }
    }

    /// The refs of the entities that match, by each field of the order in turn, those that lack it last in both directions; then
    /// by ref. Of the query count filter, order, limit and offset.
    ///
    /// - Throws: `StoreError`; `CatalogInputError` when the order has too many fields, or the filter is too large.
    package func orderedRefs(_ query: EntityQuery) async throws -> [String] {
        let refs = try OrderedRefs(query)
        return try await pool.read { session in try session.snapshot { try refs.read(session) } }
    }

    /// The values of facets among the entities that match, the most frequent first.
    ///
    /// - Returns: by facet name in lower case.
    /// - Throws: `StoreError`; `CatalogInputError` when the filter is too large.
    package func facets(_ names: [String], filter: EntityFilter?) async throws -> [String: [FacetValue]] {
        let query = FacetQuery(names: Set(names.map { $0.lowercased() }), filter: try filter?.bounded)
        return try await pool.read { session in try session.snapshot { try query.values(session) } }
    }
}
