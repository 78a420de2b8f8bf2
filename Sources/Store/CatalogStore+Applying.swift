internal import Base
package import Catalog

extension CatalogStore {
    /// Brings the catalog in line with what the locations hold now, in one transaction.
    ///
    /// An entity belongs to the location that defined it first; another location's definition of it is a problem of that
    /// location. A bad document never removes what was good: the entity that it was stays, with a status item, and when
    /// nobody can tell which entity it was, all that its location gave before stay.
    ///
    /// - Parameter status: what is wrong with an entity beyond its document, such as a selector that cannot be used.
    /// - Throws: `StoreError`; then nothing was written.
    package func apply(
        _ contents: [LocationContent], status: @escaping @Sendable (Entity) -> [StatusItem]
    ) async throws -> CatalogChanges {
        let contents = Self.distinct(contents)
        return try await leader.run { session in
            var application = CatalogApplication(session: session, status: status)
            return try application.apply(contents)
        }
    }

    /// One content for each location, in their order. Two sources may reach the same location; then what one of them could
    /// read counts, and between equals the older source.
    private static func distinct(_ contents: [LocationContent]) -> [LocationContent] {
        func rank(_ content: LocationContent) -> (String, Int, Int) {
            let outcome =
                switch content.outcome {
                case .documents: 0
                case .unreadable: 1
                case .gone: 2
                }
            return (content.location, outcome, content.sourceID)
        }
        var seen: Set<String> = []
        return contents.sorted { rank($0) < rank($1) }.filter { seen.insert($0.location).inserted }
    }
}
