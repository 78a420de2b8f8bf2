/// One term of a label selector: a key and what is demanded of its value.
package struct LabelRequirement: Sendable, Hashable {
    /// What is demanded of the value, or of the key's absence.
    package enum Condition: Sendable, Hashable {
        /// `key=value`
        case equals(String)
        /// `key==value`; means the same as `=` but prints as it was written, as apimachinery does.
        case doubleEquals(String)
        /// `key!=value`; an object without the key matches.
        case notEquals(String)
        /// `key in (a,b)`; never empty.
        case isIn(Set<String>)
        /// `key notin (a,b)`; never empty; an object without the key matches.
        case isNotIn(Set<String>)
        /// `key`
        case exists
        /// `!key`
        case doesNotExist
        /// `key>number`; a value that is not a signed 64-bit integer does not match.
        case greaterThan(Int64)
        /// `key<number`; a value that is not a signed 64-bit integer does not match.
        case lessThan(Int64)
    }

    /// The label's key, prefix included.
    package let key: String
    /// What is demanded of its value.
    package let condition: Condition

    /// A term as given; the parser is what validates keys and values.
    package init(_ key: String, _ condition: Condition) {
        self.key = key
        self.condition = condition
    }

    /// Whether an object with these labels satisfies the term.
    package func matches(_ labels: Labels) -> Bool {
        guard let value = labels[key] else { return matchesAbsentKey }
        switch condition {
        case .equals(let wanted), .doubleEquals(let wanted): return value == wanted
        case .notEquals(let unwanted): return value != unwanted
        case .isIn(let wanted): return wanted.contains(value)
        case .isNotIn(let unwanted): return !unwanted.contains(value)
        case .exists: return true
        case .doesNotExist: return false
        case .greaterThan(let bound): return Int64(value).map { $0 > bound } ?? false
        case .lessThan(let bound): return Int64(value).map { $0 < bound } ?? false
        }
    }

    /// Whether an object without the key satisfies the term: so it is with negative terms alone.
    package var matchesAbsentKey: Bool {
        switch condition {
        case .notEquals, .isNotIn, .doesNotExist: true
        case .equals, .doubleEquals, .isIn, .exists, .greaterThan, .lessThan: false
        }
    }

    /// Whether the term names exactly one value with `=` or `==`.
    package var isEquality: Bool {
        switch condition {
        case .equals, .doubleEquals: true
        default: false
        }
    }

    /// The same term with `==` written as `=`, so that both spellings count as one.
    var normalized: LabelRequirement {
        if case .doubleEquals(let value) = condition { LabelRequirement(key, .equals(value)) } else { self }
    }
}

extension LabelRequirement: CustomStringConvertible {
    /// The term as apimachinery prints it: no optional spaces, set values in byte order.
    package var description: String {
        switch condition {
        case .equals(let value): "\(key)=\(value)"
        case .doubleEquals(let value): "\(key)==\(value)"
        case .notEquals(let value): "\(key)!=\(value)"
        case .isIn(let values): "\(key) in (\(Self.list(values)))"
        case .isNotIn(let values): "\(key) notin (\(Self.list(values)))"
        case .exists: key
        case .doesNotExist: "!\(key)"
        case .greaterThan(let bound): "\(key)>\(bound)"
        case .lessThan(let bound): "\(key)<\(bound)"
        }
    }

    private static func list(_ values: Set<String>) -> String {
        values.sorted().joined(separator: ",")
    }
}
