/// A part of the whole that somebody asks about.
package struct CostScope: Sendable, Hashable {
    /// What tells the part from the rest. The raw value is what people write.
    package enum Kind: String, Sendable, CaseIterable {
        case all, entity, owner, system, domain, kind, type, lifecycle, namespace, cluster
    }

    package let kind: Kind
    /// A canonical ref, or the word itself; nil for `all` only.
    package let value: String?

    /// Everything.
    package static let all = CostScope(kind: .all, value: nil)

    package init(kind: Kind, value: String?) {
        self.kind = kind
        self.value = value
    }

    /// The scope of a budget.
    package init(_ budget: ScopedBudget) {
        let kind: Kind =
            switch budget.kind {
            case .owner: .owner
            case .system: .system
            case .domain: .domain
            case .entity: .entity
            case .namespace: .namespace
            case .cluster: .cluster
            }
        self.init(kind: kind, value: budget.ref)
    }

    /// Whether its condition looks at the owner.
    var needsOwner: Bool { ![.all, .namespace, .cluster].contains(kind) }

    /// The costs of it, by the sources that count or by one.
    package func selection(source: CostSource? = nil, category: CostCategory? = nil) -> CostSelection {
        var selection = CostSelection()
        (selection.source, selection.category) = (source, category)
        switch kind {
        case .all: break
        case .entity: selection.entityRefs = value.map { [$0] }
        case .owner: selection.owner = value
        case .system: selection.system = value
        case .domain: selection.domain = value
        case .kind: selection.entityKind = value
        case .type: selection.entityType = value
        case .lifecycle: selection.lifecycle = value
        case .namespace: selection.namespace = value
        case .cluster: selection.cluster = value
        }
        return selection
    }

    /// An SQL condition on a workload `w` and the present link `o` of its owner; `$1` is the value.
    var isOfWorkload: String {
        switch kind {
        // The parameter has to be used for its type to be known.
        case .all: "$1::text IS NULL"
        case .entity: "o.entity_ref = $1"
        case .owner: "o.entity_ref IN (\(Self.related("ownedBy")))"
        case .system: "o.entity_ref IN (\(Self.related("partOf")))"
        case .domain:
            """
            o.entity_ref IN (\(Self.related("partOf")) UNION
                SELECT r.source_ref FROM entity_relation r JOIN entity_relation s ON s.source_ref = r.target_ref
                WHERE r.type = 'partOf' AND s.type = 'partOf' AND s.target_ref = $1)
            """
        case .kind: "split_part(o.entity_ref, ':', 1) = $1"
        case .type: "o.entity_ref IN (\(Self.having("spec.type")))"
        case .lifecycle: "o.entity_ref IN (\(Self.having("spec.lifecycle")))"
        case .namespace: "w.namespace = $1"
        case .cluster: "w.cluster = $1"
        }
    }

    /// Entities with such a relation to `$1`. Every relation is stored at both of its ends.
    private static func related(_ type: String) -> String {
        "SELECT r.source_ref FROM entity_relation r WHERE r.type = '\(type)' AND r.target_ref = $1"
    }

    /// Entities whose field has the value.
    private static func having(_ key: String) -> String {
        """
        SELECT p.ref FROM entity_key k JOIN entity_term t ON t.key_id = k.id JOIN entity_posting p ON p.term = t.id
        WHERE k.key = '\(key)' AND t.value = lower($1)
        """
    }

    /// The parameter of the condition.
    var parameter: SQLValue { .text(value) }
}

/// Joins `o`, the present link of the owner of `w`.
let presentOwner = "LEFT JOIN entity_workload o ON o.workload_id = w.id AND o.is_owner AND upper_inf(o.valid)"
