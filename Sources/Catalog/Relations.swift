internal import Base

/// One entity's tie to another, seen from `source`. The other end sees the inverse type.
package struct Relation: Sendable, Hashable {
    package let source: EntityRef
    /// Such as `ownedBy`.
    package let type: String
    /// Need not exist.
    package let target: EntityRef

    package init(source: EntityRef, type: String, target: EntityRef) {
        self.source = source
        self.type = type
        self.target = target
    }
}

extension Relation: Comparable {
    /// By source, type, target: the order in which relations are listed.
    package static func < (left: Self, right: Self) -> Bool {
        (left.source, left.type, left.target) < (right.source, right.type, right.target)
    }
}

/// The relations that an entity's `spec` makes, in both directions (Backstage's built-in kinds).
package struct Relations: Sendable {
    /// Both directions, without repetition, sorted. They all vanish with the entity that made them.
    package let emitted: [Relation]
    /// Refs that could not be read; an entity that was validated has none.
    package let problems: [EntityProblem]

    /// A shortened ref gets the entity's own namespace, and its kind from the field it stands in.
    package init(of entity: Entity) {
        let kind = EntityKind.named(entity.kind, apiVersion: entity.apiVersion)
        self.init(of: entity.ref, spec: entity.spec, references: kind?.references ?? [])
    }

    init(of source: EntityRef, spec: JSONObject, references: [EntityKind.Reference]) {
        var emitted: Set<Relation> = []
        var problems: [EntityProblem] = []
        for reference in references {
            for (path, text) in Self.texts(spec, field: reference.field) {
                do throws(CatalogInputError) {
                    let target = try EntityRef(
                        parsing: text, defaultKind: reference.defaultKind, defaultNamespace: source.namespace)
                    emitted.insert(Relation(source: source, type: reference.relation, target: target))
                    emitted.insert(Relation(source: target, type: reference.inverse, target: source))
                } catch {
                    problems.append(EntityProblem(.reference, at: path, error.description))
                }
            }
        }
        self.emitted = emitted.sorted()
        self.problems = problems
    }

    /// The field's strings; one string stands for a list of one. Wrong types are the kind's own problems.
    static func texts(_ spec: JSONObject, field: String) -> [(DocumentPath, String)] {
        let path: DocumentPath = [.key("spec"), .key(field)]
        if let text = spec[field]?.stringValue { return text.isEmpty ? [] : [(path, text)] }
        return (spec[field]?.arrayValue ?? []).enumerated().compactMap { index, value in
            value.stringValue.flatMap { $0.isEmpty ? nil : (path + [.index(index)], $0) }
        }
    }
}
