internal import Base
internal import Store
internal import Synchronization

/// What the catalog holds, and what becomes of documents, while the catalog is led here.
final class CatalogMetrics: Sendable {
    /// Gauges with one label.
    private struct Series {
        let problems: Gauge
        let entities: Gauge
        let relations: Gauge

        func each(_ counts: CatalogCounts) -> [(Gauge, [String: Int])] {
            [(problems, counts.problems), (entities, counts.entities), (relations, counts.relations)]
        }
    }

    private let series: Series
    private let orphans: Gauge
    private let registered: Gauge
    private let processed: Counter
    private let state = Mutex((counts: CatalogCounts(), isOutdated: true))

    init(_ registry: MetricsRegistry) {
        series = Series(
            problems: registry.gauge(
                "callboard_catalog_problems",
                help: "What keeps catalog documents from being used, by the code of the reason.", labels: ["code"]),
            entities: registry.gauge("callboard_catalog_entities", help: "Entities by kind.", labels: ["kind"]),
            relations: registry.gauge(
                "callboard_catalog_relations", help: "Relations as entities show them, by type.", labels: ["type"]))
        orphans = registry.gauge(
            "callboard_catalog_orphans", help: "Entities that no location gives any more and that are kept.")
        registered = registry.gauge(
            "callboard_catalog_registered_locations", help: "Locations that were registered over the API.")
        processed = registry.counter(
            "callboard_catalog_processed_entities_total",
            help: "Documents that were looked at, by what became of them.",
            labels: ["result"])
    }

    deinit {
        for (gauge, values) in series.each(state.withLock { $0.counts }) {
            for label in values.keys { gauge.remove([label]) }
        }
        orphans.remove()
        registered.remove()
    }

    /// The catalog was written.
    ///
    /// - Parameters:
    ///   - documents: good and bad ones that were looked at.
    ///   - refused: those of them that are not valid.
    func wrote(_ tallies: some Collection<SourceTally>, documents: Int, refused: Int) {
        state.withLock { $0.isOutdated = true }
        var total = SourceTally()
        for tally in tallies { total += tally }
        let unchanged = documents - refused - total.added - total.changed - total.conflicts
        let results = [
            ("added", total.added), ("changed", total.changed), ("removed", total.removed),
            ("conflict", total.conflicts), ("refused", refused), ("unchanged", unchanged),
        ]
        for (result, count) in results where count > 0 { processed.increment(by: Double(count), [result]) }
    }

    /// Counts again if the catalog was written since the last time.
    func update(from catalog: CatalogStore, _ logger: Logger) async {
        guard state.withLock({ $0.isOutdated }) else { return }
        do {
            let counts = try await catalog.counts()
            let before = state.withLock { state in
                defer { state = (counts, false) }
                return state.counts
            }
            for ((gauge, values), (_, old)) in zip(series.each(counts), series.each(before)) {
                for label in Set(values.keys).union(old.keys) { gauge.set(Double(values[label] ?? 0), [label]) }
            }
            orphans.set(Double(counts.orphans))
            registered.set(Double(counts.registeredLocations))
        } catch {
            logger.warning("the catalog was not counted", ["error": .string("\(error)")])
        }
    }
}
