internal import Base
internal import Catalog

/// An entity with the Location entities that led to it.
package struct AncestryItem: Sendable {
    package let entity: StoredEntity
    /// Where it is defined, `<type>:<target>`.
    package let location: String
    /// Refs, in order.
    package let parents: [String]
}

extension CatalogStore {
    /// More entities than any honest chain of Locations has.
    private static let maximumAncestors = 1_000

    /// The entity of a canonical ref, then the Location entities that lead to it, the nearest first.
    ///
    /// - Returns: nil when there is no such entity.
    /// - Throws: `StoreError`.
    package func ancestry(of ref: String) async throws -> [AncestryItem]? {
        try await pool.read { session in
            guard let entity = try Self.located("ref = $1", [.text(ref)], session).first else { return nil }
            var (items, next) = ([AncestryItem](), [entity])
            var seen: Set<String> = [ref]
            while let child = next.first, items.count < Self.maximumAncestors {
                let parents = try Self.parents(of: child, session)
                items.append(
                    AncestryItem(
                        entity: child.entity, location: child.location, parents: parents.map(\.entity.ref).sorted()))
                next = Array(next.dropFirst()) + parents.filter { seen.insert($0.entity.ref).inserted }
            }
            return items
        }
    }

    private struct Located {
        let entity: StoredEntity
        let location: String
        let definition: JSONValue?
    }

    /// The Location entities that point to where an entity is defined.
    private static func parents(of child: Located, _ session: PostgresSession) throws -> [Located] {
        // What is registered is nobody's child.
        guard LocationRef(registrationKey: child.location) == nil,
            let place = try? LocationRef(parsing: child.location)
        else { return [] }
        return try located(
            "ref IN (SELECT entity_ref FROM location_target WHERE target = $1)", [.text(place.description)], session
        ).filter { $0.entity.ref != child.entity.ref }
    }

    private static func located(
        _ condition: String, _ values: [SQLValue], _ session: PostgresSession
    ) throws -> [Located] {
        try session.run(
            "SELECT ref, document, etag, location, definition FROM entity WHERE \(condition) ORDER BY ref", values
        ).map { Located(entity: try stored($0), location: try $0.required(3), definition: $0.json(4)) }
    }
}
