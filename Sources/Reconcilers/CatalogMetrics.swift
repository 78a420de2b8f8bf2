internal import Base
internal import Store
internal import Synchronization

/// How many documents are not used, and how many orphans there are, while the catalog is led here.
final class CatalogMetrics: Sendable {
    private let problems: Gauge
    private let orphans: Gauge
    private let state = Mutex<(codes: Set<String>, isOutdated: Bool)>(([], true))

    init(_ registry: MetricsRegistry) {
        problems = registry.gauge(
            "callboard_catalog_problems",
            help: "What keeps catalog documents from being used, by the code of the reason.", labels: ["code"])
        orphans = registry.gauge(
            "callboard_catalog_orphans", help: "Entities that no location gives any more and that are kept.")
    }

    deinit {
        for code in state.withLock({ $0.codes }) { problems.remove([code]) }
        orphans.remove()
    }

    /// The catalog was written.
    func areOutdated() { state.withLock { $0.isOutdated = true } }

    /// Counts again if the catalog was written since the last time.
    func update(from catalog: CatalogStore, _ logger: Logger) async {
        guard state.withLock({ $0.isOutdated }) else { return }
        do {
            let counts = try await catalog.counts()
            let known = state.withLock { state in
                defer { state = (state.codes.union(counts.problems.keys), false) }
                return state.codes
            }
            for code in known.union(counts.problems.keys) { problems.set(Double(counts.problems[code] ?? 0), [code]) }
            orphans.set(Double(counts.orphans))
        } catch {
            logger.warning("the catalog's problems were not counted", ["error": .string("\(error)")])
        }
    }
}
