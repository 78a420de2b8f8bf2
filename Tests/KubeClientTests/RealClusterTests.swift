import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite("Real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealClusterTests {
    private let cluster: RealCluster

    init() async throws { cluster = try await RealCluster() }

    @Test("nodes, namespaces and ConfigMaps are what their JSON says")
    func nodesAndOthers() async throws {
        try await cluster.inNamespace {
            let node = "a-node-of-\(cluster.namespace)"
            let amounts: JSONValue = ["cpu": "3920m", "memory": "15Gi", "pods": "110"]
            try await cluster.create(
                .nodes, node,
                [
                    "metadata": ["labels": ["node.kubernetes.io/instance-type": "m5.large"]],
                    "spec": ["unschedulable": true],
                ],
                status: [
                    "capacity": ["cpu": "4", "memory": "16Gi"], "allocatable": amounts,
                    "conditions": [["type": "Ready", "status": "True"]],
                ])
            try await cluster.compare(.nodes, selection: .all) { node, json in
                func amount(_ list: String) -> ComputeResources {
                    let amounts = json["status"]?[list]
                    return ComputeResources(
                        cpuMillicores: Quantity.thousandths(amounts?["cpu"]?.stringValue ?? "0") ?? -1,
                        memoryBytes: Quantity.units(amounts?["memory"]?.stringValue ?? "0") ?? -1)
                }
                let ready = json["status"]?["conditions"]?.arrayValue?.contains {
                    $0["type"] == "Ready" && $0["status"] == "True"
                }
                return [
                    differs("capacity", node.capacity, amount("capacity")),
                    differs("allocatable", node.allocatable, amount("allocatable")),
                    differs("ready", node.isReady, ready ?? false),
                    differs("unschedulable", node.isUnschedulable, json["spec"]?["unschedulable"]?.boolValue ?? false),
                ].compactMap { $0 }
            }
            try await cluster.client.delete("/api/v1/nodes/\(node)")
            try await cluster.compare(.namespaces, selection: .all) { namespace, json in
                [differs("phase", namespace.phase, json["status"]?["phase"]?.stringValue)].compactMap { $0 }
            }
            try await cluster.create(
                .configMaps, "catalog",
                ["metadata": ["annotations": ["a": "b"]], "data": ["one.yaml": "kind: Ä\n", "empty": ""]])
            try await cluster.compare(.configMaps) { map, json in
                [
                    differs("data", map.data, strings(json["data"])),
                    differs("annotations", map.meta.annotations, strings(json["metadata"]?["annotations"])),
                ].compactMap { $0 }
            }
        }
    }

    @Test("changes come while watching: creation, change, deletion and recreation")
    func changes() async throws {
        try await cluster.inNamespace {
            let seen = Mutex<[String]>([])
            let informer = Informer(
                .configMaps, client: cluster.client,
                selection: Selection(namespace: cluster.namespace, labelSelector: "callboard.dev/catalog=true"),
                logger: Logger("test", sink: { _ in })
            ) { change in
                let uidChanged =
                    change.old.map { old in change.new.map { $0.meta.uid != old.meta.uid } ?? false } ?? false
                seen.withLock {
                    $0.append("\(change.cause) \(change.old?.data["k"] ?? "-") > \(change.new?.data["k"] ?? "-")")
                    if uidChanged { $0.append("another object") }
                }
            }
            let task = Task { await informer.run() }
            defer { task.cancel() }
            #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
            let labelled: JSONValue = ["labels": ["callboard.dev/catalog": "true"]]
            try await cluster.create(.configMaps, "other", ["data": ["k": "not selected"]])
            try await cluster.create(.configMaps, "a", ["metadata": labelled, "data": ["k": "1"]])
            let path = "/api/v1/namespaces/\(cluster.namespace)/configmaps/a"
            _ = try await cluster.client.patch(path, .merge, ["data": ["k": "2"]])
            // An object that is not selected any more is gone for this informer.
            _ = try await cluster.client.patch(path, .merge, ["metadata": ["labels": ["callboard.dev/catalog": nil]]])
            _ = try await cluster.client.patch(path, .merge, ["metadata": labelled])
            try await cluster.client.delete(path)
            try await cluster.create(.configMaps, "a", ["metadata": labelled, "data": ["k": "3"]])
            let expected = ["- > 1", "1 > 2", "2 > -", "- > 2", "2 > -", "- > 3"].map { "watch \($0)" }
            #expect(await eventually { seen.withLock { $0 } == expected }, "\(seen.withLock { $0 })")
            #expect(informer.status.lastError == nil)
        }
    }

    @Test("an absent kind is no error, a wrong token is one")
    func refusals() async throws {
        #expect(try await cluster.client.endpoint(of: "unicorns", versions: [GroupVersion(version: "v1")]) == nil)
        #expect(
            try await cluster.client.endpoint(of: "a", versions: [GroupVersion(group: "no.such", version: "v1")]) == nil
        )
        let missing = await #expect(throws: KubernetesError.self) {
            _ = try await cluster.client.get("/api/v1/namespaces/no-such-namespace")
        }
        #expect(missing?.code == .notFound)
        var configuration = cluster.client.configuration
        configuration.credentials = .token("wrong")
        configuration.tls.clientCertificatePEM = nil
        configuration.tls.clientKeyPEM = nil
        let stranger = KubernetesClient(configuration, http: HTTPClient(name: "stranger"), version: "test")
        let refused = await #expect(throws: KubernetesError.self) { _ = try await stranger.get("/api/v1/namespaces") }
        #expect(refused?.code == .unauthorized)
    }
}
