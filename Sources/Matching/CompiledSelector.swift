/// A label that a workload carries, in numbers.
struct CarriedLabel: Sendable {
    let key: LabelTable.KeyID
    let pair: LabelTable.PairID
    /// The place that `LabelTable.attach` gave.
    var place: Int32
    /// Which of the workload's label sets has it.
    let sides: MatchedOn
}

/// A label selector in the numbers of a `LabelTable`, tested against both label sets of a workload in one pass.
struct CompiledSelector: Sendable {
    /// One value of one requirement. A requirement with several values is a run of terms that a workload meets by
    /// meeting any of them. Holds no references: events test thousands of terms, and counting would cost more than
    /// testing.
    struct Term: Sendable {
        enum Test: Sendable {
            case pair(LabelTable.PairID)
            case key
            case above(Int64)
            case below(Int64)
        }

        let key: LabelTable.KeyID
        let test: Test
        /// Whether a label set must not meet it.
        let isNegative: Bool
        /// Whether the next term belongs to the same requirement.
        let isContinued: Bool
    }

    /// Empty in a vacant slot.
    private(set) var terms: [Term] = []

    /// Numbers the terms and keeps their entries in the table until `release`.
    init(_ selector: LabelSelector, in table: inout LabelTable) {
        terms = selector.requirements.flatMap { Term.run($0, in: &table) }
        for term in terms {
            table.retain(key: term.key)
            if let pair = term.pair { table.retain(pair: pair) }
        }
    }

    /// Of no selector.
    init() {}

    func release(in table: inout LabelTable) {
        for term in terms {
            if let pair = term.pair { table.release(pair: pair) }
            table.release(key: term.key)
        }
    }

    /// The terms by requirement.
    var requirements: [ArraySlice<Term>] {
        var requirements: [ArraySlice<Term>] = []
        var rest = terms[...]
        while let end = rest.firstIndex(where: { !$0.isContinued }) {
            requirements.append(rest[...end])
            rest = rest[(end + 1)...]
        }
        return requirements
    }

    /// The label sets that satisfy every requirement.
    /// - Parameters:
    ///   - sides: the label sets that the workload has.
    ///   - pairs: the table's, for terms that compare numbers.
    func matches(_ labels: [CarriedLabel], _ sides: MatchedOn, _ pairs: [LabelTable.Pair]) -> MatchedOn {
        var (matched, run) = (sides, MatchedOn())
        for term in terms {
            run.formUnion(term.met(labels, pairs))
            if term.isContinued { continue }
            term.narrow(&matched, to: run)
            if matched.isEmpty { break }
            run = []
        }
        return matched
    }

    /// What the first term alone says, for a glance before the others: no reference is counted on the way.
    struct Glance: Sendable {
        let first: Term
        /// Whether the first term is all.
        let isComplete: Bool

        /// Label sets that `matches` may find; it finds no others, and when `isComplete` exactly these.
        @inline(__always)
        func candidates(_ labels: [CarriedLabel], _ sides: MatchedOn, _ pairs: [LabelTable.Pair]) -> MatchedOn {
            if first.isContinued { return sides }
            var matched = sides
            first.narrow(&matched, to: first.met(labels, pairs))
            return matched
        }
    }

    /// Nil in a vacant slot.
    var glance: Glance? {
        terms.first.map { Glance(first: $0, isComplete: terms.count == 1) }
    }
}

extension CompiledSelector.Term {
    /// The terms of one requirement.
    fileprivate static func run(_ requirement: LabelRequirement, in table: inout LabelTable) -> [Self] {
        let name = requirement.key
        let tests: [Test] =
            switch requirement.condition {
            case .equals(let value), .doubleEquals(let value), .notEquals(let value):
                [.pair(table.intern(Label(name, value)))]
            case .isIn(let values), .isNotIn(let values):
                values.sorted().map { .pair(table.intern(Label(name, $0))) }
            case .exists, .doesNotExist: [.key]
            case .greaterThan(let bound): [.above(bound)]
            case .lessThan(let bound): [.below(bound)]
            }
        let (key, isNegative) = (table.intern(key: name), requirement.matchesAbsentKey)
        return tests.indices.map { place in
            Self(
                key: key, test: tests[place], isNegative: isNegative, isContinued: place < tests.indices.last ?? 0)
        }
    }

    /// The pair that it asks for; nil when it asks for a key or a number.
    var pair: LabelTable.PairID? {
        if case .pair(let pair) = test { pair } else { nil }
    }

    /// The label sets that have what the term names, whether or not that is wanted.
    @inline(__always)
    fileprivate func met(_ labels: [CarriedLabel], _ pairs: [LabelTable.Pair]) -> MatchedOn {
        switch test {
        case .pair(let wanted): Self.sides(of: labels) { $0.pair == wanted }
        case .key: Self.sides(of: labels) { $0.key == key }
        case .above(let bound): Self.sides(of: labels) { number($0, pairs).map { $0 > bound } ?? false }
        case .below(let bound): Self.sides(of: labels) { number($0, pairs).map { $0 < bound } ?? false }
        }
    }

    @inline(__always)
    fileprivate func narrow(_ matched: inout MatchedOn, to met: MatchedOn) {
        if isNegative { matched.subtract(met) } else { matched.formIntersection(met) }
    }

    @inline(__always)
    private static func sides(of labels: [CarriedLabel], where isMeant: (CarriedLabel) -> Bool) -> MatchedOn {
        var sides: UInt8 = 0
        for label in labels where isMeant(label) { sides |= label.sides.rawValue }
        return MatchedOn(rawValue: sides)
    }

    private func number(_ label: CarriedLabel, _ pairs: [LabelTable.Pair]) -> Int64? {
        label.key == key ? Int64(pairs[Int(label.pair)].label.value) : nil
    }
}
