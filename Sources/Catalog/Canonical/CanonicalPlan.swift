package import Base

/// An entity as the catalog has it.
package struct CatalogedEntity: Sendable {
    package let ref: EntityRef
    /// The location that has it.
    package let location: String
    package let definition: JSONObject
    /// No location gives it any more.
    package let isOrphan: Bool
    /// The location gives way to a canonical file.
    package let yields: Bool
    /// Another location, which does not yield, would have it if this one let go.
    package let isContested: Bool

    package init(
        ref: EntityRef, location: String, definition: JSONObject, isOrphan: Bool, yields: Bool = false,
        isContested: Bool = false
    ) {
        self.yields = yields
        self.isContested = isContested
        self.ref = ref
        self.location = location
        self.definition = definition
        self.isOrphan = isOrphan
    }
}

/// What a canonical file would change in the catalog. The one function that decides it serves the controller, which applies
/// it, and everybody who asks beforehand.
package struct CanonicalPlan: Sendable {
    package struct Update: Sendable {
        package let ref: EntityRef
        /// Empty when it only comes from a location that yields.
        package let fields: [FieldChange]
    }

    /// An entity of the file that another location has.
    package struct Conflict: Sendable {
        package let ref: EntityRef
        /// Where it stands in the file.
        package let place: SourceLocation
        /// Who has it.
        package let holder: String
    }

    /// Why nothing is changed at all.
    package enum Refusal: Sendable, Hashable {
        case invalid
        case conflict
        /// So many of so many entities would go.
        case deletionLimit(removals: Int, of: Int)

        /// One of a fixed set.
        package var label: String {
            switch self {
            case .invalid: "invalid"
            case .conflict: "conflict"
            case .deletionLimit: "deletion_limit"
            }
        }
    }

    package let settings: CanonicalSettings
    package let reading: CanonicalReading
    package private(set) var adds: [CanonicalEntity] = []
    package private(set) var updates: [Update] = []
    package private(set) var unchanged: [EntityRef] = []
    package private(set) var removals: [EntityRef] = []
    package private(set) var conflicts: [Conflict] = []
    /// Entities that are left to other locations: those in conflict, and those that are there only when nobody else has them.
    package private(set) var deferred: [EntityRef] = []
    /// Nil: it is applied.
    package private(set) var refusal: Refusal?

    /// So many may go in any case: of a handful, one is a large share.
    package static let freeRemovals = 3

    /// - Parameters:
    ///   - catalog: every entity that the location has, and those of the reading's refs that others have.
    ///   - isForced: whether the limit of removals is lifted.
    package init(
        _ reading: CanonicalReading, settings: CanonicalSettings, catalog: [CatalogedEntity], isForced: Bool = false
    ) {
        self.settings = settings
        self.reading = reading
        guard reading.problems.isEmpty else {
            refusal = .invalid
            return
        }
        let known = Dictionary(catalog.map { ($0.ref, $0) }) { first, _ in first }
        for entity in reading.entities { place(entity, known[entity.entity.ref]) }
        let given = Set(reading.entities.map(\.entity.ref)).subtracting(deferred)
        let own = catalog.filter { $0.location == settings.location && !$0.isOrphan }
        removals = own.map(\.ref).filter { !given.contains($0) }.sorted { $0.canonical < $1.canonical }
        refusal = refusal(owned: own.count, isForced: isForced)
    }

    private mutating func place(_ entity: CanonicalEntity, _ holder: CatalogedEntity?) {
        let ref = entity.entity.ref
        guard let holder, !holder.isOrphan else { return adds.append(entity) }
        let isOwn = holder.location == settings.location
        guard isOwn || holder.yields else {
            deferred.append(ref)
            if !entity.isDefault {
                conflicts.append(Conflict(ref: ref, place: entity.location, holder: holder.location))
            }
            return
        }
        guard !entity.isDefault || !holder.isContested else { return deferred.append(ref) }
        let fields = FieldChange.all(from: holder.definition, to: entity.entity.definition)
        if fields.isEmpty, isOwn { unchanged.append(ref) } else { updates.append(Update(ref: ref, fields: fields)) }
    }

    private func refusal(owned: Int, isForced: Bool) -> Refusal? {
        if settings.onConflict == .fail, !conflicts.isEmpty { return .conflict }
        let isTooMany =
            removals.count > Self.freeRemovals && Double(removals.count) > settings.deletionLimit * Double(owned)
        return isTooMany && !isForced ? .deletionLimit(removals: removals.count, of: owned) : nil
    }
}

