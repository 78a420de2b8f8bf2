package import Base

/// A parameter of a statement, in PostgreSQL's text form. The statement's casts give its type.
package struct SQLValue: Sendable {
    /// Nil is NULL.
    let text: String?

    package static let null = SQLValue(text: nil)
    package static func text(_ value: String?) -> SQLValue { SQLValue(text: value) }
    package static func int(_ value: Int64?) -> SQLValue { SQLValue(text: value.map(String.init)) }
    package static func bool(_ value: Bool) -> SQLValue { SQLValue(text: value ? "t" : "f") }
    package static func json(_ value: JSONValue) -> SQLValue { SQLValue(text: value.text()) }
    package static func time(_ value: Timestamp?) -> SQLValue { SQLValue(text: value?.rfc3339) }

    /// A `bytea`.
    static func bytes(_ value: [UInt8]?) -> SQLValue { SQLValue(text: value.map { "\\x" + Hex.encode($0) }) }

    /// A `text[]`.
    package static func texts(_ values: some Sequence<String>) -> SQLValue {
        SQLValue(text: "{" + values.map(quoted).joined(separator: ",") + "}")
    }

    /// An array of whole numbers, such as a `bigint[]`.
    package static func ints(_ values: some Sequence<Int64>) -> SQLValue {
        SQLValue(text: "{" + values.map(String.init).joined(separator: ",") + "}")
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for character in value.unicodeScalars {
            if character == "\"" || character == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self.init(text: value) }
    package init(integerLiteral value: Int64) { self.init(text: String(value)) }
}
