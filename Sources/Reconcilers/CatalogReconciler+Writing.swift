internal import Base
internal import Catalog
internal import CatalogSources
internal import Store

// What was read becomes what is stored.
extension CatalogReconciler {
    /// Writes what locations hold, all at once. When the database refuses that, each is written for itself, so that one
    /// that it cannot hold does not hold up the others.
    ///
    /// - Returns: how it ended, by location.
    func write(_ contents: [LocationContent]) async -> [String: Outcome] {
        do {
            try await apply(contents)
            return outcomes(of: contents, .done)
        } catch let error as StoreError where error.code == .statement || error.code == .timeout {
            if contents.count == 1 { return [contents[0].location: await refuse(contents[0], error)] }
            var outcomes: [String: Outcome] = [:]
            for content in contents { outcomes.merge(await write([content])) { $1 } }
            return outcomes
        } catch {
            isUncertain = true
            logger.warning(
                "catalog locations were not written and will be tried again",
                ["locations": .int(Int64(contents.count)), "error": .string("\(error)")])
            return outcomes(of: contents, .unwritten)
        }
    }

    /// Two sources may give the same location, such as a directory and one below it.
    private func outcomes(of contents: [LocationContent], _ outcome: Outcome) -> [String: Outcome] {
        Dictionary(contents.map { ($0.location, outcome) }) { $1 }
    }

    /// Notes that the database does not take what a location holds. When it does not take that either, the fault is not
    /// the location's.
    private func refuse(_ content: LocationContent, _ error: StoreError) async -> Outcome {
        logger.warning(
            "a catalog location cannot be stored; what it gave stays",
            ["location": .string(content.location), "error": .string(error.description)])
        let refused = LocationContent(
            location: content.location, sourceID: content.sourceID,
            outcome: .unreadable("it cannot be stored: \(error)"), provenance: followed[content.location]?.provenance,
            canonical: content.canonical.map { CanonicalContent(settings: $0.settings, reading: nil) })
        do {
            try await apply([refused])
            return .refused
        } catch {
            isUncertain = true
            return .unwritten
        }
    }

    func apply(_ contents: [LocationContent], orphans: OrphanStrategy? = nil) async throws {
        let changes = try await store.catalog.apply(
            contents, orphans: orphans ?? processing.orphans, precedence: ids, status: Self.status)
        resolveUncertainty()
        runs.count(changes.tallies, at: now())
        let documents = contents.compactMap {
            if case .documents(let documents) = $0.outcome { documents } else { nil }
        }
        findings.wrote(
            changes.tallies.values, documents: documents.reduce(0) { $0 + $1.count },
            refused: documents.reduce(0) { $0 + $1.count { $0.entity == nil } })
        // A definition that lost against one that is gone may win now.
        for (location, id) in changes.contestants {
            if id == followedID { queue.add(.target(location)) }
            if let source = ids.firstIndex(of: id) { queue.add(.location(source: source, location)) }
        }
        noteTargets(changes)
        log(contents, changes)
        for run in changes.canonicalRuns { tell(of: run) }
    }

    func noteTargets(_ changes: CatalogChanges) {
        if changes.areTargetsChanged { queue.add(.following, .low) }
    }

    /// After a write whose end is not known, every source is listed again for definitions that may have won meanwhile.
    private func resolveUncertainty() {
        guard isUncertain else { return }
        isUncertain = false
        readEverything()
    }

    private func log(_ contents: [LocationContent], _ changes: CatalogChanges) {
        if !changes.changed.isEmpty {
            logger.info("the catalog changed", ["entities": .int(Int64(changes.changed.count))])
        }
        for content in contents {
            guard case .documents(let documents) = content.outcome else { continue }
            if let source = ids.firstIndex(of: content.sourceID),
                let object = sources[source].object(of: content.location)
            {
                report(content, of: object)
            }
            for problem in documents.flatMap(\.problems) {
                logger.warning("a catalog document is not used", ["problem": .string(problem.description)])
            }
        }
    }
}
