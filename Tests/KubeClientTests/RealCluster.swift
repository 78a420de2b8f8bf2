import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// The API server that `CALLBOARD_TEST_KUBECONFIG` names, with a namespace of the test's own. What its watches bring is
/// compared, field by field, with what it says in JSON.
struct RealCluster {
    let client: KubernetesClient
    let namespace = "kube-client-\(UInt32.random(in: 0 ... .max))"

    init() async throws {
        let file = environmentVariable("CALLBOARD_TEST_KUBECONFIG")
        client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: file), http: HTTPClient(name: "real"), version: "test")
    }

    /// Makes a namespace for the time of `body`.
    func inNamespace(_ body: () async throws -> Void) async throws {
        _ = try await client.create("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        do {
            try await body()
        } catch {
            try? await client.delete("/api/v1/namespaces/\(namespace)")
            throw error
        }
        try await client.delete("/api/v1/namespaces/\(namespace)")
    }

    /// Creates an object, after the namespace's service account if the cluster wants pods to have one, and gives it a
    /// status.
    func create<Object>(
        _ resource: Resource<Object>, _ name: String, _ object: JSONValue, status: JSONValue? = nil
    ) async throws {
        let endpoint = try #require(try await client.endpoint(of: resource))
        let space = resource.isNamespaced ? namespace : nil
        guard case .object(var members) = object else { return }
        var metadata = members["metadata"]?.objectValue ?? [:]
        metadata["name"] = .string(name)
        (members["metadata"], members["kind"]) = (.object(metadata), .string(resource.kind))
        members["apiVersion"] = .string(endpoint.groupVersion.description)
        let body = JSONValue.object(members)
        let path = endpoint.path(namespace: space)
        #expect(
            await eventually {
                do {
                    _ = try await client.create(path, body)
                    return true
                } catch {
                    return (error as? KubernetesError)?.code != .forbidden
                }
            })
        guard let status else { return }
        let statusPath = endpoint.path(namespace: space, name: name, subresource: "status")
        _ = try await client.patch(statusPath, .merge, ["status": status])
    }

    /// Runs an informer and waits until each object in its cache is as `matches` says that the server's JSON of the
    /// same version is.
    func compare<Object>(
        _ resource: Resource<Object>, selection: Selection? = nil, atLeast count: Int = 1,
        _ matches: @escaping @Sendable (Object, JSONValue) -> [String]
    ) async throws {
        let informer = Informer(
            resource, client: client, selection: selection ?? Selection(namespace: namespace),
            logger: Logger("test", sink: { _ in }))
        let task = Task { await informer.run() }
        defer { task.cancel() }
        #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        let endpoint = try #require(try await client.endpoint(of: resource))
        let path = endpoint.path(namespace: resource.isNamespaced ? namespace : nil)
        let differences = Mutex<[String]>([])
        let isSame = await eventually {
            guard let list = try? await client.get(path) else { return false }
            let items = list["items"]?.arrayValue ?? []
            let found = items.flatMap { item -> [String] in
                let key = ObjectKey(
                    namespace: item["metadata"]?["namespace"]?.stringValue ?? "",
                    name: item["metadata"]?["name"]?.stringValue ?? "")
                guard let object = informer.cache.get(key) else { return ["\(key) is missing"] }
                return metadata(object.meta, item["metadata"] ?? .null) + matches(object, item)
            }
            differences.withLock { $0 = found }
            return found.isEmpty && items.count == informer.cache.count && items.count >= count
        }
        #expect(isSame, "\(resource.plural): \(differences.withLock { $0 })")
    }

    private func metadata(_ meta: ObjectMeta, _ json: JSONValue) -> [String] {
        let owner = json["ownerReferences"]?.arrayValue?.first { $0["controller"]?.boolValue == true }
        return [
            differs("uid", meta.uid.description, json["uid"]?.stringValue),
            differs("version", meta.resourceVersion.text, json["resourceVersion"]?.stringValue),
            differs("generation", meta.generation, json["generation"]?.intValue ?? 0),
            differs("labels", meta.labels, labels(json["labels"])),
            differs("created", meta.created.rfc3339, json["creationTimestamp"]?.stringValue),
            differs("deleted", meta.deleted?.rfc3339, json["deletionTimestamp"]?.stringValue),
            differs("owner kind", meta.owner?.kind, owner?["kind"]?.stringValue),
            differs("owner name", meta.owner?.name, owner?["name"]?.stringValue),
            differs("owner uid", meta.owner?.uid.description, owner?["uid"]?.stringValue),
        ].compactMap { $0 }
    }

    static let template: JSONValue = [
        "metadata": ["labels": ["app": "web", "example.com/long-enough-to-be-interned": "a-value-of-some-length"]],
        "spec": [
            "restartPolicy": "Always", "schedulerName": "nobody",
            "containers": [
                [
                    "name": "web", "image": "web:1",
                    "resources": ["requests": ["cpu": "250m", "memory": "64Mi"], "limits": ["cpu": "1"]],
                ]
            ],
        ],
    ]

    static func template(restartPolicy: String) -> JSONValue {
        guard case .object(var template) = Self.template, case .object(var spec) = template["spec"] else {
            return .null
        }
        spec["restartPolicy"] = .string(restartPolicy)
        template["spec"] = .object(spec)
        return .object(template)
    }

    let selector: JSONValue = ["matchLabels": ["app": "web"]]

    func with(_ value: JSONValue, _ key: String, _ member: JSONValue) -> JSONValue {
        guard case .object(var object) = value else { return value }
        object[key] = member
        return .object(object)
    }
}

func differs<Value: Equatable>(_ field: String, _ found: Value, _ expected: Value?) -> String? {
    found == expected ? nil : "\(field) is \(found), not \(String(describing: expected))"
}

func differs<Value: Equatable>(_ field: String, _ found: Value?, _ expected: Value?) -> String? {
    found == expected ? nil : "\(field) is \(String(describing: found)), not \(String(describing: expected))"
}

func number(_ json: JSONValue, _ part: String, _ field: String) -> Int64 { json[part]?[field]?.intValue ?? 0 }

func strings(_ json: JSONValue?) -> [String: String] {
    let members = json?.objectValue ?? [:]
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.stringValue ?? "") })
}

func labels(_ json: JSONValue?) -> LabelSet { LabelSet(strings(json).map { ($0.key, $0.value) }) }
