internal import Base

/// An entity on its way from a section of a canonical file.
struct CanonicalDraft {
    let kind: String
    /// The name before it is mapped and aliased, such as `liquidation_heatmap`.
    let key: String
    /// Where it stands in the file, such as `repositories.liquidation_heatmap`.
    let path: String
    let position: SourcePosition
    /// Stands ahead of the mapped name: entities of different sections that have one kind must not meet.
    var prefix = ""
    /// Nil: that of the settings.
    var namespace: String?
    var title: String?
    var description: String?
    var annotations: [(String, String)] = []
    var tags: [String] = []
    var spec: JSONObject
    var isDefault = false

    init(_ kind: String, from node: CanonicalNode, key: String? = nil, spec: JSONObject) {
        self.init(kind, key: key ?? node.key, path: node.path, position: node.position, spec: spec)
    }

    init(_ kind: String, key: String, path: String, position: SourcePosition, spec: JSONObject) {
        self.kind = kind
        self.key = key
        self.path = path
        self.position = position
        self.spec = spec
    }

    /// `name`: mapped.
    func definition(name: String, settings: CanonicalSettings) -> JSONObject {
        var metadata: JSONObject = [
            "name": .string(name), "namespace": .string(namespace ?? settings.namespace),
        ]
        if let title { metadata["title"] = .string(title) }
        if let description { metadata["description"] = .string(description) }
        if !annotations.isEmpty {
            metadata["annotations"] = .object(JSONObject(annotations.map { ($0.0, .string($0.1)) }))
        }
        if !tags.isEmpty { metadata["tags"] = .array(tags.map(JSONValue.string)) }
        return [
            "apiVersion": "backstage.io/v1alpha1", "kind": .string(kind), "metadata": .object(metadata),
            "spec": .object(spec),
        ]
    }
}

extension CanonicalSettings {
    /// The name of the entity that a key becomes: its alias, or the key in lower case with `-` for `_`.
    func entityName(of key: String, at path: String) -> String {
        aliases[path] ?? aliases[key] ?? key.lowercased().replacingUnderscores
    }
}

extension String {
    fileprivate var replacingUnderscores: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0 == "_" ? "-" : $0 }))
    }

    /// The text as a tag (`TDD guard` is `tdd-guard`); nil when nothing of it can be in one.
    var asTag: String? {
        let parts = lowercased().unicodeScalars.split { !Self.isTagScalar($0) }
        let tag = parts.map { String(String.UnicodeScalarView($0)) }.joined(separator: "-")
        return FieldFormat.tag.accepts(tag) ? tag : nil
    }

    private static func isTagScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "+#".unicodeScalars.contains(scalar))
    }
}
