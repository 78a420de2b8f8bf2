internal import Base
internal import Catalog

/// A place that the leader of the catalog is to read now.
package struct LocationToRead: Sendable, Hashable {
    package let location: String
    package let sourceID: Int
}

// What the API asks, from any replica, of whoever leads the catalog: kept in a table, so that it is done although nobody
// leads at the moment, and announced, so that it is done soon.
extension CatalogStore {
    /// Asks that these locations be read again.
    ///
    /// - Parameter subject: who asks.
    /// - Throws: `StoreError`.
    package func requestRefresh(of locations: Set<String>, by subject: String) async throws {
        try await request("refresh", locations, by: subject)
    }

    /// Asks that the entity of a uid be removed. Its location is read again afterwards, so what is still defined there
    /// comes back, with a new uid. A uid that no entity has is passed over.
    ///
    /// - Throws: `StoreError`.
    package func requestRemoval(uid: String, by subject: String) async throws {
        guard isUUID(uid) else { return }
        try await request("delete", [uid.lowercased()], by: subject)
    }

    func request(_ kind: String, _ names: Set<String>, by subject: String) async throws {
        try await pool.run { session in
            try session.transaction {
                try session.run(
                    """
                    INSERT INTO catalog_request (kind, subject, requested_by)
                    SELECT $1, name, $3 FROM unnest($2::text[]) AS name ON CONFLICT (kind, subject) DO NOTHING
                    """, [.text(kind), .texts(names.sorted()), .text(subject)])
                try CatalogFeed.announceRequest(registrations: [], in: session)
            }
        }
    }

    /// More than this are taken in a further transaction.
    private static let maximumTaken = 500

    /// Does what was asked: removes entities, and tells which locations are to be read now. What was asked is forgotten
    /// with that; a leader that ends before it has read them is followed by one that reads everything.
    ///
    /// - Returns: nil when nothing was asked.
    /// - Throws: `StoreError`.
    package func takeRequests() async throws -> [LocationToRead]? {
        try await leader.run { session in
            try CatalogIndexWriter(session: session).begin()
            let rows = try session.run(
                "SELECT id, kind, subject FROM catalog_request ORDER BY id LIMIT \(Self.maximumTaken) FOR UPDATE"
            ).map { (id: $0.int(0) ?? 0, kind: try $0.required(1), subject: try $0.required(2)) }
            guard !rows.isEmpty else { return nil }
            func subjects(_ kind: String) -> [String] { rows.filter { $0.kind == kind }.map(\.subject) }
            let removed = try Self.remove(uids: subjects("delete"), session)
            let forced = try subjects("force").compactMap { try Self.force($0, session) }
            let locations = Set(subjects("refresh") + forced).union(removed)
            try session.run(
                "DELETE FROM catalog_request WHERE id = ANY($1::bigint[])", [.texts(rows.map { String($0.id) })])
            return try session.run(
                "SELECT location, source_id FROM catalog_location WHERE location = ANY($1::text[]) ORDER BY location",
                [.texts(locations)]
            ).map { LocationToRead(location: try $0.required(0), sourceID: Int($0.int(1) ?? 0)) }
        }
    }

    /// - Returns: where the entities were defined, and where others of the same name are.
    private static func remove(uids: [String], _ session: PostgresSession) throws -> Set<String> {
        guard !uids.isEmpty else { return [] }
        let removed = try session.run(
            "SELECT ref, location FROM entity WHERE id = ANY($1::uuid[])", [.texts(uids)]
        ).map { (ref: try $0.required(0), location: try $0.required(1)) }
        let refs = Set(removed.map(\.ref))
        try CatalogIndexWriter(session: session).remove(refs)
        try session.run("DELETE FROM entity WHERE ref = ANY($1::text[])", [.texts(refs)])
        let related = try session.run(
            "DELETE FROM entity_relation WHERE origin_ref = ANY($1::text[]) RETURNING source_ref", [.texts(refs)]
        ).map { try $0.required(0) }
        let changed = try CatalogStitcher(session: session).stitch(Set(related))
        try CatalogFeed.announce(changed.union(refs), in: session)
        let contestants = try CatalogContestants(session: session).losers(of: refs).keys
        return Set(removed.map(\.location) + contestants)
    }
}
