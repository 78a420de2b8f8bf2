internal import Costs
package import KubeClient

/// The usage that `metrics.k8s.io` tells, which most clusters have from metrics-server: only what is used now.
package struct MetricsAPISource: UsageSource {
    private let client: KubernetesClient

    /// More pods than any cluster has; an answer without end must not fill the memory.
    private static let maximumPods = 200_000

    package init(client: KubernetesClient) { self.client = client }

    package var name: String { "metrics.k8s.io" }

    package func usage() async throws(UsageError) -> UsageReading {
        var reading = UsageReading()
        do {
            try await client.podMetrics { page, malformed in
                reading.malformed += malformed
                reading.samples += page.map(UsageSample.init)
                guard reading.samples.count <= Self.maximumPods else {
                    throw UsageError(.tooLarge, "metrics.k8s.io: more than \(Self.maximumPods) pods")
                }
            }
            return reading
        } catch let error as UsageError {
            throw error
        } catch let error as KubernetesError {
            throw UsageError(error)
        } catch {
            throw UsageError(.undecodable, "metrics.k8s.io: \(error)")
        }
    }
}

extension UsageSample {
    /// Millicores are rounded up: a container that works has at least one.
    fileprivate init(_ metrics: PodMetrics) {
        let containers = metrics.containers.map { container in
            let millicores = container.cpuNanocores / 1_000_000 + (container.cpuNanocores % 1_000_000 > 0 ? 1 : 0)
            return (container.name, ContainerUsage(cpuMillicores: millicores, memoryBytes: container.memoryBytes))
        }
        self.init(
            PodUsage(
                namespace: metrics.key.namespace, pod: metrics.key.name, containers: Dictionary(containers) { $1 }),
            at: metrics.at)
    }
}

extension UsageError {
    /// The aggregation layer answers 404 when nobody has registered the API, and 503 when who has does not answer (yet).
    fileprivate init(_ error: KubernetesError) {
        let code: Code =
            switch error.code {
            case .notFound: .absent
            case .unauthorized, .forbidden: .forbidden
            case .unreachable, .connectionLost, .unavailable: .unreachable
            case .timeout, .serverTimeout: .timeout
            case .cancelled: .cancelled
            case .undecodable: .undecodable
            case .badRequest, .conflict, .alreadyExists, .gone, .invalid, .tooManyRequests, .serverError,
                .versionTooLarge, .refused:
                .refused
            }
        self.init(code, error.description)
    }
}
