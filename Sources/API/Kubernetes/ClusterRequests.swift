internal import Base
internal import KubeClient

/// What API servers are asked for: lists of objects, and which resources they serve. Answers are shared and kept for a
/// short time.
struct ClusterRequests: Sendable {
    /// The plurals of a group version; nil when the server does not have it.
    typealias Plurals = Set<String>?

    let lists: SharedFetches<ObjectList>
    let allowance: ListAllowance
    private let served: SharedFetches<Plurals>

    /// New versions come with an upgrade of the server or an installation there. A list that is not found has it
    /// asked at once.
    private static let discoveryLifetime: Duration = .seconds(60)
    /// Of group versions; some ten for each cluster.
    private static let discoveryLimit = 10_000
    /// Of one group version; thirty times what Kubernetes' largest takes.
    private static let discoveryBytes = 1 << 20

    init(_ configuration: KubernetesObjectsConfiguration, time: PassingTime, metrics: MetricsRegistry) {
        let asked = metrics.counter(
            "callboard_kubernetes_object_lists_total",
            help: "Lists of objects that answers were made of, by where they came from.", labels: ["source"])
        let allowance = ListAllowance(limit: configuration.inFlightBytes)
        self.allowance = allowance
        let reader = ListReader()
        lists = SharedFetches(
            width: configuration.concurrency, lifetime: configuration.cacheTime,
            // What is kept must not take the place of what is asked for.
            limit: min(configuration.cacheBytes, configuration.inFlightBytes / 2), time: time,
            observe: { asked.increment([$0.rawValue]) }, cost: \.body.count
        ) { key in
            let share = allowance.share()
            let body = try await Self.get(key, configuration, share)
            return try await reader.list(body, share)
        }
        served = SharedFetches(
            width: configuration.concurrency, lifetime: Self.discoveryLifetime, limit: Self.discoveryLimit, time: time,
            cost: { _ in 1 }
        ) { key in
            do {
                let share = allowance.share()
                let body = try await Self.get(key, configuration, share)
                let resources = try withExtendedLifetime(share) { try JSONValue(parsing: body)["resources"] }
                return Set((resources?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
            } catch let error as KubernetesError where error.code == .notFound {
                return nil
            }
        }
    }

    private static func get(
        _ key: FetchKey, _ configuration: KubernetesObjectsConfiguration, _ share: ListAllowance.Share
    ) async throws -> [UInt8] {
        var query: [(name: String, value: String)] = []
        if let selector = key.labelSelector {
            query = [
                ("labelSelector", selector),
                // Any version that the server has in memory: it need not ask its database.
                ("resourceVersion", "0"),
                // For servers that keep none in memory; one more than may be given tells that there are more.
                ("limit", String(configuration.answerObjects + 1)),
            ]
        }
        var request = KubernetesRequest("GET", key.path, query: query)
        request.maximumBodyBytes = key.labelSelector == nil ? discoveryBytes : configuration.answerBytes
        request.totalTimeout = configuration.deadline
        guard let body = try await key.client.body(of: request, admit: share.resize) else {
            throw FetchFailure(
                .outOfMemory, path: key.path,
                detail: "not read: the lists in memory would take more than \(configuration.inFlightBytes >> 20) MiB "
                    + "(callboard.kubernetes.objects.inFlightMegabytes); ask again later")
        }
        return body
    }

    /// Where the server serves a type, at the newest version that both know; nil when it does not serve it, which is no
    /// error: the cluster is older, or an extension is not installed.
    ///
    /// - Throws: `FetchFailure`, `CancellationError`.
    func endpoint(of type: ObjectType, at client: KubernetesClient) async throws -> Endpoint? {
        for version in type.versions {
            let key = FetchKey(client: client, path: version.path, labelSelector: nil)
            let plurals = try await served.outcome(of: key).get()
            if plurals?.contains(type.name) == true { return Endpoint(version, type.name) }
        }
        return nil
    }

    /// The objects of a type; nil when the server does not serve it.
    ///
    /// - Throws: `FetchFailure`, `CancellationError`.
    func list(_ type: ObjectType, in scope: ListScope) async throws -> ObjectList? {
        if !type.isNegotiated, let version = type.versions.first {
            return try await list(Endpoint(version, type.name), in: scope)
        }
        guard let endpoint = try await endpoint(of: type, at: scope.client) else { return nil }
        do {
            return try await list(endpoint, in: scope)
        } catch let failure as FetchFailure where failure.cause == .refused(404) {
            // It had this version when it was asked; whatever is so now is taken as it is.
            await served.forget(FetchKey(client: scope.client, path: endpoint.groupVersion.path, labelSelector: nil))
            guard let other = try await self.endpoint(of: type, at: scope.client) else { return nil }
            if other == endpoint { throw failure }
            return try await list(other, in: scope)
        }
    }

    /// The objects at an endpoint.
    ///
    /// - Throws: `FetchFailure`, `CancellationError`.
    func list(_ endpoint: Endpoint, in scope: ListScope) async throws -> ObjectList {
        let path = endpoint.path(namespace: scope.namespace)
        let key = FetchKey(client: scope.client, path: path, labelSelector: scope.labelSelector)
        return try await lists.outcome(of: key).get()
    }
}

/// Where objects are looked for and how they are recognised.
struct ListScope: Sendable {
    let client: KubernetesClient
    /// Nil: all.
    let namespace: String?
    let labelSelector: String
}
