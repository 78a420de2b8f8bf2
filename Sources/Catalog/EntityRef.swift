internal import Base

/// The name of an entity in the whole catalog: `kind:namespace/name`, always in lower case.
/// It is the storage key and what relations point to; the entity's document keeps its own letter case.
package struct EntityRef: Sendable, Hashable, CustomStringConvertible {
    /// The namespace of a ref or an entity that names none.
    package static let defaultNamespace = "default"

    /// Lower case, such as `component`.
    package let kind: String
    /// Lower case, such as `default`.
    package let namespace: String
    /// Lower case; may hold `:` and `/`.
    package let name: String

    /// From three parts that are known to be non-empty; their letter case does not matter.
    package init(kind: String, namespace: String, name: String) {
        self.kind = kind.lowercased()
        self.namespace = namespace.lowercased()
        self.name = name.lowercased()
    }

    /// `kind:namespace/name`: what is stored, compared and sent.
    package var canonical: String { "\(kind):\(namespace)/\(name)" }
    /// The canonical form.
    package var description: String { canonical }
}

extension EntityRef {
    /// Reads `[<kind>:][<namespace>/]<name>`. A `/` ahead of the first `:` says that there is no kind part.
    ///
    /// - Parameters:
    ///   - defaultKind: what a ref without kind means; when nil, such a ref is refused.
    ///   - defaultNamespace: what a ref without namespace means; when nil, `default`.
    /// - Throws: when a part is present and empty, or missing without a default.
    package init(
        parsing text: String, defaultKind: String? = nil, defaultNamespace: String? = nil
    ) throws(CatalogInputError) {
        guard !text.isEmpty else { throw CatalogInputError(.entityRef, "Entity reference must not be empty") }
        let parts = Self.split(text)
        guard parts.kind != "", parts.namespace != "", parts.name != "", !text.hasNUL else {
            throw CatalogInputError(
                .entityRef, "Entity reference \"\(text)\" was not on the form [<kind>:][<namespace>/]<name>")
        }
        guard let kind = parts.kind ?? defaultKind, !kind.isEmpty else {
            throw CatalogInputError(
                .entityRef,
                "Entity reference \"\(text)\" had missing or empty kind "
                    + "(e.g. did not start with \"component:\" or similar)")
        }
        let namespace = parts.namespace ?? defaultNamespace ?? Self.defaultNamespace
        guard !namespace.isEmpty else {
            throw CatalogInputError(.entityRef, "Entity reference \"\(text)\" had missing or empty namespace")
        }
        self.init(kind: kind, namespace: namespace, name: parts.name)
    }

    private static func split(_ text: String) -> (kind: String?, namespace: String?, name: String) {
        let bytes = text.utf8
        let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
        var colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        if let slash, let before = colon, slash < before { colon = nil }
        let afterKind = colon.map(bytes.index(after:)) ?? bytes.startIndex
        let nameStart = slash.map(bytes.index(after:)) ?? afterKind
        return (
            kind: colon.map { String(text[..<$0]) },
            namespace: slash.map { String(text[afterKind..<$0]) },
            name: String(text[nameStart...])
        )
    }
}

extension EntityRef: Comparable {
    /// The order of the canonical texts, which is the order that the database sorts refs in.
    package static func < (left: Self, right: Self) -> Bool {
        // The common case, without putting the texts together.
        if left.kind == right.kind, left.namespace == right.namespace { return left.name < right.name }
        return left.canonical < right.canonical
    }
}
