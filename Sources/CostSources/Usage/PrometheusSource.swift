package import Base
package import Costs

/// The usage of one cluster as its Prometheus has it from the kubelets' cAdvisor: now, and in the past.
package struct PrometheusSource: UsageSource {
    let client: PrometheusClient
    let cluster: String
    private let selector: PrometheusSelector

    private static let cpu = "container_cpu_usage_seconds_total"
    private static let memory = "container_memory_working_set_bytes"
    /// Several scrapes of the same kubelet, and containers that followed each other, must not be added up.
    private static let grouped = "max by (namespace, pod, container)"

    package init(_ client: PrometheusClient, cluster: String) {
        (self.client, self.cluster) = (client, cluster)
        selector = .containers(of: cluster, at: client.endpoint)
    }

    package var name: String { "prometheus" }

    package func usage() async throws(UsageError) -> UsageReading {
        let cpu = try await client.query("\(Self.grouped) (rate(\(selector.of(Self.cpu))[5m]))")
        let memory = try await client.query("\(Self.grouped) (\(selector.of(Self.memory)))")
        return UsageReading(cpu: cpu, memory: memory)
    }
}

extension UsageReading {
    /// Containers of which both are known. A sample is of the moment for which Prometheus computed it.
    fileprivate init(cpu: PrometheusAnswer, memory: PrometheusAnswer) {
        self.init()
        malformed = cpu.malformed + memory.malformed
        warnings = cpu.warnings + memory.warnings
        var bytes: [PrometheusAnswer.Labels: Double] = [:]
        for series in memory.series { bytes[series.labels] = series.points.last?.value }
        var pods: [ContainerHours.Pod: (at: Timestamp, containers: [String: ContainerUsage])] = [:]
        for series in cpu.series {
            guard let cores = series.points.last, cores.value >= 0, let bytes = bytes[series.labels], bytes >= 0 else {
                continue
            }
            let usage = ContainerUsage(
                cpuMillicores: Int64(min((cores.value * 1_000).rounded(.up), 1e12)),
                memoryBytes: Int64(min(bytes, 1e18)))
            pods[ContainerHours.Pod(series.labels), default: (cores.at, [:])].containers[series.labels.container] =
                usage
        }
        samples = pods.map { pod, found in
            UsageSample(
                PodUsage(namespace: pod.namespace, pod: pod.name, containers: found.containers), at: found.at)
        }
    }
}

// MARK: The past

/// What a container of a pod used hour by hour.
package struct ContainerHours: Sendable {
    package struct Pod: Sendable, Hashable {
        package let namespace: String
        package let name: String

        package init(namespace: String, name: String) {
            self.namespace = namespace
            self.name = name
        }

        fileprivate init(_ labels: PrometheusAnswer.Labels) {
            self.init(namespace: labels.namespace, name: labels.pod)
        }
    }

    package let pod: Pod
    package let container: String
    /// Mean cores of the hours before these moments.
    package var cores: [(at: Timestamp, value: Double)] = []
    /// The highest working sets of the same, in bytes.
    package var bytes: [(at: Timestamp, value: Double)] = []
}

extension PrometheusSource {
    /// What the containers of a namespace used in the hours that end after `from` and not after `to`. To be asked for a
    /// day at most, so that the answer stays small.
    package func hours(
        namespace: String, from: Timestamp, to: Timestamp
    ) async throws(UsageError) -> [ContainerHours] {
        let selector = selector.namespace(namespace)
        let first = from.adding(seconds: 3_600)
        let cpu = try await client.query(
            "\(Self.grouped) (rate(\(selector.of(Self.cpu))[1h]))", from: first, to: to, stepSeconds: 3_600)
        let memory = try await client.query(
            "\(Self.grouped) (max_over_time(\(selector.of(Self.memory))[1h]))", from: first, to: to,
            stepSeconds: 3_600)
        var found: [PrometheusAnswer.Labels: ContainerHours] = [:]
        func hours(_ labels: PrometheusAnswer.Labels) -> ContainerHours {
            found[labels] ?? ContainerHours(pod: ContainerHours.Pod(labels), container: labels.container)
        }
        for series in cpu.series { found[series.labels] = hours(series.labels).with(cores: series.points) }
        for series in memory.series { found[series.labels] = hours(series.labels).with(bytes: series.points) }
        return Array(found.values)
    }

    /// The containers that their CPU limit slowed down in at least this share of the periods of the last hour.
    package func throttled(from share: Double) async throws(UsageError) -> [ContainerHours.Pod: [String: Double]] {
        let (throttled, all) = ("container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total")
        let answer = try await client.query(
            "\(Self.grouped) (increase(\(selector.of(throttled))[1h])) / "
                + "(\(Self.grouped) (increase(\(selector.of(all))[1h])) > 0) >= \(share)")
        var found: [ContainerHours.Pod: [String: Double]] = [:]
        for series in answer.series {
            guard let point = series.points.last else { continue }
            found[ContainerHours.Pod(series.labels), default: [:]][series.labels.container] = min(point.value, 1)
        }
        return found
    }

    /// What KRR's `simple` strategy asks for: of each pod the 95th percentile of CPU and the highest memory, over 14 days
    /// in steps of 75 seconds. To be asked for 50 pods at a time, as KRR does.
    ///
    /// - Returns: by pod and container.
    package func krrUsage(
        namespace: String, pods: [String]
    ) async throws(UsageError) -> [ContainerHours.Pod: [String: KRRPodUsage]] {
        let selector = selector.namespace(namespace).pods(pods)
        let cpu = "\(Self.grouped) (rate(\(selector.of(Self.cpu))[75s]))[14d:75s]"
        let memory = "\(Self.grouped) (\(selector.of(Self.memory)))[14d:75s]"
        let percentiles = try await client.query("quantile_over_time(0.95, \(cpu))")
        let cpuPoints = try await client.query("count_over_time(\(cpu))").values
        let peaks = try await client.query("max_over_time(\(memory))").values
        let memoryPoints = try await client.query("count_over_time(\(memory))").values
        var found: [ContainerHours.Pod: [String: KRRPodUsage]] = [:]
        for (labels, cores) in percentiles.values {
            // The percentile of equal samples is their value; more of them than the strategy wants say nothing more.
            let count = min(Int(cpuPoints[labels] ?? 0), Self.krrPoints)
            found[ContainerHours.Pod(labels), default: [:]][labels.container] = KRRPodUsage(
                cpuCores: Array(repeating: cores, count: count), memoryPeakBytes: peaks[labels],
                memoryPoints: Int(memoryPoints[labels] ?? 0))
        }
        return found
    }

    /// Samples of all pods together that KRR wants at least.
    private static let krrPoints = 100
}

extension ContainerHours {
    fileprivate func with(cores: [(at: Timestamp, value: Double)]) -> ContainerHours {
        var changed = self
        changed.cores = cores
        return changed
    }

    fileprivate func with(bytes: [(at: Timestamp, value: Double)]) -> ContainerHours {
        var changed = self
        changed.bytes = bytes
        return changed
    }
}

extension PrometheusAnswer {
    /// The last value of each series.
    fileprivate var values: [Labels: Double] {
        Dictionary(series.compactMap { series in series.points.last.map { (series.labels, $0.value) } }) { $1 }
    }
}
