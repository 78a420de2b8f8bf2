internal import Base

/// One walk over a whole document for what no field's own rule says: its size, values that the database cannot hold,
/// and keys that differ only by letter case.
struct ContentCheck {
    /// Everything found; nothing but the size when that is wrong.
    private(set) var problems: [EntityProblem] = []
    private(set) var isTooLarge = false
    /// True when the database could not hold the document.
    var hasUnstorable: Bool { isTooLarge || problems.contains { $0.code == .unstorable } }

    /// Lower bound of the bytes as JSON.
    private var bytes = 0
    private var path: DocumentPath = []

    init(_ document: JSONValue) {
        visit(document)
        guard isTooLarge else { return }
        let message = "Entity is larger than \(EntityValidator.maximumBytes) bytes of JSON"
        problems = [EntityProblem(.tooLarge, at: [], message)]
    }

    private mutating func visit(_ value: JSONValue) {
        guard !isTooLarge else { return }
        switch value {
        case .string(let text):
            add(text.utf8.count + 2)
            if text.hasNUL { refuse("must NOT have the character U+0000, which the database cannot hold") }
        case .double(let number):
            add(1)
            if !number.isFinite { refuse("must be a finite number") }
        case .array(let elements):
            add(2)
            for (index, element) in elements.enumerated() { visit(element, below: .index(index)) }
        case .object(let object):
            add(2)
            checkKeys(object)
            for (key, value) in object { visit(value, below: .key(key)) }
        default: add(1)
        }
    }

    private mutating func visit(_ value: JSONValue, below component: YAMLNode.PathComponent) {
        path.append(component)
        visit(value)
        path.removeLast()
    }

    private mutating func checkKeys(_ object: JSONObject) {
        var seen: Set<String> = []
        for key in object.keys {
            add(key.utf8.count + 3)
            path.append(.key(key))
            defer { path.removeLast() }
            if key.hasNUL { refuse("must NOT have the character U+0000 in its key, which the database cannot hold") }
            if !seen.insert(key.lowercased()).inserted {
                let message = "Entity has duplicate keys that vary only in casing, '\(path.dotted.lowercased())'"
                problems.append(EntityProblem(.duplicateKeys, at: path, message))
            }
        }
    }

    private mutating func add(_ count: Int) {
        bytes += count
        if bytes > EntityValidator.maximumBytes { isTooLarge = true }
    }

    private mutating func refuse(_ what: String) {
        problems.append(EntityProblem(.unstorable, at: path, "Malformed envelope, \(path.pointer) \(what)"))
    }
}

extension DocumentPath {
    /// The keys joined by dots, as the search index names fields; elements of lists share their list's name.
    fileprivate var dotted: String {
        compactMap { if case .key(let key) = $0 { key } else { nil } }.joined(separator: ".")
    }
}
