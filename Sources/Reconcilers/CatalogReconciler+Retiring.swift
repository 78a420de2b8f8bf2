internal import Base
internal import Store

// What goes although nobody announced it.
extension CatalogReconciler {
    /// Locations whose entities are removed in one transaction.
    private static let retiredAtOnce = 50

    /// Removes what sources gave that are configured no more. Only after every configured one could be read: a source that
    /// was merely renamed has taken its locations over by then, and its entities stay as they are.
    ///
    /// - Returns: false when the database failed; nothing is lost by trying again.
    func retire() async -> Bool {
        do {
            for (id, type, target) in try await store.catalog.retired(configured: liveIDs)
            where !mayCome(type: type, target: target) {
                let locations = try await store.catalog.locations(of: id).sorted()
                for start in stride(from: 0, to: locations.count, by: Self.retiredAtOnce) {
                    let some = locations[start..<min(start + Self.retiredAtOnce, locations.count)]
                    let gone = some.map { LocationContent(location: $0, sourceID: id, outcome: .gone) }
                    try await apply(gone, orphans: .delete)
                }
                try await store.catalog.remove(source: id)
                logger.info(
                    "a source is configured no more; what only it gave was removed",
                    ["source": .int(Int64(id)), "locations": .int(Int64(locations.count))])
            }
            return true
        } catch {
            logger.warning("a retired source was not removed yet", ["error": .string("\(error)")])
            // Something must wake the loop, or nobody tries again.
            if !sources.isEmpty { queue.add(.listing(source: 0), after: Self.databaseRetry) }
            return false
        }
    }

    /// Removes orphans that were kept before the operator wanted them removed.
    ///
    /// - Returns: false when the database failed.
    func sweep() async -> Bool {
        guard processing.orphans == .delete else { return true }
        do {
            noteTargets(try await store.catalog.sweepOrphans())
            findings.wrote([], documents: 0, refused: 0)
            return true
        } catch {
            logger.warning("orphans were not removed yet", ["error": .string("\(error)")])
            queue.add(.following, after: Self.databaseRetry)
            return false
        }
    }
}
