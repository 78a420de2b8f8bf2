import Base
import HTTPClient
import KubeClient

/// A namespace of its own in the cluster that `CALLBOARD_TEST_KUBECONFIG` names (`make test` starts one).
struct TestCluster: Sendable {
    static var isAvailable: Bool { environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil }

    let client: KubernetesClient
    let namespace: String

    /// Makes the namespace, runs the body, and has the namespace deleted whatever came of it.
    static func with(_ body: (TestCluster) async throws -> Void) async throws {
        let configuration = try await ClusterConfiguration.load(
            kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG"))
        let http = HTTPClient(name: "test-cluster")
        let cluster = TestCluster(
            client: KubernetesClient(configuration, http: http, version: "test"),
            namespace: "test-" + Hex.encode(randomBytes(5)))
        _ = try await cluster.client.create(
            "/api/v1/namespaces", ["metadata": ["name": .string(cluster.namespace)]])
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(cluster))
        } catch {
            result = .failure(error)
        }
        try await cluster.client.delete("/api/v1/namespaces/\(cluster.namespace)")
        http.shutdown()
        try result.get()
    }

    /// A Deployment of pods that ask for 250 millicores and 512 MiB each.
    func createDeployment(_ name: String, replicas: Int64 = 1, labels: JSONObject = [:]) async throws {
        _ = try await client.create(
            "/apis/apps/v1/namespaces/\(namespace)/deployments",
            [
                "metadata": ["name": .string(name), "labels": .object(labels)],
                "spec": [
                    "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]],
                    "template": ["metadata": ["labels": ["app": .string(name)]], "spec": Self.podSpec],
                ],
            ])
    }

    func createPod(_ name: String) async throws {
        _ = try await client.create(
            "/api/v1/namespaces/\(namespace)/pods",
            ["metadata": ["name": .string(name), "labels": ["app": .string(name)]], "spec": Self.podSpec])
    }

    func deleteDeployment(_ name: String) async throws {
        try await client.delete("/apis/apps/v1/namespaces/\(namespace)/deployments/\(name)")
    }

    static let podSpec: JSONValue = [
        "terminationGracePeriodSeconds": 0,
        "containers": [
            [
                "name": "main", "image": "registry.k8s.io/pause:3.9",
                "resources": ["requests": ["cpu": "250m", "memory": "512Mi"]],
            ]
        ],
    ]
}
