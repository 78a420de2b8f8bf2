/// Keeps what servers gave beyond a restart, so that asking again costs them nothing. A copy of what others have: losing
/// it loses nothing but requests.
package protocol EtagKeeping: Sendable {
    /// What a URL held; nil when nothing is kept of it.
    func copy(of url: String, for source: SourceID) async throws -> EtaggedCopy?

    /// Keeps what a URL held, in place of an older copy.
    func keep(_ copy: EtaggedCopy, of url: String, for source: SourceID) async throws

    /// The URLs that something is kept of.
    func urls(for source: SourceID) async throws -> Set<String>

    /// Forgets all URLs of a source but these.
    func forget(allBut urls: Set<String>, for source: SourceID) async throws
}

/// What a URL held when it was read.
package struct EtaggedCopy: Sendable, Hashable {
    /// Of the content; empty when the server gives none.
    package let etag: String
    package let content: [UInt8]

    package init(etag: String, content: [UInt8]) {
        self.etag = etag
        self.content = content
    }
}
