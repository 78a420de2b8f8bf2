package import Base
package import KubeClient
package import Matching

/// The caches of one cluster that workloads are made from, and who belongs to whom among their objects.
package struct ClusterCaches: Sendable {
    /// The cluster's configured name, part of every key.
    package let cluster: String
    let workloads: [WorkloadKind: Informer<WorkloadObject>]
    let pods: Informer<Pod>
    let nodes: Informer<Node>
    let namespaces: Informer<Namespace>
    /// Who belongs to whom.
    let ownership: Ownership

    /// - Parameter onChange: gets each workload that may be another now, and how it was learned. Must not block.
    package init(
        cluster: String, client: KubernetesClient, logger: Logger,
        onChange: @escaping @Sendable (WorkloadKey, ChangeOrigin) -> Void
    ) {
        self.cluster = cluster
        // The handlers look into the caches of other kinds, which exist only when all informers do.
        let router = ChangeRouter(onChange: onChange)
        var workloads: [WorkloadKind: Informer<WorkloadObject>] = [:]
        for resource in Resource<WorkloadObject>.workloads {
            guard let kind = WorkloadKind(rawValue: resource.kind) else { continue }
            workloads[kind] = Informer(
                resource, client: client, indexes: [.controller], logger: logger
            ) { change in
                for object in [change.old, change.new] {
                    if let object { router.changed({ $0.workload(of: object) }, ChangeOrigin(change.cause)) }
                }
            }
        }
        self.workloads = workloads
        pods = Informer(Resource.pods, client: client, indexes: [.controller], logger: logger) { change in
            for pod in [change.old, change.new] {
                if let pod { router.changed({ $0.workload(of: pod) }, ChangeOrigin(change.cause)) }
            }
        }
        nodes = Informer(Resource.nodes, client: client, logger: logger)
        namespaces = Informer(Resource.namespaces, client: client, logger: logger)
        ownership = Ownership(cluster: cluster, workloads: workloads.mapValues(\.cache), pods: pods.cache)
        router.connect(ownership)
    }

    /// Follows all resources until the task is cancelled.
    package func run() async {
        await withTaskGroup { group in
            for informer in workloads.values { group.addTask { await informer.run() } }
            group.addTask { [pods] in await pods.run() }
            group.addTask { [nodes] in await nodes.run() }
            group.addTask { [namespaces] in await namespaces.run() }
        }
    }

    /// How each informer fares, by the resource's plural.
    package var statuses: [(resource: String, objects: Int, status: InformerStatus)] {
        var statuses = workloads.values.map { ($0.resource.plural, $0.cache.count, $0.status) }
        statuses.append((pods.resource.plural, pods.cache.count, pods.status))
        statuses.append((nodes.resource.plural, nodes.cache.count, nodes.status))
        statuses.append((namespaces.resource.plural, namespaces.cache.count, namespaces.status))
        return statuses.sorted { $0.0 < $1.0 }
    }

    /// Whether every cache has once been complete. A kind that the server does not have counts as missing: every
    /// Kubernetes has all of these, so a server without one is not the one that is meant (a wrong host, a proxy that
    /// answers 404), and its emptiness must not be taken for the cluster's.
    package var isSynced: Bool { statuses.allSatisfy { $0.status.isSynced && $0.status.isServed } }

    /// What keeps the caches from following the API server; nil when nothing does.
    package var error: String? { joined { "\($0)" } }

    /// The same in a few words that name no host, path or account.
    package var shortError: String? { joined(\.label) }

    private func joined(_ text: (KubernetesError) -> String) -> String? {
        let failures = statuses.compactMap { resource, _, status -> String? in
            if let error = status.lastError { return "\(resource): \(text(error))" }
            return status.isServed ? nil : "\(resource): the server does not have this kind"
        }
        return failures.isEmpty ? nil : failures.joined(separator: "; ")
    }

    /// Waits until every cache has once been complete.
    ///
    /// - Returns: false when the deadline passed or the task was cancelled.
    func waitUntilSynced(deadline: ContinuousClock.Instant) async -> Bool {
        for informer in workloads.values {
            guard await informer.waitUntilSynced(deadline: deadline) else { return false }
        }
        guard await pods.waitUntilSynced(deadline: deadline) else { return false }
        guard await nodes.waitUntilSynced(deadline: deadline) else { return false }
        guard await namespaces.waitUntilSynced(deadline: deadline) else { return false }
        // A kind that was not served is asked for again every minute or so.
        while !isSynced {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(200))
        }
        return true
    }
}

/// How a change was learned; what comes by a list can wait behind what just happened.
package enum ChangeOrigin: Sendable {
    case list, watch

    init<Object>(_ cause: CacheChange<Object>.Cause) {
        switch cause {
        case .list: self = .list
        case .watch: self = .watch
        }
    }
}
