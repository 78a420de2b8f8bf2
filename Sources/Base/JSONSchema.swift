/// A JSON Schema (2020-12, the subset that our own schemas use), compiled once and checked many times.
///
/// Supported: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `minProperties`,
/// `maxProperties`, `items`, `minItems`, `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`,
/// `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`, `oneOf`, `allOf`, `$defs` at the root and `$ref` to `#` or
/// `#/$defs/<name>`. Annotations (`title`, `description`, `default`, `examples`, `deprecated`, `readOnly`, `writeOnly`,
/// `format`, `$comment`, and every keyword that begins with `x-`) are kept in ``json`` and never checked.
/// Every other keyword is refused, so that a misspelt one cannot pass for a rule that is enforced.
package struct JSONSchema: Sendable {
    /// The schema as it was given, unchanged.
    package let json: JSONValue

    /// The compiled subschemas; the root is the first, others refer to one another by index.
    let nodes: [Node]

    /// Compiles a schema. Throws ``JSONSchemaError`` that names the place and the keyword which cannot be used.
    package init(_ schema: JSONValue) throws(JSONSchemaError) {
        var compiler = JSONSchemaCompiler()
        nodes = try compiler.compile(root: schema)
        json = schema
    }

    /// What is wrong with a value, one message for each fault, empty when it is valid.
    ///
    /// A message begins with the path of the value (`filter.kinds[2]: `, nothing at the root) and says what was
    /// expected and what was found. At most ``JSONSchemaCheck/maximumMessages`` are given.
    package func validate(_ value: JSONValue) -> [String] {
        var check = JSONSchemaCheck(nodes: nodes)
        check.visit(0, value)
        return check.messages
    }
}

/// A schema that cannot be used: a mistake of whoever wrote it.
package struct JSONSchemaError: Error, Hashable, CustomStringConvertible {
    /// The kinds of mistake.
    package enum Code: String, Sendable {
        case notASchema, unsupportedKeyword, badKeywordValue, badReference, unsatisfiable, tooDeep
    }

    /// The kind of mistake.
    package let code: Code
    /// Where it is, as a JSON pointer in a fragment: `#/properties/limit/minimum`.
    package let pointer: String
    /// What was expected there.
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "schema at \(pointer): \(detail)" }
}

extension JSONSchema {
    /// One compiled subschema. An absent keyword is nil or empty.
    struct Node: Sendable {
        var types: JSONTypes?
        var choices: [JSONValue]?
        var constant: JSONValue?

        var propertyNames: [String] = []
        var properties: [String: Int] = [:]
        var required: [String] = []
        var additionalProperties: Int?
        var propertyCount = Count()

        var items: Int?
        var itemCount = Count()
        var length = Count()

        var minimum: JSONValue?
        var maximum: JSONValue?
        var exclusiveMinimum: JSONValue?
        var exclusiveMaximum: JSONValue?

        var anyOf: [Int] = []
        var oneOf: [Int] = []
        var allOf: [Int] = []
        var reference: Int?

        /// The schema `false`: no value is valid.
        var refusesAll = false

        /// Subschemas that look at the same value as this one, not at a part of it.
        var inPlace: [Int] { anyOf + oneOf + allOf + (reference.map { [$0] } ?? []) }
    }

    /// Bounds of a count, both inclusive.
    struct Count: Sendable {
        var least: Int64?
        var most: Int64?
    }
}

/// A set of the type names of JSON Schema.
struct JSONTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = JSONTypes(rawValue: 1)
    static let boolean = JSONTypes(rawValue: 2)
    static let integer = JSONTypes(rawValue: 4)
    static let number = JSONTypes(rawValue: 8)
    static let string = JSONTypes(rawValue: 16)
    static let array = JSONTypes(rawValue: 32)
    static let object = JSONTypes(rawValue: 64)

    private static let named: [(name: String, type: JSONTypes)] = [
        ("null", .null), ("boolean", .boolean), ("integer", .integer), ("number", .number), ("string", .string),
        ("array", .array), ("object", .object),
    ]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init?(name: String) {
        guard let entry = Self.named.first(where: { $0.name == name }) else { return nil }
        self = entry.type
    }

    /// All types that a value has: an integer is a number too, and `1.0` is an integer (2020-12 core, 4.2.3).
    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .int, .uint: self = [.integer, .number]
        case .double(let number): self = number == number.rounded() ? [.integer, .number] : .number
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }

    /// The names for a message, the most precise first: `integer`, `string or null`.
    var text: String {
        let names = Self.named.filter { contains($0.type) && !($0.type == .number && contains(.integer)) }
        return names.map(\.name).joined(separator: " or ")
    }
}
