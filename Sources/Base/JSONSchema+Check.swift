/// One check of one value: walks value and schema together and collects messages.
struct JSONSchemaCheck {
    /// More faults than that help nobody to repair a value.
    static let maximumMessages = 20
    /// Values deeper than that are refused; the parser's own bound is 128.
    static let maximumDepth = 256
    /// Bounds the time that alternatives inside alternatives can take, to about half a second. A value of 100,000 bytes
    /// with 4,000 parts takes as many visits.
    static let maximumVisits = 200_000

    private enum Step { case key(String), index(Int) }

    let nodes: [JSONSchema.Node]
    private(set) var messages: [String] = []
    private var path: [Step] = []
    private var visits = 0

    init(nodes: [JSONSchema.Node]) {
        self.nodes = nodes
    }

    mutating func visit(_ index: Int, _ value: JSONValue) {
        visits += 1
        guard messages.count < Self.maximumMessages else { return }
        guard visits <= Self.maximumVisits, path.count <= Self.maximumDepth else {
            return fail("too large or too deeply nested to be checked")
        }
        let node = nodes[index]
        if node.refusesAll { return fail("not allowed") }
        if let types = node.types, types.isDisjoint(with: JSONTypes(of: value)) {
            return fail("expected \(types.text) but found \(JSONTypes(of: value).text)")
        }
        checkChoices(node, value)
        switch value {
        case .int, .uint, .double: checkRange(node, value)
        case .string(let string): checkLength(node, string)
        case .array(let items): checkItems(node, items)
        case .object(let object): checkProperties(node, object)
        case .null, .bool: break
        }
        checkCombinations(node, value)
    }

    private mutating func fail(_ message: String) {
        guard messages.count < Self.maximumMessages else { return }
        messages.append(path.isEmpty ? message : "\(pathText): \(message)")
    }

    private var pathText: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key): text += text.isEmpty ? key.shortened : ".\(key.shortened)"
            }
        }
    }

    private mutating func within(_ step: Step, _ index: Int, _ value: JSONValue) {
        path.append(step)
        visit(index, value)
        path.removeLast()
    }
}

// MARK: - One value

extension JSONSchemaCheck {
    private mutating func checkChoices(_ node: JSONSchema.Node, _ value: JSONValue) {
        if let constant = node.constant, !value.isSame(as: constant) {
            fail("expected \(constant.excerpt) but found \(value.excerpt)")
        }
        if let choices = node.choices, !choices.contains(where: value.isSame) {
            let names = choices.map(\.excerpt).joined(separator: ", ")
            fail("expected \(choices.count == 1 ? names : "one of \(names)") but found \(value.excerpt)")
        }
    }

    private mutating func checkRange(_ node: JSONSchema.Node, _ value: JSONValue) {
        if let bound = node.minimum, value.isNumber(lessThan: bound) {
            fail("expected at least \(bound.excerpt) but found \(value.excerpt)")
        }
        if let bound = node.maximum, bound.isNumber(lessThan: value) {
            fail("expected at most \(bound.excerpt) but found \(value.excerpt)")
        }
        if let bound = node.exclusiveMinimum, !bound.isNumber(lessThan: value) {
            fail("expected more than \(bound.excerpt) but found \(value.excerpt)")
        }
        if let bound = node.exclusiveMaximum, !value.isNumber(lessThan: bound) {
            fail("expected less than \(bound.excerpt) but found \(value.excerpt)")
        }
    }

    private mutating func checkLength(_ node: JSONSchema.Node, _ string: String) {
        guard node.length.least != nil || node.length.most != nil else { return }
        checkCount(string.unicodeScalars.count, node.length, of: "character", "characters")
    }

    private mutating func checkCount(
        _ count: Int, _ bounds: JSONSchema.Count, of one: String, _ many: String
    ) {
        if let least = bounds.least, count < least {
            fail("expected at least \(least) \(least == 1 ? one : many) but found \(count)")
        }
        if let most = bounds.most, count > most {
            fail("expected at most \(most) \(most == 1 ? one : many) but found \(count)")
        }
    }
}

// MARK: - Parts of a value

extension JSONSchemaCheck {
    private mutating func checkItems(_ node: JSONSchema.Node, _ items: [JSONValue]) {
        checkCount(items.count, node.itemCount, of: "item", "items")
        guard let schema = node.items else { return }
        for (index, item) in items.enumerated() {
            within(.index(index), schema, item)
        }
    }

