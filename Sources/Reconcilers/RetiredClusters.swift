package import Base
package import Store

/// Ends what is stored of clusters that are configured no more. Part of leading the catalog, because it concerns no
/// cluster that anybody leads.
package struct RetiredClusters: Sendable {
    /// The names of all clusters that are configured, also of those that cannot be reached or whose configuration is
    /// broken; nil while they are not all known.
    package typealias Configured = @Sendable () async -> Set<String>?

    private let configured: Configured
    private let logger: Logger
    private static let period: Duration = .seconds(15)
    private static let patience: Duration = .seconds(1)

    package init(logger: Logger, configured: @escaping Configured) {
        self.logger = logger
        self.configured = configured
    }

    /// Looks again and again until the task is cancelled.
    ///
    /// - Parameter store: fenced for the catalog's shard.
    package func run(_ store: Store) async {
        while !Task.isCancelled {
            let isKnown = await retire(store)
            try? await Task.sleep(for: isKnown ? Self.period : Self.patience)
        }
    }

    private func retire(_ store: Store) async -> Bool {
        guard let names = await configured() else { return false }
        do {
            for cluster in try await store.workloads.retireClusters(except: names.sorted()) {
                logger.info("a cluster is configured no more; its workloads ended", ["retired": .string(cluster)])
            }
        } catch {
            logger.warning("retired clusters were not ended yet", ["error": .string("\(error)")])
        }
        return true
    }
}
