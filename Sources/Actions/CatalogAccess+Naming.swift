internal import Catalog
package import Store

/// Finding entities by what somebody types.
extension CatalogAccess {
    /// The entities after a ref, in the order of refs.
    ///
    /// - Throws: `ActionError`, `StoreError`.
    package func resources(after ref: String, limit: Int) async throws -> [EntityResource] {
        guard try caller.sees(.readEntities) else { return [] }
        return try await catalog.resources(after: ref, limit: limit)
    }

    /// What can be typed; nothing for who may not read the catalog.
    ///
    /// - Throws: `StoreError`.
    package func completions(
        _ subject: CompletionSubject, holding text: String, kind: String? = nil, namespace: String? = nil, limit: Int
    ) async throws -> Completions {
        guard caller.may(.readEntities), !text.utf8.contains(0) else { return .none }
        return try await catalog.completions(subject, holding: text, kind: kind, namespace: namespace, limit: limit)
    }

    /// The ref that an inexact name means.
    ///
    /// - Parameter kind: of which it is, unless the name says another one; nil: any.
    /// - Throws: `ActionError` of kind `notFound` that lists the candidates, of kind `input` when it is no name; `StoreError`.
    package func ref(named text: String, kind: String?, argument: String, in store: Store) async throws -> String {
        try caller.check(.readEntities)
        let pattern = try EntityResolver.pattern(text, kind: kind, namespace: nil, argument: argument)
        return try await EntityResolver(store: store).ref(pattern)
    }
}
