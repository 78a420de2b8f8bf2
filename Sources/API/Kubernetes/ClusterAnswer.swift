internal import Base
internal import KubeClient

/// One cluster's part of an answer, as it grows.
struct ClusterAnswer: Sendable {
    /// Which of the wanted kinds, in which of the query's namespaces.
    struct Place: Hashable, Sendable, Comparable {
        let kind: Int
        let scope: Int

        static func < (left: Self, right: Self) -> Bool { (left.kind, left.scope) < (right.kind, right.scope) }
    }

    private let definition: ClusterDefinition
    private let wanted: [WantedObjects]
    private var lists: [Place: ObjectList?] = [:]
    private var metrics: [Place: ObjectList] = [:]
    private var failures: [Place: [FetchFailure]] = [:]
    private var delay: JSONValue?

    init(definition: ClusterDefinition, wanted: [WantedObjects]) {
        self.definition = definition
        self.wanted = wanted
    }

    /// A list has come, or what became of it.
    mutating func add(_ outcome: ClusterFetch.Outcome, at place: Place, within budget: AnswerBudget) {
        switch outcome {
        case .failure(let failure): failures[place, default: []].append(failure)
        case .success(let list?):
            if let excess = budget.take(list) {
                failures[place, default: []].append(Self.leftOut(wanted[place.kind].name, excess))
            } else {
                lists[place] = list
            }
        case .success(nil): lists[place] = .some(nil)
        }
    }

    /// What the pods at a place use has come. Each pod is written once more beside its use.
    mutating func add(metrics outcome: ClusterFetch.Outcome, at place: Place, within budget: AnswerBudget) {
        switch outcome {
        case .failure(let failure): failures[place, default: []].append(failure)
        case .success(let metrics?):
            guard let pods = lists[place] ?? nil else { return }
            if let excess = budget.take(pods) {
                failures[place, default: []].append(Self.leftOut(Self.metricsName, excess))
            } else {
                self.metrics[place] = metrics
            }
        case .success(nil): break
        }
    }

    private static let metricsName = "pod metrics"

    private static func leftOut(_ name: String, _ why: String) -> FetchFailure {
        FetchFailure(.unusable, path: name, detail: why)
    }

    /// The cluster's time is over, and these have not come.
    mutating func addDelay(of places: Set<Place>, withMetrics: Bool, deadline: Duration) {
        let names = Set(places.map(\.kind)).sorted().map { wanted[$0].name } + (withMetrics ? [Self.metricsName] : [])
        delay = FetchFailure.fetchError(
            "the cluster did not answer within \(deadline.components.seconds) s; "
                + "missing: \(names.joined(separator: ", "))")
    }

    /// Refusals and unusable answers one by one; that the cluster cannot be reached once.
    private var errors: [JSONValue] {
        var errors: [JSONValue] = []
        var isUnreachable = false
        for failure in failures.sorted(by: { $0.key < $1.key }).flatMap(\.value) {
            if failure.cause == .unreachable {
                if isUnreachable { continue }
                isUnreachable = true
            }
            if !errors.contains(failure.json) { errors.append(failure.json) }
        }
        return errors + (delay.map { [$0] } ?? [])
    }

    /// Nothing is to be told of this cluster.
    var isEmpty: Bool { errors.isEmpty && !lists.values.contains { $0?.items.isEmpty == false } }

    /// Writes it in Backstage's form.
    func write(to json: inout JSONText, _ sink: JSONText.Sink) async throws {
        json.open("{")
        json.key("cluster")
        json.value(JSONValue.object(definition.json(.inObjects)).serialized())
        json.key("resources")
        try await writeResources(to: &json, sink)
        json.key("podMetrics")
        try await writeUsage(to: &json, sink)
        json.key("errors")
        json.value(JSONValue.array(errors).serialized())
        json.close("}")
    }

    private func writeResources(to json: inout JSONText, _ sink: JSONText.Sink) async throws {
        json.open("[")
        for (kind, name) in wanted.enumerated() {
            let places = lists.keys.filter { $0.kind == kind }.sorted()
            guard !places.isEmpty else { continue }
            json.open("{")
            json.key("type")
            json.value(JSONValue.string(name.type).serialized())
            json.key("resources")
            json.open("[")
            for list in places.compactMap({ lists[$0] ?? nil }) {
                if case .custom = name {
                    try await write(list.objectsWithKind, to: &json, sink)
                } else {
                    try await write(list.objects, to: &json, sink)
                }
            }
            json.close("]")
            json.close("}")
        }
        json.close("]")
    }

    private func write(
        _ objects: some Sequence<ArraySlice<UInt8>>, to json: inout JSONText, _ sink: JSONText.Sink
    ) async throws {
        for object in objects {
            json.value(object)
            try await json.pass(to: sink)
        }
    }

    /// The metrics are read here, one list after the other, and no sooner: parsed they take more than as they came.
    private func writeUsage(to json: inout JSONText, _ sink: JSONText.Sink) async throws {
        json.open("[")
        for (place, metrics) in metrics.sorted(by: { $0.key < $1.key }) {
            guard let pods = lists[place] ?? nil else { continue }
            let usage = PodUsage(metrics)
            for pod in pods.objects {
                usage.write(pod, to: &json)
                try await json.pass(to: sink)
            }
        }
        json.close("]")
    }
}
