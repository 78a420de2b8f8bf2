package import Base

/// An entity as its author defined it, valid and with its namespace filled in. What the catalog adds (uid, relations,
/// status) is in `FinalDocument`.
package struct Entity: Sendable, Hashable {
    /// The document in the author's order of keys.
    package let definition: JSONObject
    /// The name that the rest of the catalog knows it by.
    package let ref: EntityRef

    /// An entity from a definition that was validated before, such as one read back from the database; nil when kind or
    /// name cannot be read after all.
    package init?(validated definition: JSONObject) {
        guard let ref = EntityRef(of: definition) else { return nil }
        self.definition = definition
        self.ref = ref
    }

    /// Such as `backstage.io/v1alpha1`.
    package var apiVersion: String { definition["apiVersion"]?.stringValue ?? "" }
    /// In the author's letter case, such as `Component`.
    package var kind: String { definition["kind"]?.stringValue ?? ref.kind }
    /// In the author's letter case.
    package var name: String { metadata["name"]?.stringValue ?? ref.name }
    /// Lower case by its format.
    package var namespace: String { metadata["namespace"]?.stringValue ?? ref.namespace }
    /// The envelope's `metadata`.
    package var metadata: JSONObject { definition["metadata"]?.objectValue ?? [:] }
    /// Empty when there is none.
    package var spec: JSONObject { definition["spec"]?.objectValue ?? [:] }
    /// Empty when there are none.
    package var annotations: [String: String] { texts("annotations") }
    /// Empty when there are none.
    package var labels: [String: String] { texts("labels") }

    private func texts(_ field: String) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, value) in metadata[field]?.objectValue ?? [:] { texts[key] = value.stringValue }
        return texts
    }
}

extension EntityRef {
    /// The ref that a document gives itself; nil when kind, name or a namespace that is given cannot be read.
    init?(of document: JSONObject) {
        let metadata = document["metadata"]
        let namespace = metadata?["namespace"] ?? .string(Self.defaultNamespace)
        guard let kind = document["kind"]?.stringValue, let name = metadata?["name"]?.stringValue,
            let namespace = namespace.stringValue, !kind.isEmpty, !name.isEmpty, !namespace.isEmpty,
            !kind.hasNUL, !name.hasNUL, !namespace.hasNUL
        else { return nil }
        self.init(kind: kind, namespace: namespace, name: name)
    }
}
