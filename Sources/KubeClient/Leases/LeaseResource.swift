/// One lease that several processes want.
package protocol LeaseResource: Sendable {
    /// As it is now; nil when it does not exist.
    func get(within limit: Duration) async throws -> Lease?
    /// Makes it. Throws `KubernetesError.alreadyExists` when somebody else did.
    func create(_ record: LeaseRecord, within limit: Duration) async throws -> Lease
    /// Changes it from a state that was read. Throws `KubernetesError.conflict` when that is not its state any more.
    func update(_ lease: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease
}

/// A lease of the cluster, by its name.
package struct NamedLease: LeaseResource {
    private let collection: LeaseCollection
    private let name: String
    private let labels: [String: String]
    private let annotations: [String: String]

    /// - Parameters:
    ///   - labels: which it gets if it has to be made.
    ///   - annotations: the same.
    package init(
        _ name: String, in collection: LeaseCollection, labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        self.name = name
        self.collection = collection
        self.labels = labels
        self.annotations = annotations
    }

    package func get(within limit: Duration) async throws -> Lease? { try await collection.get(name, within: limit) }

    package func create(_ record: LeaseRecord, within limit: Duration) async throws -> Lease {
        try await collection.create(name, labels: labels, annotations: annotations, record, within: limit)
    }

    package func update(_ lease: Lease, to record: LeaseRecord, within limit: Duration) async throws -> Lease {
        try await collection.update(lease, to: record, within: limit)
    }
}
