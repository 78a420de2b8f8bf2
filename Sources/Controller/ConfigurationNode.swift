import Base

/// A place in the configuration that is read with its type checked.
struct ConfigurationNode {
    let value: JSONValue
    let path: String
    private let locations: [String: SourceLocation]
    /// Variables that are not set, by the path of the value that asks for them.
    let missingVariables: [String: String]

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

    /// The members of an object, by keys that may have dots; none of what is no object.
    var members: [(key: String, node: ConfigurationNode)] {
        (value.objectValue ?? JSONObject()).map { ($0.key, child($0.value, "\(path).\($0.key)")) }
    }

    /// The member at a dotted path, which must be there.
    func required(_ keys: String, _ expectation: String) throws(ConfigurationError) -> ConfigurationNode {
        if let node = self[keys] { return node }
        let missing = path.isEmpty ? keys : "\(path).\(keys)"
        throw ConfigurationError(
            path: missing, location: (locations[missing] ?? locations[path])?.description,
            detail: "is missing\(reason(missing)); expected \(expectation)")
    }

    /// The member of this object; nil when it does not stand there. Standing there without a value, or with a variable that
    /// is not set, is refused: for what narrows access, that must not count as absent.
    func member(_ key: String, _ expectation: String) throws(ConfigurationError) -> ConfigurationNode? {
        let isNull = value[key]?.isNull ?? (missingVariables["\(path).\(key)"] != nil)
        return isNull ? try required(key, expectation) : self[key]
    }

    private func reason(_ path: String) -> String {
        missingVariables[path].map { ": the environment variable \($0) is not set" } ?? ""
    }

    func string() throws(ConfigurationError) -> String {
        guard case .string(let text) = value else { throw expected("a string") }
        return text
    }

    // What comes from the environment (`${PORT}`) is a string; one that holds a number or a boolean counts as that.

    func bool() throws(ConfigurationError) -> Bool {
        switch value {
        case .bool(let flag): return flag
        case .string("true"): return true
        case .string("false"): return false
        default: throw expected("true or false")
        }
    }

    func integer(in range: ClosedRange<Int64>) throws(ConfigurationError) -> Int64 {
        guard let number = value.intValue ?? value.stringValue.flatMap({ Int64($0) }), range.contains(number) else {
            throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number that may have a fraction, in the form in which it was written.
    func number() throws(ConfigurationError) -> Double {
        // Swift would read "inf" and "0x1p3" too.
        let text = value.stringValue.flatMap { $0.utf8.allSatisfy("0123456789+-.eE".utf8.contains) ? $0 : nil }
        guard let number = value.doubleValue ?? text.flatMap(Double.init) else { throw expected("a number") }
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
            detail: "expected \(expectation), found \(value.typeName)\(reason(path))")
    }

    /// An error about this value in other words.
    func refused(_ detail: String) -> ConfigurationError {
        ConfigurationError(path: path, location: locations[path]?.description, detail: detail)
    }

    /// An error about the value at a path of the whole configuration. Where nothing stands, it is about what that is
    /// missing from.
    func refused(_ detail: String, at path: String) -> ConfigurationError {
        var place = path[...]
        while locations[String(place)] == nil, let dot = place.lastIndex(of: ".") { place = place[..<dot] }
        return ConfigurationError(
            path: path, location: locations[String(place)]?.description, detail: detail + reason(path))
    }

    /// The paths of keys that are not among the known ones. A known path that ends in `.*` covers what is below it;
    /// `[]` stands for any element.
    ///
    /// - Throws: for a value where only an object has a meaning.
    func unknownKeys(known: Set<String>) throws(ConfigurationError) -> [String] {
        var unknown: [String] = []
        try collect(value, path: "", pattern: "", known: known, into: &unknown)
        return unknown
    }

    private func collect(
        _ value: JSONValue, path: String, pattern: String, known: Set<String>, into unknown: inout [String]
    ) throws(ConfigurationError) {
        if value.isNull || known.contains(pattern + ".*") { return }
        switch value {
        case .object(let members):
            for (key, member) in members {
                let next = pattern.isEmpty ? key : "\(pattern).\(key)"
                let nextPath = path.isEmpty ? key : "\(path).\(key)"
                let isKnown = known.contains { $0 == next || $0.hasPrefix(next + ".") || $0.hasPrefix(next + "[]") }
                if isKnown {
                    try collect(member, path: nextPath, pattern: next, known: known, into: &unknown)
                } else {
                    unknown.append(nextPath)
                }
            }
        case .array(let elements) where known.contains { $0.hasPrefix(pattern + "[]") }:
            for (index, element) in elements.enumerated() {
                try collect(element, path: "\(path)[\(index)]", pattern: pattern + "[]", known: known, into: &unknown)
            }
        default: if !known.contains(pattern) { throw child(value, path).expected("an object") }
        }
    }

    private func child(_ value: JSONValue, _ path: String) -> ConfigurationNode {
        ConfigurationNode(value: value, path: path, locations: locations, missingVariables: missingVariables)
    }
}
