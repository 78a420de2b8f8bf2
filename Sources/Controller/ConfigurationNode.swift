import Base

/// A place in the configuration that is read with its type checked.
struct ConfigurationNode {
    let value: JSONValue
    let path: String
    private let locations: [String: SourceLocation]
    private let missingVariables: [String: String]

    init(
        value: JSONValue, path: String, locations: [String: SourceLocation], missingVariables: [String: String]
    ) {
        self.value = value
        self.path = path
        self.locations = locations
        self.missingVariables = missingVariables
    }

    /// The member at a dotted path; nil when it or one of its parents is absent or null.
    subscript(_ keys: String) -> ConfigurationNode? {
        var node = self
        for key in keys.split(separator: ".") {
            guard let member = node.value[String(key)], !member.isNull else { return nil }
            node = node.child(member, node.path.isEmpty ? String(key) : "\(node.path).\(key)")
        }
        return node
    }

    /// The elements of an array.
    func elements() throws(ConfigurationError) -> [ConfigurationNode] {
        guard case .array(let values) = value else { throw expected("a list") }
        return values.enumerated().map { child($1, "\(path)[\($0)]") }
    }

    /// The member at a dotted path, which must be there.
    func required(_ keys: String, _ expectation: String) throws(ConfigurationError) -> ConfigurationNode {
        if let node = self[keys] { return node }
        let missing = path.isEmpty ? keys : "\(path).\(keys)"
        let reason = missingVariables[missing].map { ": the environment variable \($0) is not set" } ?? ""
        throw ConfigurationError(
            path: missing, location: (locations[missing] ?? locations[path])?.description,
            detail: "is missing\(reason); expected \(expectation)")
    }

    func string() throws(ConfigurationError) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        return text
    }

    func bool() throws(ConfigurationError) -> Bool {
        guard case .bool(let flag) = value else { throw expected("true or false") }
        return flag
    }

    func integer(in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
        guard let number = value.intValue, range.contains(number) else {
            throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that may have a fraction, in the form in which it was written.
    func number() throws(ConfigurationError) -> Double {
        guard let number = value.doubleValue else { throw expected("a number") }
        return number
    }

    func strings() throws(ConfigurationError) -> [String] {
        if case .string(let text) = value { return [text] }
        var texts: [String] = []
        for element in try elements() { texts.append(try element.string()) }
        return texts
    }

    /// An error about this value that names its path and place.
    func expected(_ expectation: String) -> ConfigurationError {
        ConfigurationError(
            path: path, location: locations[path]?.description,
            detail: "expected \(expectation), found \(value.typeName)")
    }

    /// An error about this value in other words.
    func refused(_ detail: String) -> ConfigurationError {
        ConfigurationError(path: path, location: locations[path]?.description, detail: detail)
    }

    /// The paths of keys that are not among the known ones. A known path that ends in `.*` covers what is below it;
    /// `[]` stands for any element.
    func unknownKeys(known: Set<String>) -> [String] {
        var unknown: [String] = []
        collect(value, path: "", pattern: "", known: known, into: &unknown)
        return unknown
    }

    private func collect(
        _ value: JSONValue, path: String, pattern: String, known: Set<String>, into unknown: inout [String]
    ) {
        if known.contains(pattern + ".*") { return }
        switch value {
        case .object(let members):
            for (key, member) in members {
                let next = pattern.isEmpty ? key : "\(pattern).\(key)"
                let nextPath = path.isEmpty ? key : "\(path).\(key)"
                let isKnown = known.contains { $0 == next || $0.hasPrefix(next + ".") || $0.hasPrefix(next + "[]") }
                if isKnown {
                    collect(member, path: nextPath, pattern: next, known: known, into: &unknown)
                } else {
                    unknown.append(nextPath)
                }
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                collect(element, path: "\(path)[\(index)]", pattern: pattern + "[]", known: known, into: &unknown)
            }
        default: break
        }
    }

    private func child(_ value: JSONValue, _ path: String) -> ConfigurationNode {
        ConfigurationNode(value: value, path: path, locations: locations, missingVariables: missingVariables)
    }
}
