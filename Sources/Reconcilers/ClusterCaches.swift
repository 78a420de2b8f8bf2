package import Base
package import KubeClient
package import Matching
internal import Synchronization

/// The caches of one cluster that workloads are made from, and who belongs to whom among their objects. A process has one
/// for each cluster that it follows.
package struct ClusterCaches: Sendable {
    /// The cluster's configured name, part of every key.
    package let cluster: String
    /// Who belongs to whom.
    let ownership: Ownership
    /// What is paid for.
    let priced: PricedCaches
    private let declaredInformers: [WorkloadKind: Informer<WorkloadObject>]
    private let followers: [CacheFollower]
    private let onChange: @Sendable (WorkloadKey, ChangeOrigin) -> Void
    private let postponed = PostponedKeys()
    private let elapsed: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - cluster: the cluster's configured name.
    ///   - workloads: custom resources that are workloads besides the built-in kinds.
    ///   - notOlderThan: the `versions` that an earlier process had come to; the first lists are not older.
    ///   - clock: for the times after which a missing kind counts as absent.
    ///   - onChange: gets each workload that may be another now, and how it was learned. Must not block.
    package init(
        cluster: String, client: KubernetesClient, workloads customWorkloads: [CustomWorkload] = [],
        notOlderThan: [String: String] = [:], logger: Logger, clock: some Clock<Duration> = ContinuousClock(),
        onChange: @escaping @Sendable (WorkloadKey, ChangeOrigin) -> Void
    ) {
        self.cluster = cluster
        self.onChange = onChange
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }

        // The handlers look into the caches of other kinds, which exist only when all informers do.
        let router = ChangeRouter(onChange: onChange)
        func informer<Object>(
            _ resource: Resource<Object>, group: String = "", indexes: [CacheIndex<Object>] = [],
            onChange: @escaping @Sendable (CacheChange<Object>) -> Void = { _ in }
        ) -> Informer<Object> {
            let version = notOlderThan[CacheFollower.name(resource, group)].map { ResourceVersion($0) }
            return Informer(
                resource, client: client, indexes: indexes, notOlderThan: version, logger: logger, clock: clock,
                onChange: onChange)
        }
        var informers: [WorkloadKind: Informer<WorkloadObject>] = [:]
        for resource in Resource<WorkloadObject>.workloads {
            guard let kind = WorkloadKind.builtIn.first(where: { $0.name == resource.kind }) else { continue }
            informers[kind] = informer(resource, indexes: [.controller]) { router.changed($0) }
        }
        var followers = informers.values.map { CacheFollower($0) }
        var declaredInformers: [WorkloadKind: Informer<WorkloadObject>] = [:]
        for workload in customWorkloads {
            let group = workload.groupVersion.group
            let informer = informer(workload.resource, group: group, indexes: [.controller, .template]) {
                router.changed($0)
            }
            declaredInformers[workload.workloadKind] = informer
            followers.append(CacheFollower(informer, isOptional: true, group: group))
        }
        let pods = informer(Resource.pods, indexes: [.controller]) { router.changed($0) }
        let autoscalers = informer(Resource.horizontalPodAutoscalers, indexes: [.target]) { router.changed($0) }
        let priced = PricedRouter(cluster: cluster, onChange: onChange)
        let nodes = informer(Resource.nodes) { priced.changed($0) }
        let claims = informer(Resource.persistentVolumeClaims) { priced.changed($0) }
        let volumes = informer(Resource.persistentVolumes) { priced.changed($0) }
        let services = informer(Resource.services, indexes: [.loadBalancers]) { priced.changed($0) }
        followers += [
            CacheFollower(pods), CacheFollower(nodes), CacheFollower(informer(Resource.namespaces)),
            CacheFollower(autoscalers, isOptional: true), CacheFollower(claims, isOptional: true),
            CacheFollower(volumes, isOptional: true), CacheFollower(services, isOptional: true),
        ]
        self.priced = PricedCaches(
            nodes: nodes.cache, claims: claims.cache, volumes: volumes.cache, services: services.cache)
        self.followers = followers.sorted { $0.resource < $1.resource }
        self.declaredInformers = declaredInformers
        ownership = Ownership(
            cluster: cluster, workloads: informers.merging(declaredInformers) { $1 }.mapValues(\.cache),
            pods: pods.cache, autoscalers: autoscalers.cache, declared: DeclaredKinds(customWorkloads))
        router.connect(ownership)
    }

    /// Follows all resources until the task is cancelled.
    package func run() async {
        await withTaskGroup { group in
            for follower in followers { group.addTask { await follower.run() } }
            if !declaredInformers.isEmpty { group.addTask { await followDeclaredKinds() } }
        }
    }

    /// How each informer fares, by the resource's plural.
    package var statuses: [(resource: String, objects: Int, status: InformerStatus)] {
        followers.map { ($0.resource, $0.objects, $0.status) }
    }

    /// The versions that the caches have come to, by resource. To be stored before what is learned from them is, so that
    /// the next process does not begin with older lists.
    package var versions: [String: String] {
        let pairs = followers.compactMap { follower in
            follower.status.resourceVersion.map { (follower.resource, $0.text) }
        }
        return Dictionary(pairs) { $1 }
    }

    /// Whether every cache has once been complete, but for those of kinds that need not be there: declared ones and
    /// autoscalers. A built-in kind that the server does not have counts as missing: every Kubernetes has all of these, so
    /// a server without one is not the one that is meant (a wrong host, a proxy that answers 404), and its emptiness must
    /// not be taken for the cluster's.
    package var isSynced: Bool {
        required.allSatisfy { follower in
            let status = follower.status
            return status.isSynced && status.isServed
        }
    }

    /// What keeps the caches from following the API server; nil when nothing does.
    package var error: String? { Self.joined(required) { "\($0)" } }

    /// The same in a few words that name no host, path or account.
    package var shortError: String? { Self.joined(required, \.label) }

    /// What keeps the caches of kinds that need not be there from following the API server; nil when nothing does. The
    /// cluster's state is complete but for them.
    package var warning: String? { Self.joined(followers.filter(\.isOptional)) { "\($0)" } }

    private var required: [CacheFollower] { followers.filter { !$0.isOptional } }

    private static func joined(_ followers: [CacheFollower], _ text: (KubernetesError) -> String) -> String? {
        let problems = followers.compactMap { follower in follower.problem(text).map { (follower.resource, $0) } }
        // A server that is out of reach is so for all kinds; that need not be told nine times.
        let resources = Dictionary(grouping: problems, by: \.1).mapValues { $0.map(\.0).joined(separator: ", ") }
        let lines = resources.map { "\($0.value): \($0.key)" }.sorted()
        return lines.isEmpty ? nil : lines.joined(separator: "; ")
    }

    /// Waits until every cache has once been complete; for those that need not be, only a moment.
    ///
    /// - Returns: false when the deadline passed or the task was cancelled.
    func waitUntilSynced(deadline: ContinuousClock.Instant) async -> Bool {
        for follower in required {
            guard await follower.waitUntilSynced(deadline) else { return false }
        }
        // A kind that was not served is asked for again every minute or so.
        while !isSynced {
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: Self.pollInterval)
        }
        // What the first writes leave out for want of these would be written a moment later.
        let patience = min(deadline, .now + Self.patience)
        while !followers.allSatisfy(\.isTried), ContinuousClock.now < patience, !Task.isCancelled {
            try? await Task.sleep(for: Self.pollInterval)
        }
        return true
    }

    private static let pollInterval: Duration = .milliseconds(200)
    private static let patience: Duration = .seconds(5)
}

