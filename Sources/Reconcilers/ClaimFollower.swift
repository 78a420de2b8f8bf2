package import Base
internal import Matching
package import Store

/// Tells what the entities of the stored catalog claim in one cluster. Whoever writes the catalog, here or in another
/// process, announces which entities changed; what they claim is read then.
package struct ClaimFollower: Sendable {
    private let cluster: String
    private let catalog: CatalogStore
    private let feed: CatalogFeed
    private let logger: Logger
    private static let databaseRetry: Duration = .seconds(1)

    /// - Parameters:
    ///   - cluster: the cluster's configured name.
    ///   - feed: tells when to look; to be run by the caller.
    package init(cluster: String, catalog: CatalogStore, feed: CatalogFeed, logger: Logger) {
        self.cluster = cluster
        self.catalog = catalog
        self.feed = feed
        self.logger = logger
    }

    /// Keeps the receiver informed until the task is cancelled. What it hears first are all claims.
    package func run(_ receiver: some ClaimReceiver) async {
        let subscription = feed.subscribe()
        defer { subscription.cancel() }
        while var notice = await subscription.next() {
            while !Task.isCancelled {
                do {
                    try await tell(receiver, notice)
                    break
                } catch {
                    logger.warning("cannot read the entities' claims yet", ["error": .string("\(error)")])
                    notice = .anything
                    try? await Task.sleep(for: Self.databaseRetry)
                }
            }
        }
    }

    private func tell(_ receiver: some ClaimReceiver, _ notice: CatalogNotice) async throws {
        switch notice {
        case .anything: await receiver.claimsReplaced(by: try await claims(of: nil))
        case .entities(let refs):
            let claims = try await claims(of: refs)
            var changes: [String: EntitySelector?] = [:]
            for ref in refs { changes[ref] = .some(claims[ref]) }
            await receiver.claimsChanged(changes)
        }
    }

    private func claims(of refs: Set<String>?) async throws -> [String: EntitySelector] {
        var claims: [String: EntitySelector] = [:]
        for stored in try await catalog.selectors(of: refs) {
            let claim = EntitySelector.make(
                ref: stored.ref, labelSelector: stored.labelSelector, kubernetesID: stored.kubernetesID,
                namespaces: stored.namespaces, clusters: stored.clusters)
            guard case .selector(let selector) = claim else { continue }
            // What is narrowed to other clusters can match nothing here.
            if selector.clusters.isEmpty || selector.clusters.contains(cluster) { claims[stored.ref] = selector }
        }
        return claims
    }
}
