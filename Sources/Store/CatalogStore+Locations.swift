internal import Base
package import Catalog

/// A location that somebody registered over the API.
package struct RegisteredLocation: Sendable, Hashable {
    /// A UUID in lower case.
    package let id: String
    package let ref: LocationRef
}

/// One page of registered locations, in the order of their ids.
package struct LocationPage: Sendable {
    package var items: [RegisteredLocation] = []
    /// All that match.
    package var totalItems = 0
    package var hasMore = false

    package init() {}
}

/// How a registration ended.
package enum LocationRegistration: Sendable, Hashable {
    case registered(RegisteredLocation)
    /// The place is registered already.
    case existing(RegisteredLocation)
}

// Any replica registers locations; the leader of the catalog hears of it and reads them.
extension CatalogStore {
    /// All registered locations, in the order of their ids.
    ///
    /// - Throws: `StoreError`.
    package func registeredLocations() async throws -> [RegisteredLocation] {
        try await pool.read { session in
            try session.run("SELECT id, type, target FROM registered_location ORDER BY id").map(Self.location)
        }
    }

    /// Those that match, after an id.
    ///
    /// - Throws: `StoreError`.
    package func registeredLocations(
        matching filter: EntityFilter?, after id: String?, limit: Int
    ) async throws -> LocationPage {
        if let id, !isUUID(id) { return LocationPage() }
        var condition = LocationCondition()
        let matching = "SELECT id, type, target FROM registered_location WHERE " + condition.text(of: filter)
        let values = condition.values
        return try await pool.read { [matching] session in
            try session.snapshot {
                var page = LocationPage()
                page.totalItems = Int(
                    try session.runOnce("SELECT count(*) FROM (\(matching)) AS found", values).first { $0.int(0) ?? 0 }
                        ?? 0)
                let (after, most) = ("$\(values.count + 1)::uuid", "$\(values.count + 2)::bigint")
                page.items = try session.runOnce(
                    "SELECT * FROM (\(matching)) AS found WHERE \(after) IS NULL OR id > \(after) ORDER BY id LIMIT \(most)",
                    values + [.text(id), .int(Int64(limit) + 1)]
                ).map(Self.location)
                page.hasMore = page.items.count > limit
                page.items = Array(page.items.prefix(limit))
                return page
            }
        }
    }

    /// The registered location of an id; nil also when the text is no UUID.
    ///
    /// - Throws: `StoreError`.
    package func registeredLocation(id: String) async throws -> RegisteredLocation? {
        guard isUUID(id) else { return nil }
        return try await pool.read { try Self.location(id: id, $0) }
    }

    /// The registration of a place.
    ///
    /// - Throws: `StoreError`.
    package func registeredLocation(_ ref: LocationRef) async throws -> RegisteredLocation? {
        try await pool.read { try Self.location(ref, $0) }
    }

    /// Registered locations whose target is this in any letter case, in the order of their ids.
    ///
    /// - Throws: `StoreError`.
    package func registeredLocations(spelledLike target: String) async throws -> [RegisteredLocation] {
        try await pool.read { session in
            try session.run(
                "SELECT id, type, target FROM registered_location WHERE lower(target) = lower($1) ORDER BY id LIMIT 10",
                [.text(target)]
            ).map(Self.location)
        }
    }

    /// Registers a place, unless it is registered already.
    ///
    /// - Parameter subject: who asks.
    /// - Throws: `StoreError`.
    package func register(_ ref: LocationRef, by subject: String) async throws -> LocationRegistration {
        try await pool.run { session in
            try session.transaction {
                let inserted = try session.run(
                    """
                    INSERT INTO registered_location (type, target, entity_ref, registered_by) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (type, target) DO NOTHING RETURNING id, type, target
                    """,
                    [.text(ref.type), .text(ref.target), .text(ref.entityRef.canonical), .text(subject)]
                ).first(Self.location)
                if let inserted {
                    try CatalogFeed.announceRequest(registrations: [ref.registrationKey], in: session)
                    return .registered(inserted)
                }
                guard let existing = try Self.location(ref, session) else {
                    throw StoreError(code: .unavailable, detail: "the location was removed at the same moment")
                }
                return .existing(existing)
            }
        }
    }

    /// Gives a registered location another place, unless that one is registered itself.
    ///
    /// - Returns: nil when there is no such location.
    /// - Throws: `StoreError`.
    package func replace(
        location id: String, by ref: LocationRef, subject: String
    ) async throws -> LocationRegistration? {
        guard isUUID(id) else { return nil }
        return try await pool.run { session in
            try session.transaction {
                guard let old = try Self.location(id: id, session, "FOR UPDATE") else { return nil }
                if let other = try Self.location(ref, session), other.id != old.id { return .existing(other) }
                let changed: RegisteredLocation?
                do {
                    changed = try session.run(
                        """
                        UPDATE registered_location
                        SET type = $2, target = $3, entity_ref = $4, registered_by = $5, registered_at = now()
                        WHERE id = $1::uuid RETURNING id, type, target
                        """,
                        [
                            .text(id), .text(ref.type), .text(ref.target), .text(ref.entityRef.canonical),
                            .text(subject),
                        ]
                    ).first(Self.location)
                } catch let error as StoreError where error.sqlState == "23505" {
                    throw StoreError(code: .unavailable, detail: "the same location was registered at the same moment")
                }
                try CatalogFeed.announceRequest(
                    registrations: [old.ref.registrationKey, ref.registrationKey], in: session)
                return changed.map { .registered($0) }
            }
        }
    }

    /// Ends a registration.
    ///
    /// - Returns: false when there was none.
    /// - Throws: `StoreError`.
    package func unregister(location id: String) async throws -> Bool {
        guard isUUID(id) else { return false }
        return try await pool.run { session in
            try session.transaction {
                let removed = try session.run(
                    "DELETE FROM registered_location WHERE id = $1::uuid RETURNING id, type, target", [.text(id)]
                ).first(Self.location)
                guard let removed else { return false }
                try CatalogFeed.announceRequest(registrations: [removed.ref.registrationKey], in: session)
                return true
            }
        }
    }

    private static func location(
        id: String, _ session: PostgresSession, _ locking: String = ""
    ) throws -> RegisteredLocation? {
        try session.run(
            "SELECT id, type, target FROM registered_location WHERE id = $1::uuid \(locking)", [.text(id)]
        )
        .first(location)
    }

    private static func location(_ ref: LocationRef, _ session: PostgresSession) throws -> RegisteredLocation? {
        try session.run(
            "SELECT id, type, target FROM registered_location WHERE type = $1 AND target = $2",
            [.text(ref.type), .text(ref.target)]
        ).first(location)
    }

    private static func location(_ row: SQLRow) throws -> RegisteredLocation {
        RegisteredLocation(
            id: try row.required(0), ref: LocationRef(type: try row.required(1), target: try row.required(2)))
    }
}
