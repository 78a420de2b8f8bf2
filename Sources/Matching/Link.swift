/// Which of a workload's label sets a selector matched; either suffices.
package struct MatchedOn: OptionSet, Sendable, Hashable {
    /// 1 for the workload's own labels, 2 for its template's, 3 for both.
    package let rawValue: UInt8

    /// Takes the sum of the above; other bits mean nothing.
    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The workload's own labels.
    package static let workload = MatchedOn(rawValue: 1)
    /// The labels of its pod template.
    package static let template = MatchedOn(rawValue: 2)
    /// Each of the two label sets by itself.
    package static let both: MatchedOn = [.workload, .template]
}

extension MatchedOn: CustomStringConvertible {
    /// `workload`, `template` or `both`, as stored; `none` for the empty set.
    package var description: String {
        switch self {
        case .workload: "workload"
        case .template: "template"
        case .both: "both"
        default: "none"
        }
    }
}

/// One entity's hold on one workload.
package struct Link: Sendable, Hashable {
    /// The entity's canonical reference.
    package let entityRef: String
    /// The annotation that made it.
    package let rule: EntitySelector.Rule
    /// The label sets that satisfy its selector; never empty.
    package let matchedOn: MatchedOn
    /// Whether this entity owns the workload; true for exactly one of a workload's links.
    package let isOwner: Bool

    /// A link as it stands at one moment.
    package init(entityRef: String, rule: EntitySelector.Rule, matchedOn: MatchedOn, isOwner: Bool) {
        self.entityRef = entityRef
        self.rule = rule
        self.matchedOn = matchedOn
        self.isOwner = isOwner
    }
}

/// One step in the history of a link.
package struct LinkChange: Sendable, Hashable {
    /// What happened to it.
    package enum Kind: String, Sendable, Hashable {
        case began, ended
        /// Rule, matched label set or ownership is another now.
        case changed
    }

    /// What happened to the link.
    package let kind: Kind
    /// The workload that the link is about.
    package let workload: WorkloadKey
    /// As it is now; as it last was when it ended.
    package let link: Link

    /// One step of one link.
    package init(_ kind: Kind, _ workload: WorkloadKey, _ link: Link) {
        self.kind = kind
        self.workload = workload
        self.link = link
    }
}

/// What one or more mutations of a `MatchIndex` did to the links: all that a change-only writer needs.
package struct MatchChanges: Sendable, Hashable {
    /// Every step, in the order in which it happened.
    package private(set) var changes: [LinkChange] = []
    /// For each workload with a changed link all links that it has now, by entity reference; empty: none left.
    package private(set) var touched: [WorkloadKey: [Link]] = [:]

    /// No change.
    package init() {}

    /// Whether nothing needs to be written.
    package var isEmpty: Bool { changes.isEmpty }

    /// The entities with a changed link.
    package var entities: Set<String> { Set(changes.lazy.map(\.link.entityRef)) }

    /// Adds what happened later, so that a batch can be written as one.
    package mutating func append(_ later: MatchChanges) {
        changes += later.changes
        touched.merge(later.touched) { $1 }
    }

    /// Compares a workload's links, both sorted by entity reference, and adds the difference.
    mutating func record(_ workload: WorkloadKey, from before: [Link], to after: [Link]) {
        let count = changes.count
        var old = before[...]
        for link in after {
            while let first = old.first, first.entityRef < link.entityRef {
                changes.append(LinkChange(.ended, workload, old.removeFirst()))
            }
            if let first = old.first, first.entityRef == link.entityRef {
                if first != link { changes.append(LinkChange(.changed, workload, link)) }
                old.removeFirst()
            } else {
                changes.append(LinkChange(.began, workload, link))
            }
        }
        changes += old.map { LinkChange(.ended, workload, $0) }
        if changes.count > count { touched[workload] = after }
    }
}
