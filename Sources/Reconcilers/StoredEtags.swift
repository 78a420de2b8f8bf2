package import CatalogSources
package import Store

/// Keeps copies in the database.
package struct StoredEtags: EtagKeeping {
    private let store: EtagStore

    /// - Parameter store: of the catalog's leader.
    package init(_ store: Store) { self.store = store.etags }

    package func copy(of url: String, for source: SourceID) async throws -> EtaggedCopy? {
        try await store.copy(of: url, type: source.type, target: source.target).map {
            EtaggedCopy(etag: $0.etag, content: $0.content)
        }
    }

    package func keep(_ copy: EtaggedCopy, of url: String, for source: SourceID) async throws {
        try await store.keep(
            etag: copy.etag, content: copy.content, of: url, type: source.type, target: source.target)
    }

    package func urls(for source: SourceID) async throws -> Set<String> {
        try await store.urls(type: source.type, target: source.target)
    }

    package func forget(allBut urls: Set<String>, for source: SourceID) async throws {
        try await store.forget(allBut: urls, type: source.type, target: source.target)
    }
}
