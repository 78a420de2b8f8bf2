import Base

/// A parameter that 2026-07-28 clients repeat in a header `Mcp-Param-<X>`, because its schema says `x-mcp-header: X`.
///
/// Gateways may route on the header, so a request in which it says something else than the argument is refused.
struct ParameterHeader: Hashable {
    /// An annotation for which clients would drop the whole tool.
    struct Misplaced: Error {
        let detail: String
    }

    private static let keyword = "x-mcp-header"

    /// The keys of `properties` from the root to the parameter.
    let path: [String]
    /// The header's whole name.
    let header: String

    /// All annotations of an input schema. They may stand only on string, integer or boolean properties that are
    /// reached from the root through `properties` alone, each with a token that is unique ignoring case.
    static func all(in schema: JSONValue) throws(Misplaced) -> [ParameterHeader] {
        var found: [ParameterHeader] = []
        try collect(schema, path: [], into: &found)
        let names = Set(found.map { $0.header.lowercased() })
        guard names.count == found.count else { throw Misplaced(detail: "two parameters have the same \(keyword)") }
        return found
    }

    private static func collect(
        _ schema: JSONValue, path: [String]?, into found: inout [ParameterHeader]
    ) throws(Misplaced) {
        guard let object = schema.objectValue else { return }
        if let token = object[keyword] { found.append(try annotation(token, on: object, path: path)) }
        for (keyword, value) in object {
            switch keyword {
            case "properties":
                for (name, schema) in value.objectValue ?? [:] {
                    try collect(schema, path: path.map { $0 + [name] }, into: &found)
                }
            case "$defs": for (_, schema) in value.objectValue ?? [:] { try collect(schema, path: nil, into: &found) }
            case "items", "additionalProperties": try collect(value, path: nil, into: &found)
            case "anyOf", "oneOf", "allOf":
                for schema in value.arrayValue ?? [] { try collect(schema, path: nil, into: &found) }
            default: break
            }
        }
    }

    private static func annotation(
        _ token: JSONValue, on schema: JSONObject, path: [String]?
    ) throws(Misplaced) -> ParameterHeader {
        guard let path, !path.isEmpty else {
            throw Misplaced(detail: "\(keyword) may only stand on properties reached through properties")
        }
        let place = path.joined(separator: ".")
        guard let name = token.stringValue, isToken(name) else {
            throw Misplaced(detail: "\(place): \(keyword) must be a header token")
        }
        guard ["string", "integer", "boolean"].contains(schema["type"]) else {
            throw Misplaced(detail: "\(place): \(keyword) needs the type string, integer or boolean")
        }
        return ParameterHeader(path: path, header: "Mcp-Param-\(name)")
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension ParameterHeader {
    /// Throws -32020 unless the header is there exactly when the argument is, and says the same.
    func check(_ headers: HTTPHeaders, against arguments: JSONObject) throws(ProtocolError) {
        let values = headers.all(header)
        let argument = path.reduce(JSONValue.object(arguments)) { $0[$1] ?? .null }
        if argument.isNull {
            guard values.isEmpty else { throw .headerMismatch("\(header) is given without its argument") }
            return
        }
        guard let raw = values.first else { throw .headerMismatch("\(header) is missing") }
        guard values.count == 1 else { throw .headerMismatch("\(header) is given more than once") }
        guard let value = HeaderValue(raw) else {
            throw .headerMismatch("\(header) is not canonical base64 of UTF-8")
        }
        guard says(value, argument) else {
            throw .headerMismatch("\(header) differs from the argument \(path.joined(separator: "."))")
        }
    }

    /// Integers are compared by value. An argument of another kind than the header can carry is left to the schema.
    private func says(_ header: HeaderValue, _ argument: JSONValue) -> Bool {
        switch argument {
        case .string(let text): header.equals(text)
        case .bool(let flag): header.equals(flag ? "true" : "false")
        case .int(let number): Int64(header.text) == number
        case .uint(let number): UInt64(header.text) == number
        case .double(let number): Double(header.text) == number
        case .null, .array, .object: true
        }
    }
}