// MARK: What is known of a workload

extension ClusterCaches {
    /// What the caches say of a workload.
    enum Observation {
        case present(ObservedWorkload)
        case gone
        /// Nothing can be said: the kind is declared, and was never listed or is missing for a moment. What is stored of
        /// the workload stays; its key comes again when more is known.
        case unknown
    }

    /// - Parameter now: the time of day.
    func observe(_ key: WorkloadKey, at now: Timestamp) -> Observation {
        if let kind = ownership.kind(of: key), case .declared = kind {
            // What has just come must not wait for the next look at the informers.
            refreshDeclaredKinds()
            // Before the state is asked: what is postponed is taken as soon as it changes.
            postponed.insert(key)
            if ownership.declared.state(of: kind) == .unknown { return .unknown }
            postponed.remove(key)
        }
        return ownership.project(key, at: now).map { .present($0) } ?? .gone
    }

    /// Looks at the declared kinds again and again: that one is absent follows from the time that has passed.
    private func followDeclaredKinds() async {
        while !Task.isCancelled {
            refreshDeclaredKinds()
            try? await sleep(.seconds(1))
        }
    }

    /// When something else may be concluded about a kind, workloads of it, and what they control, may be others now.
    private func refreshDeclaredKinds() {
        guard ownership.declared.observe({ declaredInformers[$0]?.status }, at: elapsed()) else { return }
        var keys = ownership.all().union(postponed.takeAll())
        for (kind, informer) in declaredInformers {
            for object in informer.cache.list() {
                let name = object.meta.key
                keys.insert(
                    WorkloadKey(cluster: cluster, kind: kind.keyName, namespace: name.namespace, name: name.name))
            }
        }
        for key in keys { onChange(key, .list) }
    }
}

/// Keys that wait until more is known of their kind.
private final class PostponedKeys: Sendable {
    private let keys = Mutex<Set<WorkloadKey>>([])

    func insert(_ key: WorkloadKey) { keys.withLock { _ = $0.insert(key) } }

    func remove(_ key: WorkloadKey) { keys.withLock { _ = $0.remove(key) } }

    func takeAll() -> Set<WorkloadKey> {
        keys.withLock { keys in
            defer { keys = [] }
            return keys
        }
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