extension CanonicalPlan {
    /// The documents to be applied; nil when nothing is to be changed.
    package var documents: [ParsedDocument]? {
        guard refusal == nil else { return nil }
        let inConflict = Set(conflicts.map(\.ref))
        let left = Set(deferred).subtracting(inConflict)
        return reading.entities.filter { !left.contains($0.entity.ref) }.map(\.document)
    }

    /// Why nothing is changed, where to look; empty when it is applied.
    package var problems: [ParsedDocument] {
        switch refusal {
        case nil: []
        case .invalid: reading.problems.map { problem in Self.problem(nil, problem) }
        case .conflict:
            conflicts.map { conflict in
                let message =
                    "\(conflict.ref) is already defined at \(conflict.holder), so nothing of the file is used "
                    + "(onConflict: fail); remove one of them"
                return Self.problem(conflict.ref, DocumentProblem(.conflict, at: conflict.place, message))
            }
        case .deletionLimit(let removals, let owned):
            [
                Self.problem(
                    nil,
                    DocumentProblem(
                        .deletionLimit, at: SourceLocation(file: settings.location),
                        "would remove \(removals) of \(owned) entities, more than deletionLimit "
                            + "\(settings.deletionLimit) allows, so nothing of the file is used; look at the plan and "
                            + "apply it with force"))
            ]
        }
    }

    private static func problem(_ ref: EntityRef?, _ problem: DocumentProblem) -> ParsedDocument {
        ParsedDocument(location: problem.location, ref: ref, outcome: .invalid([problem]))
    }
}

// As it is told.
extension CanonicalPlan {
    /// The plan in JSON. `counts` tells of everything.
    ///
    /// - Parameter limit: the longest list; what is beyond it is left out.
    package func json(limit: Int = .max) -> JSONValue {
        [
            "name": .string(settings.name), "location": .string(settings.location),
            "contentHash": .string(reading.contentHash), "isApplicable": .bool(refusal == nil),
            "refusal": refusal.map { .string($0.label) } ?? .null,
            "counts": [
                "adds": Self.count(adds), "updates": Self.count(updates), "removals": Self.count(removals),
                "unchanged": Self.count(unchanged), "conflicts": Self.count(conflicts),
                "deferred": Self.count(deferred), "warnings": Self.count(reading.warnings),
            ],
            "adds": .array(
                adds.prefix(limit).map {
                    ["entityRef": .string($0.entity.ref.canonical), "definition": .object($0.entity.definition)]
                }),
            "updates": .array(updates.prefix(limit).map(Self.update)),
            "removals": .array(removals.prefix(limit).map { .string($0.canonical) }),
            "conflicts": .array(conflicts.prefix(limit).map(conflict)),
            "deferred": .array(deferred.prefix(limit).map { .string($0.canonical) }),
            "refused": .array(problems.prefix(limit).flatMap(\.problems).map(Self.remark)),
            "warnings": .array(reading.warnings.map(Self.remark)),
        ]
    }

    private static func count(_ list: [some Any]) -> JSONValue { .int(Int64(list.count)) }

    private static func update(_ update: Update) -> JSONValue {
        let fields = update.fields.map { field -> JSONValue in
            ["pointer": .string(field.pointer), "before": field.before ?? .null, "after": field.after ?? .null]
        }
        return ["entityRef": .string(update.ref.canonical), "fields": .array(fields)]
    }

    private func conflict(_ conflict: Conflict) -> JSONValue {
        [
            "entityRef": .string(conflict.ref.canonical), "heldBy": .string(conflict.holder),
            "resolution": settings.onConflict == .fail ? "refused" : "deferred",
            "line": Self.line(conflict.place),
        ]
    }

    private static func line(_ place: SourceLocation) -> JSONValue {
        place.position.map { .int(Int64($0.line)) } ?? .null
    }

    /// A problem or warning in JSON.
    package static func remark(_ problem: DocumentProblem) -> JSONValue {
        [
            "code": .string(problem.label), "line": line(problem.location),
            "column": problem.location.position.map { .int(Int64($0.column)) } ?? .null,
            "message": .string(problem.message),
        ]
    }
}

extension DocumentProblem {
    /// A warning as `CanonicalPlan.remark` wrote it.
    package init(stored json: JSONValue, location: String) {
        let position = json["line"]?.intValue.flatMap { line in
            json["column"]?.intValue.map { SourcePosition(line: Int(line), column: Int($0)) }
        }
        self.init(
            .canonical, at: SourceLocation(file: location, position: position), json["message"]?.stringValue ?? "")
    }
}
