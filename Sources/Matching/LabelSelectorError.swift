/// A label selector could not be read. Says where, what stood there, and what could have stood there.
package struct LabelSelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rules that a text can break.
    package enum Code: String, Sendable {
        case syntax, invalidKey, invalidValue, notANumber, nulByte
    }

    /// Which rule was broken.
    package let code: Code
    /// Column of the offending byte or word, 1-based, counted in UTF-8 bytes.
    package let column: Int
    /// What stood there; "end of selector" at the end.
    package let found: String
    /// What could have stood there.
    package let expected: String

    /// For metrics and status items: one of a fixed set.
    package var label: String { code.rawValue }

    /// `label selector, column 8: found 'b', expected '('`
    package var description: String {
        "label selector, column \(column): found \(found), expected \(expected)"
    }
}