    private mutating func checkProperties(_ node: JSONSchema.Node, _ object: JSONObject) {
        checkCount(object.count, node.propertyCount, of: "property", "properties")
        for name in node.required where object[name] == nil {
            failMissing(name, node)
        }
        guard !node.properties.isEmpty || node.additionalProperties != nil else { return }
        for (name, value) in object {
            if let schema = node.properties[name] {
                within(.key(name), schema, value)
            } else if let schema = node.additionalProperties {
                checkAdditional(name, value, schema, node)
            }
        }
    }

    private mutating func failMissing(_ name: String, _ node: JSONSchema.Node) {
        path.append(.key(name))
        defer { path.removeLast() }
        let types = node.properties[name].flatMap { nodes[$0].types }
        fail("required but missing" + (types.map { "; expected \($0.text)" } ?? ""))
    }

    private mutating func checkAdditional(
        _ name: String, _ value: JSONValue, _ schema: Int, _ node: JSONSchema.Node
    ) {
        guard nodes[schema].refusesAll else { return within(.key(name), schema, value) }
        let known = node.propertyNames.joined(separator: ", ")
        fail(
            "unknown property \"\(name.shortened)\"; expected "
                + (known.isEmpty ? "none" : node.propertyNames.count == 1 ? known : "one of \(known)"))
    }
}

// MARK: - Combinations

extension JSONSchemaCheck {
    private mutating func checkCombinations(_ node: JSONSchema.Node, _ value: JSONValue) {
        if let reference = node.reference { visit(reference, value) }
        for schema in node.allOf { visit(schema, value) }
        if !node.anyOf.isEmpty { checkAlternatives(node.anyOf, value, exactlyOne: false) }
        if !node.oneOf.isEmpty { checkAlternatives(node.oneOf, value, exactlyOne: true) }
    }

    private mutating func checkAlternatives(_ schemas: [Int], _ value: JSONValue, exactlyOne: Bool) {
        var failures: [(schema: Int, messages: [String])] = []
        var matches = 0
        for schema in schemas {
            let found = trial(schema, value)
            if found.isEmpty { matches += 1 } else { failures.append((schema, found)) }
            if matches > 0 && !exactlyOne { return }
        }
        switch matches {
        case 0: failAlternatives(failures, value)
        case 1: break
        default: fail("fits \(matches) of the allowed forms; expected exactly one")
        }
    }

    /// What a subschema says about the value, without saying it yet.
    private mutating func trial(_ schema: Int, _ value: JSONValue) -> [String] {
        let before = messages
        messages = []
        defer { messages = before }
        visit(schema, value)
        return messages
    }

    /// Says what the form that the value seems to be meant as expects; all of them if that is not clear.
    private mutating func failAlternatives(
        _ failures: [(schema: Int, messages: [String])], _ value: JSONValue
    ) {
        let meant = failures.filter { types(of: $0.schema)?.isDisjoint(with: JSONTypes(of: value)) != true }
        if meant.count == 1 {
            messages.append(contentsOf: meant[0].messages.prefix(Self.maximumMessages - messages.count))
        } else if meant.isEmpty {
            let expected = failures.reduce(into: JSONTypes()) { $0.formUnion(types(of: $1.schema) ?? []) }
            fail("expected \(expected.text) but found \(JSONTypes(of: value).text)")
        } else {
            fail("fits none of the allowed forms: " + meant.compactMap(\.messages.first).joined(separator: "; or "))
        }
    }

    private func types(of schema: Int) -> JSONTypes? {
        var node = nodes[schema]
        // Ends: a chain of references cannot come back to itself, the compiler refuses that.
        while node.types == nil, let reference = node.reference { node = nodes[reference] }
        return node.types
    }
}

// MARK: - Values in messages and comparisons

extension String {
    /// The beginning, for a message: the rest of a long foreign string is of no use there.
    fileprivate var shortened: String {
        count <= 60 ? self : "\(prefix(60))…"
    }
}

extension JSONValue {
    fileprivate var excerpt: String {
        switch self {
        case .array, .object: JSONTypes(of: self).text
        case .string(let string): JSONValue.string(string.shortened).text()
        default: text()
        }
    }

    /// Equality of JSON Schema: numbers by value (`1` is `1.0`), objects regardless of order.
    fileprivate func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { key, value in right[key].map(value.isSame) ?? false }
        case (.double, _), (_, .double):
            guard let left = doubleValue, let right = other.doubleValue else { return false }
            return left == right
        default:
            return self == other
        }
    }

    /// Compares two numbers; integers exactly, others as doubles. False when either is no number.
    fileprivate func isNumber(lessThan other: JSONValue) -> Bool {
        switch (self, other) {
        case (.int(let left), .int(let right)): left < right
        case (.uint(let left), .uint(let right)): left < right
        case (.int, .uint): true
        case (.uint, .int): false
        default: if let left = doubleValue, let right = other.doubleValue { left < right } else { false }
        }
    }
}
