/// Reads what a URL names, such as a file on GitHub.
package protocol URLReading: Sendable {
    /// - Parameters:
    ///   - url: absolute, such as `https://github.com/org/repo/blob/main/catalog-info.yaml`.
    ///   - etag: of the content that the caller holds; nil when it holds none.
    /// - Throws: `CatalogSourceError` when it cannot be read now; what it gave before is to be kept.
    func read(_ url: String, etag: String?) async throws -> URLAnswer
}

/// What a URL held when it was read.
package enum URLAnswer: Sendable, Hashable {
    /// Still what the given etag stands for.
    case unchanged
    /// These bytes; the etag is nil when the server gives none.
    case content([UInt8], etag: String?)
    /// Nothing is there.
    case missing
}
