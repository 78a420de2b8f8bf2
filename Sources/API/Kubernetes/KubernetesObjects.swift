package import Base
package import KubeClient

/// Fetches an entity's objects from the clusters when somebody asks, in full. Nothing of it is stored: lists are kept in
/// memory for seconds, so that many who watch the same entity cost an API server no more than one.
package struct KubernetesObjects: Sendable {
    let directory: ClusterDirectory
    let configuration: KubernetesObjectsConfiguration
    private let requests: ClusterRequests
    private let time: PassingTime

    /// - Parameters:
    ///   - directory: the clusters as they are at the moment of each request.
    ///   - clock: measures deadlines and how long lists are kept.
    package init(
        directory: ClusterDirectory, configuration: KubernetesObjectsConfiguration, metrics: MetricsRegistry,
        clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.directory = directory
        self.configuration = configuration
        time = PassingTime(clock)
        requests = ClusterRequests(configuration, time: time, metrics: metrics)
    }

    /// What is asked of each cluster.
    enum Demand {
        /// The configured types, and the custom resources of the configuration or the cluster.
        case workloads
        /// These alone.
        case custom([CustomResourceName])
    }

    /// What an entity has in the clusters. Always an answer: what failed is named in it. When the calling
    /// task is cancelled, what nobody else waits for is cancelled too, and the answer is good for nothing.
    func objects(_ demand: Demand, of query: ObjectQuery) async -> ObjectsAnswer {
        let budget = AnswerBudget(objects: configuration.answerObjects, bytes: configuration.answerBytes)
        let entries = query.chosen(among: directory.entries, by: configuration.serviceLocator)
        let answers = await withTaskGroup(of: (Int, ClusterAnswer).self) { group in
            for (place, entry) in entries.enumerated() {
                let fetch = ClusterFetch(
                    entry: entry, query: query, wanted: wanted(demand, from: entry.definition), requests: requests,
                    budget: budget, deadline: configuration.deadline, time: time)
                group.addTask { (place, await fetch.run()) }
            }
            return await group.reduce(into: [Int: ClusterAnswer]()) { $0[$1.0] = $1.1 }
        }
        return ObjectsAnswer(clusters: answers.sorted { $0.key < $1.key }.map(\.value))
    }

    /// Who reads an answer has its lists in memory for so long at most; as long as the HTTP server gives the handler.
    private static let sendingTime: Duration = .seconds(60)

    /// Writes an answer, within a time.
    ///
    /// - Throws: what the sink throws; `SlowReaderError`.
    func send(_ answer: ObjectsAnswer, to sink: @escaping JSONText.Sink) async throws {
        try await sending(within: Self.sendingTime, sleep: time.sleep) { try await answer.write(to: sink) }
    }

    private func wanted(_ demand: Demand, from cluster: ClusterDefinition) -> [WantedObjects] {
        switch demand {
        case .workloads:
            let custom = cluster.customResources ?? configuration.customResources
            return configuration.objectTypes.map(WantedObjects.type) + usable(custom)
        case .custom(let resources): return usable(resources)
        }
    }

    /// Without those that must not be asked for, wherever their names come from.
    private func usable(_ resources: [CustomResourceName]) -> [WantedObjects] {
        resources.filter { $0.problem == nil }.map(WantedObjects.custom)
    }
}

extension KubernetesObjects {
    /// What lists may take and take.
    var allowance: ListAllowance { requests.allowance }

    /// What the lists that are kept take, in bytes.
    var keptBytes: Int {
        get async { await requests.lists.keptCost }
    }

    /// Whether no list is under way and nobody waits for one.
    var isIdle: Bool {
        get async { await requests.lists.isIdle }
    }
}
