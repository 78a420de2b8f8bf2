internal import Base
internal import Catalog

/// How much the catalog holds.
package struct CatalogCounts: Sendable, Equatable {
    /// Documents that are not used, by the code of the reason.
    package var problems: [String: Int] = [:]
    package var orphans = 0
    /// By kind, in lower case.
    package var entities: [String: Int] = [:]
    /// As the entities show them, by type in lower case.
    package var relations: [String: Int] = [:]
    package var registeredLocations = 0

    package init() {}
}

extension CatalogStore {
    /// Counts. Entities and relations are those of the index, so it costs the same however many there are.
    ///
    /// - Throws: `StoreError`.
    package func counts() async throws -> CatalogCounts {
        try await pool.read { session in
            func pairs(_ statement: String) throws -> [String: Int] {
                let rows = try session.run(statement).map { (try $0.required(0), Int($0.int(1) ?? 0)) }
                return Dictionary(rows) { $0 + $1 }
            }
            func number(_ statement: String) throws -> Int {
                Int(try session.run(statement).first { $0.int(0) ?? 0 } ?? 0)
            }
            var counts = CatalogCounts()
            counts.problems = try pairs("SELECT code, count(*) FROM catalog_problem GROUP BY code")
            counts.orphans = try number("SELECT count(*) FROM entity WHERE orphan")
            counts.entities = try pairs("SELECT kind, present FROM entity_key WHERE key = 'kind' AND present > 0")
            counts.relations = try pairs(
                """
                SELECT substr(key, 11), sum(postings) FROM entity_key
                WHERE starts_with(key, 'relations.') AND postings > 0 GROUP BY key
                """)
            counts.registeredLocations = try number("SELECT count(*) FROM registered_location")
            return counts
        }
    }
}
