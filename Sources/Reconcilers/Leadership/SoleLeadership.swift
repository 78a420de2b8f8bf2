package import Base
package import KubeClient
package import Store

/// Leads every shard without asking anybody: for a process that is meant to be alone. Should there be another one, the
/// process that was started last leads; what the older one writes is refused, and it ends.
package struct SoleLeadership: Sendable {
    private let directory: ClusterDirectory
    private let store: Store
    private let reconcilers: ReconcilerSet
    private let identity: String
    private let logger: Logger
    private let onDeposed: @Sendable () -> Void
    private static let patience: Duration = .seconds(1)

    /// - Parameters:
    ///   - store: not fenced.
    ///   - identity: no other process may ever have it.
    ///   - onDeposed: called when another process has taken over.
    package init(
        directory: ClusterDirectory, store: Store, reconcilers: ReconcilerSet, identity: String, logger: Logger,
        onDeposed: @escaping @Sendable () -> Void
    ) {
        self.directory = directory
        self.store = store
        self.reconcilers = reconcilers
        self.identity = identity
        self.logger = logger
        self.onDeposed = onDeposed
    }

    /// Leads until the task is cancelled. Clusters that come to the directory are led from then on; those that go are not.
    package func run() async {
        var leading: [Shard: Task<Void, Never>] = [:]
        while !Task.isCancelled {
            let shards = Shard.all(in: directory)
            for shard in shards where leading[shard] == nil { leading[shard] = Task { await lead(shard) } }
            for (shard, task) in leading where !shards.contains(shard) {
                task.cancel()
                // To its last write: a new epoch of the shard would refuse that.
                await task.value
                leading[shard] = nil
            }
            try? await Task.sleep(for: Self.patience)
        }
        for task in leading.values { task.cancel() }
        for task in leading.values { await task.value }
    }

    private func lead(_ shard: Shard) async {
        while !Task.isCancelled {
            do {
                let fence = try await store.leadership.begin(shard: shard.description, holder: identity)
                await reconcilers.lead(shard, store.fenced(by: fence, onDeposed: onDeposed))
            } catch {
                logger.warning(
                    "cannot lead yet", ["shard": .string(shard.description), "error": .string("\(error)")])
                try? await Task.sleep(for: Self.patience)
            }
        }
    }
}
