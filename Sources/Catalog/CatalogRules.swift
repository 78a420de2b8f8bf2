/// Kinds that may come from some places: one element of `catalog.rules`.
package struct CatalogRule: Sendable, Hashable {
    /// Locations that a rule is about.
    package struct Place: Sendable, Hashable {
        package enum Target: Sendable, Hashable {
            case any
            case exact(String)
            case pattern(Glob)
        }

        package let type: String
        package let target: Target

        package init(type: String, target: Target) {
            self.type = type
            self.target = target
        }

        fileprivate func covers(_ location: String) -> Bool {
            guard location.hasPrefix(type + ":") else { return false }
            let rest = String(location.dropFirst(type.count + 1))
            return switch target {
            case .any: true
            case .exact(let text): text == rest
            case .pattern(let glob): glob.matches(rest)
            }
        }
    }

    /// In any letter case.
    package let kinds: [String]
    /// Nil: everywhere.
    package let places: [Place]?

    package init(kinds: [String], places: [Place]? = nil) {
        self.kinds = kinds
        self.places = places
    }

    fileprivate func covers(_ origin: String) -> Bool { places?.contains { $0.covers(origin) } ?? true }
}

/// Which kinds may come from where, as Backstage's `catalog.rules` say it.
///
/// What the operator named (a source of the configuration, the ConfigMaps beside the program) may hold every kind, unless it
/// has rules of its own; all else is under `catalog.rules`, judged by the location from which it was reached.
package struct CatalogRules: Sendable {
    /// Without the key `catalog.rules`.
    package static let standard = [CatalogRule(kinds: ["Component", "API", "Location"])]

    /// Replaces the standard entirely; an empty list allows nothing.
    package var rules = standard
    /// The operator's sources by `<type>:<target>`, with what the rules of each allow beyond `rules`; nil: every kind.
    package var sources: [String: [CatalogRule]?] = [:]
    /// Beginnings of locations that may hold every kind.
    package var ownLocations: [String] = []
    /// What sources that make entities themselves may make, by the type of the source: the rules are about what people
    /// write, and their kinds are known.
    package var generatedKinds: [String: [String]] = [:]

    package init() {}

    /// Why an entity may not come from there; nil when it may.
    package func refusal(of entity: Entity, at place: Provenance) -> String? {
        guard let (kinds, key) = allowed(at: place) else { return nil }
        let kind = entity.kind.lowercased()
        if kinds.contains(where: { $0.lowercased() == kind }) { return nil }
        let allowance = kinds.isEmpty ? "allow no kind" : "allow " + kinds.joined(separator: ", ")
        return "Entity \(entity.ref) at \(place.location), originated at \(place.origin), "
            + "is not of an allowed kind for that location: \(key) \(allowance) there"
    }

    /// The kinds that may come from a place, with the configuration keys that say so; nil: every kind.
    private func allowed(at place: Provenance) -> (kinds: [String], key: String)? {
        let own = sources[place.source]
        if !place.isFollowed {
            let type = String(place.source.prefix { $0 != ":" })
            if let kinds = generatedKinds[type] { return (kinds, "what is generated:") }
            if ownLocations.contains(where: place.location.hasPrefix) { return nil }
            if let own, own == nil { return nil }
        }
        let more = (own ?? nil) ?? []
        var kinds: [String] = []
        for kind in (rules + more).filter({ $0.covers(place.origin) }).flatMap(\.kinds) where !kinds.contains(kind) {
            kinds.append(kind)
        }
        return (kinds, more.isEmpty ? "catalog.rules" : "catalog.rules and the rules of \(place.source)")
    }
}

extension ParsedDocument {
    /// The document, or its refusal when its kind may come by none of these ways, of which there is at least one.
    package func checked(by rules: CatalogRules, at ways: [Provenance]) -> ParsedDocument {
        guard let entity else { return self }
        let reasons = ways.lazy.map { rules.refusal(of: entity, at: $0) }
        guard !reasons.contains(where: { $0 == nil }), let reason = reasons.first ?? nil else { return self }
        return ParsedDocument(
            location: location, ref: ref, outcome: .invalid([DocumentProblem(.notAllowed, at: location, reason)]))
    }
}
