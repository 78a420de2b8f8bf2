internal import Base
internal import CatalogSources
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
            for (id, type, target) in try await store.catalog.retired(configured: liveIDs) {
                try await retire(id, SourceID(type: type, target: target))
            }
            return true
        } catch {
            logger.warning("a retired source was not removed yet", ["error": .string("\(error)")])
            // Something must wake the loop, or nobody tries again.
            if !sources.isEmpty { queue.add(.listing(source: 0), after: Self.databaseRetry) }
            return false
        }
    }

    /// Removes what one source gave, as long as it does not come back: what is removed until then, it gives again.
    private func retire(_ id: Int, _ source: SourceID) async throws {
        let locations = try await store.catalog.locations(of: id).sorted()
        for start in stride(from: 0, to: locations.count, by: Self.retiredAtOnce) {
            let some = locations[start..<min(start + Self.retiredAtOnce, locations.count)]
            let gone = some.map { LocationContent(location: $0, sourceID: id, outcome: .gone) }
            guard try await whileRetired(id, source, { try await self.apply(gone, orphans: .delete) }) else { return }
        }
        guard try await whileRetired(id, source, { try await self.store.catalog.remove(source: id) }) else { return }
        logger.info(
            "a source is configured no more; what only it gave was removed",
            ["source": .int(Int64(id)), "locations": .int(Int64(locations.count))])
    }

    /// Runs one transaction of retiring. The source is held back for so long: registered meanwhile, it would lose its row.
    ///
    /// - Returns: false, without running it, when the source is there or may come.
    private func whileRetired(_ id: Int, _ source: SourceID, _ body: () async throws -> Void) async throws -> Bool {
        guard !liveIDs.contains(id), !mayCome(type: source.type, target: source.target) else { return false }
        retiring = source
        defer { retiring = nil }
        try await body()
        return true
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
