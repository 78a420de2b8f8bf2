/// How closely a selector describes a workload. A greater one owns.
package struct Specificity: Sendable, Hashable, Comparable {
    /// How many of cluster and namespace are pinned: 0, 1 or 2.
    package let pins: Int
    /// Different terms; `a=b,a==b` is one.
    package let requirements: Int
    /// How many of these name one value with `=`.
    package let equalities: Int

    init(selector: LabelSelector, namespaces: Set<String>, clusters: Set<String>) {
        let terms = Set(selector.requirements.lazy.map(\.normalized))
        pins = (namespaces.isEmpty ? 0 : 1) + (clusters.isEmpty ? 0 : 1)
        requirements = terms.count
        equalities = terms.count(where: \.isEquality)
    }

    /// Pins count first, then requirements, then equalities.
    package static func < (left: Specificity, right: Specificity) -> Bool {
        (left.pins, left.requirements, left.equalities) < (right.pins, right.requirements, right.equalities)
    }
}

/// Who owns a workload among the entities that match it, and why. Money is attributed to the owner alone.
package struct OwnerChoice: Sendable, Hashable {
    /// The rule that set the owner apart from the runner-up.
    package enum Reason: String, Sendable, Hashable {
        /// No other entity matches.
        case onlyMatch = "only-match"
        /// It pins more of cluster and namespace.
        case pinned
        /// It has more requirements.
        case requirements
        /// Of equally many requirements more are equalities.
        case equalities
        /// All else is equal; the entity reference that sorts first in byte order owns.
        case entityRef = "entity-ref"
    }

    /// The owning entity's reference.
    package let owner: String
    /// The entity that would own if the owner did not match; nil when there is none.
    package let runnerUp: String?
    /// What set it apart from the runner-up.
    package let reason: Reason

    /// Chooses among the selectors that match one workload, in any order; nil when there are none.
    package static func among(_ selectors: [EntitySelector]) -> OwnerChoice? {
        var best: EntitySelector?
        var second: EntitySelector?
        for selector in selectors {
            if best.map({ precedes(selector, $0) }) ?? true {
                second = best
                best = selector
            } else if second.map({ precedes(selector, $0) }) ?? true {
                second = selector
            }
        }
        guard let best else { return nil }
        return OwnerChoice(owner: best.entityRef, runnerUp: second?.entityRef, reason: reason(best, second))
    }

    /// Whether the first of two selectors that match the same workload owns it rather than the second.
    static func precedes(_ left: EntitySelector, _ right: EntitySelector) -> Bool {
        left.specificity == right.specificity
            ? left.entityRef < right.entityRef : left.specificity > right.specificity
    }

    private static func reason(_ owner: EntitySelector, _ other: EntitySelector?) -> Reason {
        guard let other = other?.specificity else { return .onlyMatch }
        if owner.specificity.pins != other.pins { return .pinned }
        if owner.specificity.requirements != other.requirements { return .requirements }
        return owner.specificity.equalities != other.equalities ? .equalities : .entityRef
    }
}

extension OwnerChoice: CustomStringConvertible {
    /// The choice as a sentence, for people and agents.
    package var description: String {
        let why =
            switch reason {
            case .onlyMatch: "no other entity matches"
            case .pinned: "it pins more of cluster and namespace"
            case .requirements: "its selector has more requirements"
            case .equalities: "its selector has more equality terms"
            case .entityRef: "both are equally specific and its reference sorts first"
            }
        return runnerUp.map { "\(owner) owns before \($0): \(why)" } ?? "\(owner) owns: \(why)"
    }
}
