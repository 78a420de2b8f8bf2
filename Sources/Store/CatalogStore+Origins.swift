package import Base

/// What a served document is made of.
package struct EntityLayers: Sendable {
    package let document: JSONObject
    package let definition: JSONObject
    /// Where the definition was read.
    package let location: String
}

extension CatalogStore {
    /// What the document of an entity is made of; nil when there is no such entity.
    ///
    /// - Parameter ref: canonical.
    /// - Throws: `StoreError`.
    package func layers(of ref: String) async throws -> EntityLayers? {
        try await pool.read { session in
            try session.run(
                "SELECT document, definition, coalesce(managed_by, location) FROM entity WHERE ref = $1", [.text(ref)]
            ).first { row in
                EntityLayers(
                    document: row.json(0)?.objectValue ?? [:], definition: row.json(1)?.objectValue ?? [:],
                    location: try row.required(2))
            }
        }
    }
}
