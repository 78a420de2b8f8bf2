package import Base
internal import Costs

/// Asks for whole hours of the past, of which costs are estimated. Everything is asked for as one value an hour, for some
/// hours and some namespaces at a time, so that answers stay small.
///
/// How long something was there is counted in minutes. A subquery of just less than an hour has 60 of them in every version of
/// Prometheus, whether it counts the beginning of a range or not. What several instances of kube-state-metrics say is one.
package struct PrometheusPast: Sendable {
    private let client: PrometheusClient
    private let everything: PrometheusSelector
    private let containers: PrometheusSelector
    /// When the first hour begins, and how many there are.
    private let from: Timestamp
    package let hours: Int

    private static let hour = "3599s"
    private static let minutes = "[3599s:1m]"

    /// The end of the last hour.
    private var to: Timestamp { from.adding(seconds: Int64(hours) * 3_600) }
    private var whole: String { "\(Int64(hours) * 3_600 - 1)s" }

    fileprivate init(_ client: PrometheusClient, cluster: String, from: Timestamp, hours: Int) {
        (self.client, self.from, self.hours) = (client, from, hours)
        everything = .everything(of: cluster, at: client.endpoint)
        containers = .containers(of: cluster, at: client.endpoint)
    }

    /// Hours without any node are those of which nothing is known.
    package func nodes() async throws(UsageError) -> [Timestamp: [String: ClusterPast.Node]] {
        let capacity = everything.adding(#"resource=~"cpu|memory|.+_gpu""#).of("kube_node_status_capacity")
        let there = everything.adding(#"resource="cpu""#).of("kube_node_status_capacity")
        var found: [Timestamp: [String: ClusterPast.Node]] = [:]
        try await each("count_over_time((max by (node) (\(there)))\(Self.minutes))", ["node"]) { series, hour, value in
            found[hour, default: [:]][series.others["node"] ?? "", default: ClusterPast.Node()].seconds = seconds(value)
        }
        try await each(
            "max by (node, resource) (max_over_time(\(capacity)[\(Self.hour)]))", ["node", "resource"]
        ) { series, hour, value in
            found[hour]?[series.others["node"] ?? ""]?.capacity.set(series.others["resource"], value)
        }
        return found
    }

    /// Whether there was any node at the end of any hour. It reads one value an hour of each node, however many hours there are.
    package func hadNodes() async throws(UsageError) -> Bool {
        var found = false
        let nodes = everything.adding(#"resource="cpu""#).of("kube_node_status_capacity")
        try await each("count(\(nodes))", []) { _, _, _ in found = true }
        return found
    }

    /// The labels of nodes that kube-state-metrics was allowed to tell, by node.
    package func nodeLabels() async throws(UsageError) -> [String: [String: String]] {
        let labels = PastNodeLabels.names
        let by = (["node"] + labels).joined(separator: ", ")
        let answer = try await last(
            "max by (\(by)) (max_over_time(\(everything.of("kube_node_labels"))[\(whole)]))", ["node"] + labels)
        var found: [String: [String: String]] = [:]
        for series in answer.series {
            found[series.others["node"] ?? "", default: [:]].merge(PastNodeLabels.labels(series.others)) { first, _ in
                first
            }
        }
        return found
    }

    /// Namespaces that had pods with a node, and how many at most in an hour; none in those that had claims alone.
    package func namespaces() async throws(UsageError) -> [String: Int] {
        let pods = everything.adding(#"node!="""#).of("kube_pod_info")
        let claims = everything.adding(#"phase="Bound""#).of("kube_persistentvolumeclaim_status_phase")
        var found: [String: Int] = [:]
        try await each("count by (namespace) (max_over_time(\(claims)[\(Self.hour)]) == 1)", []) { series, _, _ in
            found[series.labels.namespace] = 0
        }
        try await each(
            "count by (namespace) (max by (namespace, pod) (max_over_time(\(pods)[\(Self.hour)])))", []
        ) { series, _, value in
            found[series.labels.namespace] = max(found[series.labels.namespace] ?? 0, Int(min(value, 1e6)))
        }
        return found
    }

    /// The pods of namespaces that had a node and had not finished, and claims that were bound.
    package func facts(_ namespaces: [String]) async throws(UsageError) -> [Timestamp: ClusterPast] {
        var found: [Timestamp: ClusterPast] = [:]
        try await places(namespaces, &found)
        try await requests(namespaces, &found)
        try await usage(namespaces, &found)
        try await claims(namespaces, &found)
        return found
    }

    private func places(_ namespaces: [String], _ found: inout [Timestamp: ClusterPast]) async throws(UsageError) {
        let some = everything.namespaces(namespaces)
        let pods = some.adding(#"node!="""#).of("kube_pod_info")
        let phase = some.adding(#"phase=~"Pending|Running|Unknown""#).of("kube_pod_status_phase")
        try await each(
            "count_over_time((max by (namespace, pod, node) (\(pods)) * on (namespace, pod) group_left () "
                + "max by (namespace, pod) (\(phase) == 1))\(Self.minutes))", ["node"]
        ) { series, hour, value in
            let pod = ContainerHours.Pod(namespace: series.labels.namespace, name: series.labels.pod)
            found[hour, default: ClusterPast()].pods[pod, default: ClusterPast.Pod(name: pod)]
                .places[series.others["node"] ?? ""] = seconds(value)
        }
    }

    private func requests(_ namespaces: [String], _ found: inout [Timestamp: ClusterPast]) async throws(UsageError) {
        let some = everything.namespaces(namespaces).adding(#"resource=~"cpu|memory|.+_gpu""#)
        func asked(_ by: String, _ metric: String) -> String {
            "max by (\(by), resource) (max_over_time(\(some.of(metric))[\(Self.hour)]))"
        }
        try await each(
            asked("namespace, pod, container", "kube_pod_container_resource_requests"), ["resource"]
        ) { series, hour, value in
            found[hour]?.change(series.labels) { $0.requests.set(series.others["resource"], value) }
        }
        try await each(
            asked("namespace, pod", "kube_pod_init_container_resource_requests"), ["resource"]
        ) { series, hour, value in
            let pod = ContainerHours.Pod(namespace: series.labels.namespace, name: series.labels.pod)
            found[hour]?.pods[pod]?.initial.set(series.others["resource"], value)
        }
    }

    private func usage(_ namespaces: [String], _ found: inout [Timestamp: ClusterPast]) async throws(UsageError) {
        let some = containers.namespaces(namespaces)
        let by = "max by (namespace, pod, container)"
        try await each("\(by) (rate(\(some.of("container_cpu_usage_seconds_total"))[1h]))", []) { series, hour, value in
            found[hour]?.change(series.labels) { $0.cores = value }
        }
        let memory = some.of("container_memory_working_set_bytes")
        try await each("\(by) (avg_over_time(\(memory)[\(Self.hour)]))", []) { series, hour, value in
            found[hour]?.change(series.labels) { $0.bytes = value }
        }
    }

    private func claims(_ namespaces: [String], _ found: inout [Timestamp: ClusterPast]) async throws(UsageError) {
        let some = everything.namespaces(namespaces)
        let label = "persistentvolumeclaim"
        func claim(_ series: PrometheusAnswer.Series) -> ContainerHours.Pod {
            ContainerHours.Pod(namespace: series.labels.namespace, name: series.others[label] ?? "")
        }
        let bound = some.adding(#"phase="Bound""#).of("kube_persistentvolumeclaim_status_phase")
        try await each(
            "count_over_time((max by (namespace, \(label)) (\(bound) == 1))\(Self.minutes))", [label]
        ) { series, hour, value in
            found[hour, default: ClusterPast()].claims[claim(series), default: ClusterPast.Claim()].seconds = seconds(
                value)
        }
        let size = some.of("kube_persistentvolumeclaim_resource_requests_storage_bytes")
        try await each(
            "max by (namespace, \(label)) (max_over_time(\(size)[\(Self.hour)]))", [label]
        ) { series, hour, value in
            found[hour]?.claims[claim(series)]?.bytes = Int64(min(value, 1e18))
        }
    }
}

// MARK: What belongs to what

extension PrometheusPast {
    package func relations(_ namespaces: [String]) async throws(UsageError) -> PastRelations {
        let some = everything.namespaces(namespaces)
        var found = PastRelations()
        func asked(_ by: String, _ series: String) -> String {
            "max by (namespace, \(by)) (max_over_time(\(series)[\(whole)]))"
        }
        let owner = ["owner_kind", "owner_name", "owner_is_controller"]
        let owned = owner.joined(separator: ", ")
        for series in try await last(asked("pod, \(owned)", some.of("kube_pod_owner")), owner).series {
            let pod = ContainerHours.Pod(namespace: series.labels.namespace, name: series.labels.pod)
            let controller = PastRelations.Owner(series.others)
            if controller != nil || found.pods[pod] == nil { found.pods[pod] = .some(controller) }
        }
        for (kind, metric, label) in [
            ("ReplicaSet", "kube_replicaset_owner", "replicaset"), ("Job", "kube_job_owner", "job_name"),
        ] {
            let controlled = some.adding(#"owner_is_controller="true""#).of(metric)
            for series in try await last(asked("\(label), \(owned)", controlled), owner + [label]).series {
                let object = PastRelations.Owner(kind: kind, name: series.others[label] ?? "")
                guard let controller = PastRelations.Owner(series.others) else { continue }
                found.controllers[series.labels.namespace, default: [:]][object] = controller
            }
        }
        let claim = "persistentvolumeclaim"
        let mounts = some.of("kube_pod_spec_volumes_persistentvolumeclaims_info")
        for series in try await last(asked("pod, \(claim)", mounts), [claim]).series {
            let pod = ContainerHours.Pod(namespace: series.labels.namespace, name: series.labels.pod)
            if let name = series.others[claim] { found.claims[pod, default: []].insert(name) }
        }
        return found
    }
}

// MARK: Asking

extension PrometheusPast {
    /// Takes the value of each hour of each series.
    private func each(
        _ expression: String, _ others: [String],
        _ take: (PrometheusAnswer.Series, _ hour: Timestamp, _ value: Double) -> Void
    ) async throws(UsageError) {
        let first = from.adding(seconds: 3_600)
        let answer = try await ask(expression, from: first, others)
        for series in answer.series {
            for point in series.points where point.value >= 0 {
                take(series, point.at.adding(seconds: -3_600), point.value)
            }
        }
    }

    /// The value at the end of all hours, of an expression that looks back on all of them.
    private func last(_ expression: String, _ others: [String]) async throws(UsageError) -> PrometheusAnswer {
        try await ask(expression, from: to, others)
    }

    /// - Throws: also when the answer is not the whole truth: what is filled in once is not asked for again.
    private func ask(
        _ expression: String, from: Timestamp, _ others: [String]
    ) async throws(UsageError) -> PrometheusAnswer {
        let answer = try await client.query(expression, from: from, to: to, stepSeconds: 3_600, others: others)
        if let warning = answer.warnings.first {
            throw UsageError(.refused, "Prometheus warns of its answer: \(warning)")
        }
        if answer.malformed > 0 {
            throw UsageError(.undecodable, "Prometheus gave \(answer.malformed) series or points that cannot be read")
        }
        return answer
    }

    private func seconds(_ minutes: Double) -> Int64 { Int64(min(max(minutes, 0), 60)) * 60 }
}

extension PrometheusSource {
    /// - Parameter from: the beginning of an hour.
    package func past(from: Timestamp, hours: Int) -> PrometheusPast {
        PrometheusPast(client, cluster: cluster, from: from, hours: hours)
    }
}

extension ClusterPast {
    /// What is said of containers whose pods had no node is of nobody.
    fileprivate mutating func change(_ labels: PrometheusAnswer.Labels, _ change: (inout Container) -> Void) {
        let pod = ContainerHours.Pod(namespace: labels.namespace, name: labels.pod)
        guard var found = pods.removeValue(forKey: pod) else { return }
        change(&found.containers[labels.container, default: Container()])
        pods[pod] = found
    }
}

extension RequestedCapacity {
    /// As kube-state-metrics calls resources; GPUs of several makes are one.
    fileprivate mutating func set(_ resource: String?, _ value: Double) {
        let whole = Int64(min(value, 1e15))
        switch resource {
        case "cpu": cpuMillicores = Int64(min((value * 1_000).rounded(.up), 1e12))
        case "memory": memoryBytes = Int64(min(value, 1e18))
        case nil: break
        default: gpus += whole
        }
    }
}

extension PastRelations.Owner {
    /// Nil when it does not control: an older kube-state-metrics writes `<none>` for pods without an owner, a newer one nothing.
    fileprivate init?(_ labels: [String: String]) {
        guard labels["owner_is_controller"] == "true", let kind = labels["owner_kind"], let name = labels["owner_name"]
        else { return nil }
        self.init(kind: kind, name: name)
    }
}
