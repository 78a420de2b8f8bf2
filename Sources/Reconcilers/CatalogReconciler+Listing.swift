internal import Base
internal import CatalogSources
internal import Store

// Which locations sources have, and what reading them came to.
extension CatalogReconciler {
    /// Asks a source for its locations and has all of them looked at, those that it no longer has too.
    func list(_ source: Int) async -> Outcome {
        if ended.contains(source) { return .done }
        var present: Set<String> = []
        var failure: String?
        runs.began(ids[source], at: now(), beganAt: await sources[source].lookedAt())
        do {
            present = try await sources[source].locations()
        } catch {
            failure = "\(error)"
            logger.warning(
                "a catalog source cannot be listed; what it gave stays",
                ["source": .string(sources[source].id.description), "error": .string("\(error)")])
        }
        do {
            if failure == nil {
                present.formUnion(try await store.catalog.locations(of: ids[source]))
                for location in present.sorted() { queue.add(.location(source: source, location), .low) }
            }
            try await store.catalog.note(source: ids[source], error: failure)
        } catch {
            logger.warning(
                "a source's listing was not noted and will be done again",
                ["source": .string(sources[source].id.description), "error": .string("\(error)")])
            return .unwritten
        }
        runs.listed(ids[source], error: failure)
        attempted.insert(source)
        if failure == nil { listed.insert(source) }
        return failure == nil ? .done : .refused
    }

    /// Notes what reading came to. What the database does not take is lost, and told by the log.
    func noteRuns() async {
        let due = runs.ended(at: now())
        do {
            for some in [due.idle, due.news] where !some.isEmpty { try await store.catalog.note(runs: some) }
        } catch {
            logger.warning("runs of sources were not noted", ["error": .string("\(error)")])
        }
    }
}
