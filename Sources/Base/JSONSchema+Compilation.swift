/// Turns a schema document into ``JSONSchema/Node``s, refusing whatever the check would not honour.
struct JSONSchemaCompiler {
    /// Deeper schemas are refused; ours have fewer than ten levels.
    static let maximumDepth = 64

    private var nodes: [JSONSchema.Node] = []
    private var definitions: [String: Int] = [:]

    mutating func compile(root: JSONValue) throws(JSONSchemaError) -> [JSONSchema.Node] {
        let index = reserve()
        let pending = try reserveDefinitions(of: root)
        nodes[index] = try node(of: root, at: "#", depth: 0)
        for (name, schema) in pending {
            // Reserved just above, for these very names.
            guard let index = definitions[name] else { continue }
            nodes[index] = try node(of: schema, at: "#/$defs/\(name)", depth: 1)
        }
        try refuseEndlessReferences()
        return nodes
    }

    private mutating func reserve() -> Int {
        nodes.append(JSONSchema.Node())
        return nodes.count - 1
    }

    private mutating func reserveDefinitions(
        of root: JSONValue
    ) throws(JSONSchemaError) -> [(String, JSONValue)] {
        guard let value = root["$defs"] else { return [] }
        guard let entries = value.objectValue else { throw .bad("#/$defs", "expected an object of schemas") }
        var pending: [(String, JSONValue)] = []
        for (name, schema) in entries {
            definitions[name] = reserve()
            pending.append((name, schema))
        }
        return pending
    }

    private mutating func child(
        _ schema: JSONValue, at pointer: String, depth: Int
    ) throws(JSONSchemaError) -> Int {
        guard depth < Self.maximumDepth else {
            throw JSONSchemaError(
                code: .tooDeep, pointer: pointer, detail: "nested deeper than \(Self.maximumDepth) levels")
        }
        let index = reserve()
        nodes[index] = try node(of: schema, at: pointer, depth: depth)
        return index
    }

    private mutating func node(
        of schema: JSONValue, at pointer: String, depth: Int
    ) throws(JSONSchemaError) -> JSONSchema.Node {
        var node = JSONSchema.Node()
        switch schema {
        case .bool(let allows):
            node.refusesAll = !allows
        case .object(let keywords):
            for (keyword, value) in keywords {
                let place = "\(pointer)/\(keyword)"
                if try readAssertion(keyword, value, at: place, into: &node) { continue }
                if try readApplicator(keyword, value, at: place, depth: depth + 1, into: &node) { continue }
                try readAnnotation(keyword, value, at: place, isRoot: depth == 0)
            }
            try refuseUnsatisfiableRequirement(of: node, at: pointer)
        default:
            throw JSONSchemaError(
                code: .notASchema, pointer: pointer,
                detail: "expected an object or a boolean but found \(JSONTypes(of: schema).text)")
        }
        return node
    }

    private func readAssertion(
        _ keyword: String, _ value: JSONValue, at pointer: String, into node: inout JSONSchema.Node
    ) throws(JSONSchemaError) -> Bool {
        switch keyword {
        case "type": node.types = try types(value, at: pointer)
        case "enum": node.choices = try choices(value, at: pointer)
        case "const": node.constant = value
        case "required": node.required = try strings(value, at: pointer)
        case "minProperties": node.propertyCount.least = try count(value, at: pointer)
        case "maxProperties": node.propertyCount.most = try count(value, at: pointer)
        case "minItems": node.itemCount.least = try count(value, at: pointer)
        case "maxItems": node.itemCount.most = try count(value, at: pointer)
        case "minLength": node.length.least = try count(value, at: pointer)
        case "maxLength": node.length.most = try count(value, at: pointer)
        case "minimum": node.minimum = try number(value, at: pointer)
        case "maximum": node.maximum = try number(value, at: pointer)
        case "exclusiveMinimum": node.exclusiveMinimum = try number(value, at: pointer)
        case "exclusiveMaximum": node.exclusiveMaximum = try number(value, at: pointer)
        default: return false
        }
        return true
    }

    private mutating func readApplicator(
        _ keyword: String, _ value: JSONValue, at pointer: String, depth: Int, into node: inout JSONSchema.Node
    ) throws(JSONSchemaError) -> Bool {
        switch keyword {
        case "properties":
            guard let entries = value.objectValue else { throw .bad(pointer, "expected an object of schemas") }
            for (name, schema) in entries {
                node.propertyNames.append(name)
                node.properties[name] = try child(schema, at: "\(pointer)/\(name)", depth: depth)
            }
        case "additionalProperties": node.additionalProperties = try child(value, at: pointer, depth: depth)
        case "items": node.items = try child(value, at: pointer, depth: depth)
        case "anyOf": node.anyOf = try children(value, at: pointer, depth: depth)
        case "oneOf": node.oneOf = try children(value, at: pointer, depth: depth)
        case "allOf": node.allOf = try children(value, at: pointer, depth: depth)
        case "$ref": node.reference = try reference(value, at: pointer)
        default: return false
        }
        return true
    }

