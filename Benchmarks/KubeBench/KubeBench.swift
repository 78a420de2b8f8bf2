import Base
import Glibc
import HTTPClient
import KubeClient

/// Measures what the Kubernetes client does alone, without catalog and database. Each command prints one JSON line.
/// The cluster is that of the environment (`KUBECONFIG`).
@main
struct KubeBench {
    private static let usage = """
        KubeBench sync     reads all pods and Deployments into caches; time, processor time, memory
        KubeBench burst    replays 10,000 changes of the cluster's pods from a local server to a work queue
        """

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        guard let measure = measurement(CommandLine.arguments.dropFirst().first) else {
            print(usage)
            exit(64)
        }
        do {
            let figures = try await measure(ClusterConfiguration.load())
            print(String(decoding: JSONValue.object(figures).serialized(), as: UTF8.self))
        } catch {
            Logger.standardError(Array("KubeBench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func measurement(
        _ command: String?
    ) -> (@Sendable (ClusterConfiguration) async throws -> JSONObject)? {
        switch command {
        case "sync": Sync.measure
        case "burst": { try await Burst.measure($0, events: 10_000) }
        default: nil
        }
    }

    /// A client with a connection pool of its own.
    static func client(_ configuration: ClusterConfiguration) -> KubernetesClient {
        KubernetesClient(configuration, http: HTTPClient(name: "http"), version: "bench")
    }

    static let logger = Logger("bench", threshold: .warning)
}

struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
}
