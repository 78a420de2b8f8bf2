import Base
import HTTPClient
import KubeClient
import TestSupport
import Testing

@testable import API

/// Against the API server that `CALLBOARD_TEST_KUBECONFIG` names, whatever its version.
@Suite("Objects of a real cluster", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealClusterObjectsTests {
    private let client: KubernetesClient
    private let namespace = "objects-\(UInt32.random(in: 0 ... .max))"

    init() async throws {
        client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: environmentVariable("CALLBOARD_TEST_KUBECONFIG")),
            http: HTTPClient(name: "real"), version: "test")
    }

    private func inNamespace(_ body: () async throws -> Void) async throws {
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await client.delete("/api/v1/namespaces/\(namespace)")
        try result.get()
    }

    private func objects(_ change: (inout KubernetesObjectsConfiguration) -> Void = { _ in }) -> KubernetesObjects {
        var configuration = KubernetesObjectsConfiguration()
        configuration.cacheTime = .zero
        change(&configuration)
        let definition = ClusterDefinition(name: "real", access: client.configuration)
        return KubernetesObjects(
            directory: ClusterDirectory([ClusterDirectory.Entry(definition: definition, client: client)]),
            configuration: configuration, metrics: MetricsRegistry())
    }

    private func query(_ annotations: JSONObject) throws -> ObjectQuery {
        try ObjectQuery(entity: ["metadata": ["name": "shop", "annotations": .object(annotations)]])
    }

    private func create(_ groupVersion: String, _ plural: String, _ name: String, _ parts: JSONObject) async throws {
        var object = parts
        object["metadata"] = ["name": .string(name), "labels": ["app": "shop", "part": .string(plural)]]
        _ = try await client.create("\(groupVersion)/namespaces/\(namespace)/\(plural)", .object(object))
    }

    /// The objects of an answer's one cluster, `type name`.
    private func found(_ answer: [UInt8]) throws -> Set<String> {
        let item = try JSONValue(parsing: answer)["items"]?[0]
        #expect(item?["errors"] == nil || item?["errors"] == [], "\(item?["errors"]?.text() ?? "")")
        let resources = item?["resources"]?.arrayValue ?? []
        let names = resources.flatMap { resource in
            (resource["resources"]?.arrayValue ?? []).map {
                "\(resource["type"]?.stringValue ?? "") \($0["metadata"]?["name"]?.stringValue ?? "")"
            }
        }
        return Set(names)
    }

    @Test("every kind that carries the label is found, at whatever version the server has, and secrets never are")
    func everyKind() async throws {
        try await inNamespace {
            try await create("/api/v1", "secrets", "one", ["stringData": ["password": "never-shown"]])
            let expected = try await createEveryKind()
            let query = try query([
                "backstage.io/kubernetes-label-selector": "app=shop,part",
                "backstage.io/kubernetes-namespace": .string(namespace),
            ])
            let objects = objects()
            // Lists come from the server's memory, which may be behind for a moment.
            #expect(
                await eventually {
                    guard let answer = try? await objects.bytes(.workloads, of: query) else { return false }
                    return (try? found(answer)) == expected
                })
            let answer = try await objects.bytes(.workloads, of: query)
            #expect(try found(answer) == expected)
            #expect(!String(decoding: answer, as: UTF8.self).contains("never-shown"))
            let everywhere = try self.query(["backstage.io/kubernetes-label-selector": "app=shop,part=services"])
            #expect(try found(try await objects.bytes(.workloads, of: everywhere)).contains("services one"))
            let nowhere = try self.query(["backstage.io/kubernetes-label-selector": "app=shop,part=nothing"])
            #expect(try await objects.bytes(.workloads, of: nowhere) == Array(#"{"items":[]}"#.utf8))
        }
    }

    /// One of each kind that the server has and that is not made by a controller or runs anything.
    private func createEveryKind() async throws -> Set<String> {
        var created: Set<String> = []
        for type in ObjectType.all {
            guard let endpoint = try await client.endpoint(of: type.name, versions: type.versions),
                let parts = Self.parts(type.name, version: endpoint.groupVersion.version)
            else { continue }
            try await create(endpoint.groupVersion.path, type.name, "one", parts)
            created.insert("\(type.name) one")
        }
        #expect(created.count == 10, "\(created)")
        return created
    }

    private static func parts(_ plural: String, version: String) -> JSONObject? {
        let pod: JSONObject = ["containers": [["name": "main", "image": "registry.k8s.io/pause:3.9"]]]
        let scaled: JSONObject = [
            "replicas": 0, "selector": ["matchLabels": ["app": "shop"]],
            "template": ["metadata": ["labels": ["app": "shop"]], "spec": .object(pod)],
        ]
        var job = pod
        job["restartPolicy"] = "Never"
        let target: JSONValue = ["kind": "Deployment", "name": "one", "apiVersion": "apps/v1"]
        return switch plural {
        case "configmaps": ["data": ["a": "b"]]
        case "services": ["spec": ["ports": [["port": 80]]]]
        case "limitranges": ["spec": ["limits": []]]
        case "resourcequotas": ["spec": ["hard": ["pods": "1000"]]]
        case "deployments", "replicasets": ["spec": .object(scaled)]
        case "statefulsets": ["spec": .object(JSONObject(scaled.map { ($0.key, $0.value) } + [("serviceName", "one")]))]
        case "horizontalpodautoscalers": ["spec": ["maxReplicas": 3, "scaleTargetRef": target]]
        case "cronjobs":
            ["spec": ["schedule": "0 0 1 1 *", "jobTemplate": ["spec": ["template": ["spec": .object(job)]]]]]
        case "ingresses" where version == "v1":
            ["spec": ["defaultBackend": ["service": ["name": "one", "port": ["number": 80]]]]]
        default: nil
        }
    }

    @Test("objects come as the server has them")
    func verbatim() async throws {
        try await inNamespace {
            try await create("/api/v1", "configmaps", "one", ["data": ["text": "Ä \"quoted\" \\ \u{1F600}\n"]])
            let query = try query([
                "backstage.io/kubernetes-label-selector": "app=shop",
                "backstage.io/kubernetes-namespace": .string(namespace),
            ])
            let objects = objects { $0.objectTypes = ObjectType.all.filter { $0.name == "configmaps" } }
            let single = try await client.get("/api/v1/namespaces/\(namespace)/configmaps/one")
            var expected = try #require(single.objectValue)
            // Objects in lists carry neither.
            (expected["kind"], expected["apiVersion"]) = (nil, nil)
            let wanted = JSONValue.object(expected)
            #expect(
                await eventually {
                    let answer = try? JSONValue(parsing: try await objects.bytes(.workloads, of: query))
                    return answer?["items"]?[0]?["resources"]?[0]?["resources"] == [wanted]
                })
        }
    }

    @Test("a custom resource that the server does not have is NOT_FOUND; one of the core group is found")
    func customResources() async throws {
        try await inNamespace {
            try await create("/api/v1", "configmaps", "one", [:])
            let query = try query([
                "backstage.io/kubernetes-label-selector": "app=shop",
                "backstage.io/kubernetes-namespace": .string(namespace),
            ])
            let custom = KubernetesObjects.Demand.custom([
                CustomResourceName(group: "example.dev", version: "v1", plural: "unicorns"),
                CustomResourceName(group: "", version: "v1", plural: "configmaps"),
            ])
            let objects = objects()
            #expect(
                await eventually {
                    let answer = try? JSONValue(parsing: try await objects.bytes(custom, of: query))
                    let item = answer?["items"]?[0]
                    return item?["resources"]?[0]?["resources"]?[0]?["kind"] == "ConfigMap"
                        && item?["errors"] == [
                            [
                                "errorType": "NOT_FOUND", "statusCode": 404,
                                "resourcePath": .string("/apis/example.dev/v1/namespaces/\(namespace)/unicorns"),
                            ]
                        ]
                })
        }
    }

    @Test("without credentials every list is refused, and said to be")
    func unauthorized() async throws {
        var configuration = client.configuration
        configuration.credentials = .token("wrong")
        configuration.tls.clientCertificatePEM = nil
        configuration.tls.clientKeyPEM = nil
        let stranger = KubernetesClient(configuration, http: HTTPClient(name: "stranger"), version: "test")
        let definition = ClusterDefinition(name: "real", access: configuration)
        let objects = KubernetesObjects(
            directory: ClusterDirectory([ClusterDirectory.Entry(definition: definition, client: stranger)]),
            configuration: KubernetesObjectsConfiguration(), metrics: MetricsRegistry())
        let answer = try JSONValue(parsing: try await objects.bytes(.workloads, of: try query([:])))
        let errors = answer["items"]?[0]?["errors"]?.arrayValue ?? []
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0["errorType"] == "UNAUTHORIZED_ERROR" && $0["statusCode"] == 401 })
    }
}
