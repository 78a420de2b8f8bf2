internal import Base

/// What is found wrong or odd while a canonical file is read.
struct CanonicalNotes {
    let file: String
    private(set) var problems: [DocumentProblem] = []
    private(set) var warnings: [DocumentProblem] = []

    init(file: String) { self.file = file }

    mutating func refuse(_ position: SourcePosition, _ message: String) {
        problems.append(DocumentProblem(.canonical, at: place(position), message))
    }

    mutating func warn(_ position: SourcePosition, _ message: String) {
        warnings.append(DocumentProblem(.canonical, at: place(position), message))
    }

    func place(_ position: SourcePosition) -> SourceLocation { SourceLocation(file: file, position: position) }
}

/// A value of a canonical file with its path and place. Complaints never repeat a value: it may be a secret.
struct CanonicalNode {
    /// Such as `repositories.shop.github`.
    let path: String
    /// The last part of the path.
    let key: String
    /// Of the key where there is one.
    let position: SourcePosition
    let value: YAMLNode

    init(root: YAMLNode) {
        path = ""
        key = ""
        position = root.position
        value = root
    }

    private init(path: String, key: String, position: SourcePosition, value: YAMLNode) {
        self.path = path
        self.key = key
        self.position = position
        self.value = value
    }

    var isNull: Bool { value.json.isNull }
    private var shown: String { path.isEmpty ? "the file" : path }

    /// The member of a mapping; nil when there is none or it is null.
    subscript(key: String) -> CanonicalNode? {
        guard case .mapping(let members) = value.content, let member = members.first(where: { $0.key == key })
        else { return nil }
        let node = child(member.key, member.keyPosition, member.value)
        return node.isNull ? nil : node
    }

    /// The members of a mapping; none for null. Anything else is a problem.
    func members(_ notes: inout CanonicalNotes) -> [CanonicalNode] {
        switch value.content {
        case .mapping(let members): return members.map { child($0.key, $0.keyPosition, $0.value) }
        case .scalar(.null): return []
        default:
            notes.refuse(position, "\(shown): expected an object")
            return []
        }
    }

    /// The elements of a list; none for null. Anything else is a problem.
    func elements(_ notes: inout CanonicalNotes) -> [CanonicalNode] {
        switch value.content {
        case .sequence(let nodes):
            return nodes.enumerated().map {
                CanonicalNode(path: "\(path)[\($0)]", key: "", position: $1.position, value: $1)
            }
        case .scalar(.null): return []
        default:
            notes.refuse(position, "\(shown): expected a list")
            return []
        }
    }

    var isMapping: Bool { if case .mapping = value.content { true } else { false } }
    var isSequence: Bool { if case .sequence = value.content { true } else { false } }
    var isScalar: Bool { if case .scalar = value.content { true } else { false } }
    /// Nil when it is no string.
    var string: String? { value.json.stringValue }
    /// A string, or a number or boolean as it would be written; nil for anything else.
    var scalarText: String? {
        switch value.json {
        case .string(let text): text
        case .int, .uint, .double, .bool: value.json.text()
        default: nil
        }
    }

    /// Tells of members that nobody reads.
    func warnOfUnknown(_ known: Set<String>, _ notes: inout CanonicalNotes) {
        guard case .mapping(let members) = value.content else { return }
        for member in members where !known.contains(member.key) {
            let name = path.isEmpty ? member.key : "\(path).\(member.key)"
            notes.warn(member.keyPosition, "\(name) is not known and is not used")
        }
    }

    /// The text at a key when it has the form; another one is a problem.
    func text(
        _ key: String, _ notes: inout CanonicalNotes, _ expectation: String = "a text",
        where accepts: (String) -> Bool = { !$0.isEmpty }
    ) -> String? {
        guard let node = self[key] else { return nil }
        if let text = node.string, !text.hasNUL, accepts(text) { return text }
        notes.refuse(node.position, "\(node.path): expected \(expectation)")
        return nil
    }

    /// The ref of an entity at a key. Stricter than relations are: what has another form is hardly a name.
    func ref(_ key: String, _ notes: inout CanonicalNotes) -> String? {
        text(key, &notes, "[<kind>:][<namespace>/]<name>") { text in
            guard let ref = try? EntityRef(parsing: text, defaultKind: "group") else { return false }
            return FieldFormat.kind.accepts(ref.kind) && FieldFormat.namespace.accepts(ref.namespace)
                && FieldFormat.entityName.accepts(ref.name)
        }
    }

    private func child(_ key: String, _ position: SourcePosition, _ value: YAMLNode) -> CanonicalNode {
        CanonicalNode(path: path.isEmpty ? key : "\(path).\(key)", key: key, position: position, value: value)
    }
}
