internal import Base
package import Catalog
package import Store

// Registered locations, as one caller may see and change them.
extension CatalogAccess {
    /// All of them.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func locations() async throws -> [RegisteredLocation] {
        guard try caller.sees(.readLocations) else { return [] }
        return try await catalog.registeredLocations()
    }

    /// Those that match, in the order of their ids, after one.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func locations(matching filter: EntityFilter?, after id: String?, limit: Int) async throws -> LocationPage {
        guard try caller.sees(.readLocations) else { return LocationPage() }
        return try await catalog.registeredLocations(matching: filter, after: id, limit: limit)
    }

    /// The location of an id.
    ///
    /// - Throws: `ActionError` also when there is none; `StoreError`.
    package func location(id: String) async throws -> RegisteredLocation {
        guard try caller.sees(.readLocations), let location = try await catalog.registeredLocation(id: id) else {
            throw Self.noLocation(id)
        }
        return location
    }

    /// Whether a place is registered, as far as the caller may know.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func isRegistered(_ ref: LocationRef) async throws -> Bool {
        guard try caller.sees(.readLocations) else { return false }
        return try await catalog.registeredLocation(ref) != nil
    }

    /// The registered location that brought an entity.
    ///
    /// - Throws: `ActionError` when there is none, saying what is missing; `StoreError`.
    package func location(ofEntity ref: EntityRef) async throws -> RegisteredLocation {
        let mayRead = try caller.sees(.readLocations)
        guard let entity = try await entity(ref: ref.canonical) else {
            throw ActionError(.notFound, "found no entity for ref \(ref.canonical)")
        }
        guard let origin = try entity.origin, let place = try? LocationRef(parsing: origin) else {
            throw ActionError(.notFound, "found no origin annotation for ref \(ref.canonical)")
        }
        guard mayRead, let location = try await catalog.registeredLocation(place) else {
            throw ActionError(
                .notFound, "Found no location with type \(place.type) and target \(place.target)")
        }
        return location
    }

    /// Refuses who may not register locations.
    ///
    /// - Parameter isDryRun: nothing is to be written, which is possible in read-only mode too.
    /// - Throws: `ActionError`.
    package func checkRegistration(isDryRun: Bool) throws(ActionError) {
        try caller.check(.createLocations)
        if !isDryRun { try checkWritable() }
    }

    /// Refuses who may not have locations analyzed.
    ///
    /// - Throws: `ActionError`.
    package func checkAnalysis() throws(ActionError) { try caller.check(.analyzeLocations) }

    /// Registers a place.
    ///
    /// - Parameter refreshing: a place that is registered already is read again, instead of being refused.
    /// - Throws: `ActionError` also when it is registered already; `StoreError`.
    package func register(_ ref: LocationRef, refreshing: Bool = false) async throws -> LocationRegistration {
        try checkRegistration(isDryRun: false)
        let registration = try await catalog.register(ref, by: caller.subject)
        guard case .existing = registration else { return registration }
        guard refreshing else { throw Self.exists(ref) }
        try await catalog.requestRefresh(of: [ref.registrationKey, ref.description], by: caller.subject)
        return registration
    }

    /// Gives a registered location another place.
    ///
    /// - Throws: `ActionError` also when there is no such location, or the place is registered already; `StoreError`.
    package func replace(location id: String, by ref: LocationRef) async throws -> RegisteredLocation {
        try checkRegistration(isDryRun: false)
        switch try await catalog.replace(location: id, by: ref, subject: caller.subject) {
        case .registered(let location): return location
        case .existing: throw Self.exists(ref)
        case nil: throw Self.noLocation(id)
        }
    }

    /// Ends a registration; what it alone brought goes with it.
    ///
    /// - Throws: `ActionError` also when there is no such location; `StoreError`.
    package func unregister(location id: String) async throws {
        try caller.check(.deleteLocations)
        try checkWritable()
        guard try await catalog.unregister(location: id) else { throw Self.noLocation(id) }
    }

    /// Ends the registration of a URL, in any letter case.
    ///
    /// - Throws: `ActionError` also when there is none that the caller may see, or when several differ in letter case alone
    ///   and none is the very URL; `StoreError`.
    package func unregister(url: String) async throws {
        try caller.check(.deleteLocations)
        try checkWritable()
        let found = try caller.sees(.readLocations) ? try await catalog.registeredLocations(spelledLike: url) : []
        guard let location = found.first(where: { $0.ref.target == url }) ?? found.first else {
            throw ActionError(.notFound, "Location with URL \(url) not found")
        }
        guard found.count == 1 || location.ref.target == url else {
            let targets = found.map(\.ref.target).joined(separator: ", ")
            throw ActionError(.conflict, "Several locations differ from \(url) in letter case alone: \(targets)")
        }
        try await unregister(location: location.id)
    }

    private func checkWritable() throws(ActionError) {
        if isReadOnly { throw ActionError(.notAllowed, "This operation not allowed in readonly mode") }
    }

    private static func noLocation(_ id: String) -> ActionError {
        ActionError(.notFound, "Found no location with ID \(id)")
    }

    private static func exists(_ ref: LocationRef) -> ActionError {
        ActionError(.conflict, "Location \(ref) already exists")
    }
}

extension StoredEntity {
    /// The annotation that names the place which led here first.
    fileprivate var origin: String? {
        get throws {
            try JSONValue(parsing: document)["metadata"]?["annotations"]?["backstage.io/managed-by-origin-location"]?
                .stringValue
        }
    }
}
