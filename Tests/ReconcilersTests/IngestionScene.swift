import Base
import Catalog
import CatalogSources
import HTTPClient
import KubeClient
import Store
import Synchronization
import TestSupport

@testable import Reconcilers

/// A catalog that is made of annotated workloads of a real cluster, under a prefix of its own, so that nobody else's become
/// entities.
struct IngestionScene: Sendable {
    let cluster: TestCluster
    let store: Store
    let directory: ClusterDirectory
    let prefix: String
    /// The clusters that are configured.
    let names: NamesBox
    /// What the definitions of APIs are read from.
    let urls = ScriptedURLs()
    let clock = ManualClock()

    /// Runs the body while the reconciler follows the cluster, which is called `test`, and a source that does not yield.
    static func with(
        authored: ScriptedSource = ScriptedSource("authored"), types: [IngestedType] = [],
        _ change: (inout IngestionSettings) -> Void = { _ in }, _ body: @Sendable (IngestionScene) async throws -> Void
    ) async throws {
        var settings = IngestionSettings()
        settings.onlyAnnotated = true
        settings.types += types
        change(&settings)
        let made = settings
        try await TestCluster.with { cluster in
            try await TestDatabase.withStore { store in
                let scene = IngestionScene(
                    cluster: cluster, store: store, directory: ClusterDirectory(),
                    prefix: "\(cluster.namespace).example.dev", names: NamesBox())
                scene.reach(cluster.client)
                try await scene.reconciling(made, authored) { try await body(scene) }
            }
        }
    }

    /// The way to the cluster; nil: it is configured no more.
    ///
    /// - Parameter other: the way to a second one, if that is configured.
    func reach(_ client: KubernetesClient?, other: KubernetesClient? = nil) {
        let clients = ["test": client, "other": other].compactMapValues { $0 }
        names.set(Set(clients.keys))
        directory.replace(
            with: clients.map { name, client in
                let definition = ClusterDefinition(name: name, access: client.configuration)
                return ClusterDirectory.Entry(definition: definition, client: client)
            })
    }

    /// Runs the body with a client whose server is out of reach.
    static func withClosed(_ body: (KubernetesClient) async throws -> Void) async throws {
        let http = HTTPClient(name: "closed")
        defer { http.shutdown() }
        // Port 1 is reserved and closed.
        try await body(
            KubernetesClient(ClusterConfiguration(server: "http://127.0.0.1:1"), http: http, version: "test"))
    }

    /// Waits until it was looked a few times which clusters are configured.
    func looked() async -> Bool {
        let looks = names.looks
        return await eventually { names.looks >= looks + 6 }
    }

    /// Waits for what happens when clusters lack for long.
    func afterGrace(_ condition: @Sendable () async throws -> Bool) async -> Bool {
        await eventually {
            clock.advance(by: .seconds(10))
            return try await condition()
        }
    }

    func reconciling(
        _ settings: IngestionSettings, _ authored: ScriptedSource, _ body: () async throws -> Void
    ) async throws {
        var settings = settings
        settings.annotationPrefix = prefix
        let sources = WorkloadSources(
            settings, directory: directory, stored: StoredWorkloads(store.catalog),
            logger: Logger("test", sink: { _ in }), clock: clock
        ) { [names] in names.look() }
        var processing = CatalogProcessing.forTests(urls: urls)
        processing.rules.generatedKinds[WorkloadSource.type] = ["Component", "Resource", "API", "System"]
        let reconciler = CatalogReconciler(
            sources: [authored], changing: sources, processing: processing, store: store, metrics: MetricsRegistry(),
            logger: Logger("test", sink: { _ in }))
        let run = Task { await reconciler.run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        run.cancel()
        await run.value
        try result.get()
    }

    /// Makes a workload with annotations of ours, and `add-to-catalog`.
    func create(_ plural: String, _ name: String, _ annotations: [String: String] = [:]) async throws {
        let labels: JSONValue = ["app": .string(name)]
        var template: JSONObject = ["metadata": ["labels": labels], "spec": TestCluster.podSpec]
        var spec: JSONObject = ["selector": ["matchLabels": labels], "template": .object(template)]
        if plural != "daemonsets" { spec["replicas"] = 0 }
        if plural == "daemonsets" {
            template["spec"] = ["nodeSelector": ["no": "node"], "containers": TestCluster.podSpec["containers"] ?? []]
            spec["template"] = .object(template)
        }
        if plural == "statefulsets" { spec["serviceName"] = .string(name) }
        if plural == "cronjobs" {
            template["spec"] = [
                "restartPolicy": "Never", "containers": TestCluster.podSpec["containers"] ?? [],
            ]
            spec = [
                "schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": ["spec": ["template": .object(template)]],
            ]
        }
        _ = try await cluster.client.create(
            try await path(plural), ["metadata": metadata(name, annotations), "spec": .object(spec)])
    }

    func metadata(_ name: String, _ annotations: [String: String]) -> JSONValue {
        let all = annotations.merging(["add-to-catalog": "true"]) { first, _ in first }
        return [
            "name": .string(name),
            "annotations": .object(JSONObject(all.map { ("\(prefix)/\($0.key)", .string($0.value)) })),
        ]
    }

    /// Where the server has the workloads of a kind; CronJobs are in a beta version before Kubernetes 1.21.
    func path(_ plural: String) async throws -> String {
        let versions = [
            GroupVersion(group: "apps", version: "v1"), GroupVersion(group: "batch", version: "v1"),
            GroupVersion(group: "batch", version: "v1beta1"),
        ]
        let endpoint = try await cluster.client.endpoint(of: plural, versions: versions)
        return endpoint?.path(namespace: cluster.namespace) ?? ""
    }

    func delete(_ plural: String, _ name: String) async throws {
        try await cluster.client.delete(try await path(plural) + "/" + name)
    }

    func annotate(_ plural: String, _ name: String, _ annotation: String, _ value: String?) async throws {
        _ = try await cluster.client.patch(
            try await path(plural) + "/" + name, .merge,
            ["metadata": ["annotations": ["\(prefix)/\(annotation)": value.map(JSONValue.string) ?? .null]]])
    }

    func document(_ ref: String) async throws -> JSONValue? {
        try await store.catalog.entity(ref: ref).map { try JSONValue(parsing: $0.document) }
    }

    /// Who defines an entity: the location of its definition.
    func definer(_ ref: String) async throws -> String? {
        try await document(ref)?["metadata"]?["annotations"]?["backstage.io/managed-by-location"]?.stringValue
    }

    func problems() async throws -> [String] {
        try await store.catalog.sources().flatMap(\.problems).map { "\($0.code) \($0.entityRef ?? "-")" }.sorted()
    }
}

/// Names that a test changes.
final class NamesBox: Sendable {
    private let state = Mutex<(names: Set<String>?, looks: Int)>((nil, 0))

    var looks: Int { state.withLock { $0.looks } }
    func set(_ value: Set<String>?) { state.withLock { $0.names = value } }

    func look() -> Set<String>? {
        state.withLock { state in
            state.looks += 1
            return state.names
        }
    }
}