    private mutating func children(
        _ value: JSONValue, at pointer: String, depth: Int
    ) throws(JSONSchemaError) -> [Int] {
        guard let schemas = value.arrayValue, !schemas.isEmpty else {
            throw .bad(pointer, "expected a list of schemas with at least one")
        }
        var indices: [Int] = []
        for (position, schema) in schemas.enumerated() {
            indices.append(try child(schema, at: "\(pointer)/\(position)", depth: depth))
        }
        return indices
    }

    /// Keywords that say something to readers and nothing to the check. `format` is one by default (2020-12
    /// validation, 7.2.1); `x-…` is the customary prefix of extensions such as MCP's `x-mcp-header`.
    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "$comment",
    ]

    private func readAnnotation(
        _ keyword: String, _ value: JSONValue, at pointer: String, isRoot: Bool
    ) throws(JSONSchemaError) {
        if Self.annotations.contains(keyword) || keyword.hasPrefix("x-") { return }
        if isRoot && keyword == "$defs" { return }
        guard isRoot && keyword == "$schema" else {
            throw JSONSchemaError(
                code: .unsupportedKeyword, pointer: pointer, detail: "the keyword \"\(keyword)\" is not supported here")
        }
        guard value.stringValue == "https://json-schema.org/draft/2020-12/schema" else {
            throw .bad(pointer, "expected the 2020-12 dialect, https://json-schema.org/draft/2020-12/schema")
        }
    }

    private func reference(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> Int {
        guard let text = value.stringValue else { throw .bad(pointer, "expected a string") }
        if text == "#" { return 0 }
        let prefix = "#/$defs/"
        guard text.hasPrefix(prefix), let index = definitions[String(text.dropFirst(prefix.count))] else {
            throw JSONSchemaError(
                code: .badReference, pointer: pointer,
                detail: "\"\(text)\" does not resolve; only # and #/$defs/<name> of the same schema do")
        }
        return index
    }

    /// A subschema that reaches itself without going into a part of the value would never end.
    private func refuseEndlessReferences() throws(JSONSchemaError) {
        enum Mark { case unseen, open, done }
        var marks = [Mark](repeating: .unseen, count: nodes.count)
        func endless(_ index: Int) -> Bool {
            guard marks[index] == .unseen else { return marks[index] == .open }
            marks[index] = .open
            defer { marks[index] = .done }
            return nodes[index].inPlace.contains(where: endless)
        }
        if nodes.indices.contains(where: endless) {
            throw JSONSchemaError(code: .badReference, pointer: "#", detail: "a $ref leads back to itself")
        }
    }

    private func refuseUnsatisfiableRequirement(
        of node: JSONSchema.Node, at pointer: String
    ) throws(JSONSchemaError) {
        guard let others = node.additionalProperties, nodes[others].refusesAll else { return }
        for name in node.required where node.properties[name] == nil {
            throw JSONSchemaError(
                code: .unsatisfiable, pointer: "\(pointer)/required",
                detail: "\"\(name)\" is required, but it is no property and additional ones are refused")
        }
    }
}

extension JSONSchemaCompiler {
    private func types(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> JSONTypes {
        let names = if let name = value.stringValue { [name] } else { try strings(value, at: pointer) }
        var types: JSONTypes = []
        for name in names {
            guard let type = JSONTypes(name: name) else { throw .bad(pointer, "\"\(name)\" is not a type") }
            types.insert(type)
        }
        guard !types.isEmpty else { throw .bad(pointer, "expected at least one type") }
        return types
    }

    private func choices(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> [JSONValue] {
        guard let choices = value.arrayValue, !choices.isEmpty else {
            throw .bad(pointer, "expected a list of values with at least one")
        }
        return choices
    }

    private func strings(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> [String] {
        guard let values = value.arrayValue else { throw .bad(pointer, "expected a list of strings") }
        let strings = values.compactMap(\.stringValue)
        guard strings.count == values.count else { throw .bad(pointer, "expected a list of strings") }
        return strings
    }

    private func count(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> Int64 {
        guard case .int(let count) = value, count >= 0 else { throw .bad(pointer, "expected a whole number from 0") }
        return count
    }

    private func number(_ value: JSONValue, at pointer: String) throws(JSONSchemaError) -> JSONValue {
        guard JSONTypes(of: value).contains(.number) else { throw .bad(pointer, "expected a number") }
        return value
    }
}

extension JSONSchemaError {
    fileprivate static func bad(_ pointer: String, _ detail: String) -> JSONSchemaError {
        JSONSchemaError(code: .badKeywordValue, pointer: pointer, detail: detail)
    }
}
