package import Base
package import KubeClient
package import Store

/// Follows the catalog's entities that describe clusters (Backstage's `catalog` cluster locator).
package struct CatalogClusters: Sendable {
    private let catalog: CatalogStore
    private let feed: CatalogFeed
    private let credentials: [String: ClusterCredential]
    private let logger: Logger
    private static let databaseRetry: Duration = .seconds(1)
    /// Changes that come together are read together.
    private static let pace: Duration = .seconds(1)

    /// - Parameter credentials: by the name of the cluster; entities hold none.
    package init(
        catalog: CatalogStore, feed: CatalogFeed, credentials: [String: ClusterCredential], logger: Logger
    ) {
        self.catalog = catalog
        self.feed = feed
        self.credentials = credentials
        self.logger = logger
    }

    /// Tells what the catalog says, at once and when it may be something else, until the task is cancelled.
    package func run(_ update: @Sendable (ClusterReading) async -> Void) async {
        let subscription = feed.subscribe()
        defer { subscription.cancel() }
        while await subscription.next() != nil {
            while !Task.isCancelled {
                do {
                    await update(try await reading())
                    break
                } catch {
                    logger.warning("cannot read the catalog's clusters yet", ["error": .string("\(error)")])
                    try? await Task.sleep(for: Self.databaseRetry)
                }
            }
            try? await Task.sleep(for: Self.pace)
        }
    }

    private func reading() async throws -> ClusterReading {
        var reading = ClusterReading()
        for cluster in try await catalog.clusters() {
            do throws(ClusterProblem) {
                let definition = try ClusterDefinition.fromCatalog(
                    name: cluster.name, title: cluster.title, annotations: cluster.annotations, credentials: credentials
                )
                reading.definitions.append(definition)
            } catch {
                reading.problems.append(error)
            }
        }
        return reading
    }
}
