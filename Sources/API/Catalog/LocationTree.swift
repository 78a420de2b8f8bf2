internal import Actions
internal import Base
internal import Catalog

/// What a location would bring if it were registered: read and validated in memory, Locations within it followed, nothing
/// written.
struct LocationTree {
    /// Nil: no URL can be read here.
    let readURL: (@Sendable (String) async throws -> [UInt8]?)?
    /// Nil: every kind may come from everywhere.
    var rules: CatalogRules?

    /// More places than this belong to a tree that nobody wants to try out.
    private static let maximumPlaces = 100
    private static let maximumEntities = 10_000
    private static let maximumFilled = 200

    private struct Place {
        let ref: LocationRef
        let isOptional: Bool
    }

    private struct Walk {
        var entities: [JSONObject] = []
        var refs: Set<EntityRef> = []
        var problems: [String] = []
        var waiting: [Place] = []
        var seen: Set<LocationRef> = []
        /// Placeholders that were read.
        var filled = 0

        /// Why no further placeholder is read; nil when it is.
        var refusal: PlaceholderError? {
            guard filled >= maximumFilled else { return nil }
            return PlaceholderError(description: "is one of more than \(maximumFilled); they are not tried out")
        }
    }

    /// The Location entity of a place and all entities that it leads to.
    ///
    /// - Throws: `ActionError` of kind `input` with everything that is wrong with them.
    func entities(from root: LocationRef) async throws -> [JSONObject] {
        var walk = Walk()
        guard let location = Entity(validated: root.entity) else { return [] }
        try add(location, at: root, root, &walk)
        while !walk.waiting.isEmpty {
            let place = walk.waiting.removeFirst()
            guard walk.seen.count < Self.maximumPlaces, walk.entities.count < Self.maximumEntities else {
                throw ActionError(
                    .input,
                    "\(root) leads to more than \(Self.maximumPlaces) places or \(Self.maximumEntities) entities")
            }
            guard walk.seen.insert(place.ref).inserted else { continue }
            try await visit(place, root, &walk)
        }
        guard walk.problems.isEmpty else { throw ActionError(.input, walk.problems.joined(separator: "; ")) }
        return walk.entities
    }

    private func visit(_ place: Place, _ root: LocationRef, _ walk: inout Walk) async throws {
        let bytes: [UInt8]
        switch try await read(place.ref) {
        case .success(let content?): bytes = content
        case .success(nil):
            if !place.isOptional { walk.problems.append("\(place.ref) could not be read: nothing is there") }
            return
        case .failure(let error):
            walk.problems.append(error.message)
            return
        }
        let file = CatalogFile(bytes, name: place.ref.description)
        for document in file.documents(filling: try await values(of: file.placeholders, at: place.ref, &walk)) {
            // That a tree has an entity twice is told for all its files together.
            let problems = document.problems.filter { $0.code != .duplicate }
            walk.problems += problems.map(\.description)
            if document.problems.count > problems.count, let ref = document.ref { throw Self.duplicate(ref) }
            if let entity = document.entity { try add(entity, at: place.ref, root, &walk) }
        }
    }

    private func add(_ entity: Entity, at place: LocationRef, _ root: LocationRef, _ walk: inout Walk) throws {
        guard walk.refs.insert(entity.ref).inserted else { throw Self.duplicate(entity.ref) }
        if let refusal = refusal(of: entity, at: place, root) { walk.problems.append(refusal) }
        let definition = entity.definition.annotated(location: place, origin: root)
        walk.entities.append(definition)
        guard entity.ref.kind == "location" else { return }
        let targets = LocationTargets(of: entity, at: place.description)
        walk.problems += targets.problems
        walk.waiting += targets.targets.compactMap { try? LocationRef(parsing: $0) }
            .map { Place(ref: $0, isOptional: targets.isOptional) }
    }

    /// Why `catalog.rules` would not let an entity in.
    private func refusal(of entity: Entity, at place: LocationRef, _ root: LocationRef) -> String? {
        // The list of what a pattern stands for is nobody's document.
        guard URLPattern(location: place.description)?.entityRef != entity.ref else { return nil }
        let isRoot = entity.ref == root.entityRef
        return rules?.refusal(of: entity, at: .registered(isRoot ? nil : place.description, root: root.description))
    }

    private func values(
        of placeholders: [Placeholder], at place: LocationRef, _ walk: inout Walk
    ) async throws -> PlaceholderValues {
        var values: PlaceholderValues = [:]
        var budget = Placeholder.Budget()
        for placeholder in placeholders where values[placeholder] == nil {
            values[placeholder] =
                if let refusal = budget.refusal ?? walk.refusal {
                    .failure(refusal)
                } else {
                    try await value(of: placeholder, at: place, &budget, &walk)
                }
        }
        return values
    }

    private func value(
        of placeholder: Placeholder, at place: LocationRef, _ budget: inout Placeholder.Budget, _ walk: inout Walk
    ) async throws -> Result<JSONValue, PlaceholderError> {
        guard let target = placeholder.target else { return .failure("must name a URL or a path") }
        do {
            let ref = try LocationRef(parsing: try RelativeLocation.resolve(target, from: place.description))
            switch try await read(ref) {
            case .success(let bytes?):
                budget.spend(bytes.count)
                walk.filled += 1
                return placeholder.value(of: bytes)
            case .success(nil): return .failure("cannot be filled in: nothing is there")
            case .failure(let error):
                return .failure(PlaceholderError(description: "cannot be filled in: \(error.message)"))
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .failure(PlaceholderError(description: "cannot be filled in: \(error)"))
        }
    }

    private static func duplicate(_ ref: EntityRef) -> ActionError {
        ActionError(.input, "Duplicate nested entity: \(ref)")
    }

    /// The bytes of a place; nil when nothing is there.
    func read(_ place: LocationRef) async throws -> Result<[UInt8]?, ActionError> {
        guard place.type == "url" else {
            return .failure(ActionError(.input, "No processor was able to handle reading of \(place)"))
        }
        guard let readURL else {
            return .failure(
                ActionError(
                    .input, "No processor was able to handle reading of \(place): nothing that reads URLs is configured"
                ))
        }
        do {
            return .success(try await readURL(place.target))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return .failure(ActionError(.input, "\(place) could not be read: \(error)"))
        }
    }
}

extension JSONObject {
    /// An entity's definition with the managed-by annotations of where it was read.
    ///
    /// - Parameter overriding: the author's own are replaced, as the catalog does; else they stay.
    func annotated(location: LocationRef, origin: LocationRef, overriding: Bool = true) -> JSONObject {
        guard var metadata = self["metadata"]?.objectValue else { return self }
        let authored = metadata["annotations"] ?? [:]
        // What is no object is refused for that.
        guard var annotations = authored.objectValue else { return self }
        for (name, place) in [("location", location), ("origin-location", origin)] {
            let key = "backstage.io/managed-by-\(name)"
            if overriding || annotations[key] == nil { annotations[key] = .string(place.description) }
        }
        metadata["annotations"] = .object(annotations)
        var definition = self
        definition["metadata"] = .object(metadata)
        return definition
    }
}

extension Provenance {
    /// Where what somebody registers would come from.
    ///
    /// - Parameter location: that Location entities lead to; nil: the registration itself.
    static func registered(_ location: String?, root: String) -> Provenance {
        let source = "registered:locations"
        return location.map { Provenance(location: $0, origin: root, source: source) }
            ?? Provenance(location: root, source: source)
    }
}
