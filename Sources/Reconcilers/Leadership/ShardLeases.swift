package import KubeClient

/// Where the leases of shards and replicas are kept.
package protocol ShardLeases: Sendable {
    /// Every lease of shards and replicas.
    func list(within limit: Duration) async throws -> [Lease]
    func lease(of shard: Shard) -> any LeaseResource
    /// The lease by which a replica shows that it is there.
    func presence(of identity: String) -> any LeaseResource
    /// Deletes a lease, if it still is as it was read.
    func delete(_ lease: Lease, within limit: Duration) async throws
}

/// In a namespace of the cluster, with the label `callboard.dev/component: leader-election`.
package struct ClusterShardLeases: ShardLeases {
    private static let labels = ["callboard.dev/component": "leader-election"]

    private let collection: LeaseCollection

    package init(_ collection: LeaseCollection) { self.collection = collection }

    package func list(within limit: Duration) async throws -> [Lease] {
        let selector = Self.labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return try await collection.list(labelSelector: selector, within: limit)
    }

    package func lease(of shard: Shard) -> any LeaseResource {
        NamedLease(
            shard.leaseName, in: collection, labels: Self.labels,
            annotations: ["callboard.dev/shard": shard.description])
    }

    package func presence(of identity: String) -> any LeaseResource {
        NamedLease(ReplicaPresence.leaseName(of: identity), in: collection, labels: Self.labels)
    }

    package func delete(_ lease: Lease, within limit: Duration) async throws {
        try await collection.delete(lease.name, as: lease, within: limit)
    }
}
