internal import Base
package import Catalog

extension CatalogStore {
    /// Brings the catalog in line with what the locations hold now, in one transaction.
    ///
    /// An entity belongs to the location that defined it first; another location's definition of it is a problem of that
    /// location. A bad document never removes what was good: the entity that it was stays, with a status item, and when
    /// nobody can tell which entity it was, all that its location gave before stay.
    ///
    /// What was read because Location entities lead there is passed over when a source has that location itself.
    ///
    /// - Parameters:
    ///   - orphans: what becomes of entities that their location gives no more.
    ///   - precedence: the ids of the configured sources; a location that several have is read for the first of them.
    ///   - status: what is wrong with an entity beyond its document, such as a selector that cannot be used.
    /// - Throws: `StoreError`; then nothing was written.
    package func apply(
        _ contents: [LocationContent], orphans: OrphanStrategy = .delete, precedence: [Int] = [],
        status: @escaping @Sendable (Entity) -> [StatusItem]
    ) async throws -> CatalogChanges {
        try await leader.run { session in
            var winners = LocationPrecedence(order: precedence, session: session)
            let distinct = Self.distinct(try winners.winners(of: contents))
            let heirs = try winners.handOver(distinct)
            let canonical = try CanonicalApplication(distinct.filter { heirs[$0.location] == nil }, session)
            let contents = try Self.withoutHeld(canonical.contents, session)
            var application = CatalogApplication(session: session, orphans: orphans, status: status)
            var changes = try application.apply(contents)
            try winners.write()
            changes.contestants.merge(heirs) { _, heir in heir }
            changes.canonicalRuns = try canonical.record()
            let defaults = try CatalogContestants(session: session).defaults(of: application.disputed)
            changes.contestants.merge(defaults) { first, _ in first }
            return changes
        }
    }

    /// Removes the orphans that are there.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func sweepOrphans() async throws -> CatalogChanges {
        try await leader.run { session in
            var application = CatalogApplication(session: session, orphans: .delete) { _ in [] }
            return try application.sweep()
        }
    }

    private static func withoutHeld(
        _ contents: [LocationContent], _ session: PostgresSession
    ) throws -> [LocationContent] {
        let followed = contents.filter(\.isFollowed)
        guard let source = followed.first?.sourceID else { return contents }
        let rows = try session.run(
            "SELECT location FROM catalog_location WHERE location = ANY($1::text[]) AND source_id <> $2::int",
            [.texts(followed.map(\.location)), .int(Int64(source))])
        let held = Set(try rows.map { try $0.required(0) })
        return contents.filter { !$0.isFollowed || !held.contains($0.location) }
    }

    /// One content for each location, in their order. Two sources may reach the same location; then what one of them could
    /// read counts, and between equals the older source.
    private static func distinct(_ contents: [LocationContent]) -> [LocationContent] {
        func rank(_ content: LocationContent) -> (String, Int, Int) {
            let outcome =
                switch content.outcome {
                case .documents: 0
                case .refused: 1
                case .unreadable: 2
                case .gone: 3
                }
            return (content.location, outcome, content.sourceID)
        }
        var seen: Set<String> = []
        return contents.sorted { rank($0) < rank($1) }.filter { seen.insert($0.location).inserted }
    }
}
