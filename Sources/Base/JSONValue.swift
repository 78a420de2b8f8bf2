/// A JSON value. Numbers keep their kind: an integer that was read is written back digit by digit.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    /// An integer above `Int64.max`; smaller ones are always `int`.
    case uint(UInt64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    /// The member of an object; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The element of an array; nil when this is no array or is shorter.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// True for JSON null only.
    package var isNull: Bool { self == .null }

    /// The text of a string; nil for any other kind.
    package var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of an integer, or of a double without a fraction; nil when it does not fit or is no number.
    package var intValue: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The value of any number; nil for any other kind.
    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .uint(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The value of a boolean; nil for any other kind.
    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array; nil for any other kind.
    package var arrayValue: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The members of an object; nil for any other kind.
    package var objectValue: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The kind's name as JSON Schema writes it.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .uint: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// JSON null.
    package init(nilLiteral: ()) { self = .null }
    /// A JSON boolean.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A JSON integer.
    package init(integerLiteral value: Int64) { self = .int(value) }
    /// A JSON number.
    package init(floatLiteral value: Double) { self = .double(value) }
    /// A JSON string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// A JSON array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// A JSON object with its members in the order written.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
