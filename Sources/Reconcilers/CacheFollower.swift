internal import KubeClient

/// An informer without the type of its objects.
struct CacheFollower: Sendable {
    /// The resource's plural; for declared kinds with its group, such as `rollouts.argoproj.io`.
    let resource: String
    /// Whether the cluster counts as known without it: it may be absent or forbidden.
    let isOptional: Bool
    let run: @Sendable () async -> Void
    let waitUntilSynced: @Sendable (ContinuousClock.Instant) async -> Bool
    private let read: @Sendable () -> (objects: Int, status: InformerStatus)

    init<Object>(_ informer: Informer<Object>, isOptional: Bool = false, group: String = "") {
        resource = Self.name(informer.resource, group)
        self.isOptional = isOptional
        run = { await informer.run() }
        waitUntilSynced = { await informer.waitUntilSynced(deadline: $0) }
        read = { (informer.cache.count, informer.status) }
    }

    static func name<Object>(_ resource: Resource<Object>, _ group: String) -> String {
        resource.plural + (group.isEmpty ? "" : ".\(group)")
    }

    var objects: Int { read().objects }
    var status: InformerStatus { read().status }

    /// What keeps it from following the API server; nil when nothing does.
    ///
    /// - Parameter text: how an error is told.
    func problem(_ text: (KubernetesError) -> String) -> String? {
        let status = status
        if let error = status.lastError { return text(error) }
        return status.isServed ? nil : "the server does not have this kind"
    }

    /// Whether it has been tried: it is complete, the server does not have it, or it failed.
    var isTried: Bool {
        let status = status
        return status.isSynced || !status.isServed || status.failures > 0
    }
}
