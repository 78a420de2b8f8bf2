import Base
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// A custom resource of the API server that `CALLBOARD_TEST_KUBECONFIG` names, from its definition to its end.
@Suite("Real custom resource", .enabled(if: environmentVariable("CALLBOARD_TEST_KUBECONFIG") != nil))
struct RealCustomResourceTests {
    private struct Thing: KubernetesObject {
        var meta: ObjectMeta
        var size: Int64
    }

    private let client: KubernetesClient
    private let group = "test-\(UInt32.random(in: 0 ... .max)).callboard.dev"

    init() async throws {
        let file = environmentVariable("CALLBOARD_TEST_KUBECONFIG")
        client = KubernetesClient(
            try await ClusterConfiguration.load(kubeconfig: file), http: HTTPClient(name: "real"), version: "test")
    }

    private var definition: JSONValue {
        let schema: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("things.\(group)")],
            "spec": [
                "group": .string(group), "scope": "Namespaced",
                "names": ["plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"],
                "versions": [
                    ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
                ],
            ],
        ]
    }

    private func thing(_ name: String, size: Int64) -> JSONValue {
        [
            "apiVersion": .string("\(group)/v1"), "kind": "Thing",
            "metadata": ["name": .string(name), "labels": ["text": "a-value-of-some-length"]],
            "spec": ["size": .int(size), "text": "grün \"🌳\" \\ \n }]"],
        ]
    }

    @Test("objects of a custom resource come by list and watch, and go with their definition")
    func lifetime() async throws {
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        _ = try await client.create(definitions, definition)
        do {
            try await follow { try await client.delete("\(definitions)/things.\(group)") }
        } catch {
            try? await client.delete("\(definitions)/things.\(group)")
            throw error
        }
    }

    private func follow(endDefinition: () async throws -> Void) async throws {
        let things = "/apis/\(group)/v1/namespaces/default/things"
        #expect(await eventually { (try? await client.create(things, thing("a", size: 1))) != nil })
        _ = try await client.create(things, thing("b", size: 2))
        let resource = Resource<Thing>.custom(
            kind: "Thing", plural: "things", groupVersion: GroupVersion(group: group, version: "v1"),
            fields: [["spec", "size"]]
        ) { json, context in
            Thing(
                meta: try ObjectMeta(from: json, in: &context), size: json["spec"]?["size"]?.intValue ?? 0)
        }
        let informer = Informer(resource, client: client, logger: Logger("test", sink: { _ in }))
        let sizes = { @Sendable in
            Dictionary(uniqueKeysWithValues: informer.cache.list().map { ($0.meta.name, $0.size) })
        }
        let task = Task { await informer.run() }
        defer { task.cancel() }
        #expect(await informer.waitUntilSynced(deadline: .now + .seconds(60)))
        #expect(sizes() == ["a": 1, "b": 2])
        _ = try await client.patch("\(things)/a", .merge, ["spec": ["size": 7]])
        try await client.delete("\(things)/b")
        _ = try await client.create(things, thing("c", size: 3))
        #expect(await eventually { sizes() == ["a": 7, "c": 3] }, "\(sizes())")
        let served = try await client.get("\(things)/a")
        let cached = try #require(informer.cache.get(ObjectKey(namespace: "default", name: "a")))
        #expect(cached.meta.resourceVersion.text == served["metadata"]?["resourceVersion"]?.stringValue)
        #expect(cached.meta.uid.description == served["metadata"]?["uid"]?.stringValue)
        #expect(cached.meta.created.rfc3339 == served["metadata"]?["creationTimestamp"]?.stringValue)
        #expect(cached.meta.labels == ["text": "a-value-of-some-length"])
        #expect(informer.status.failures == 0)
        try await endDefinition()
        // The server ends the watch of a resource that is gone a while after it deleted the objects.
        #expect(await eventually { informer.cache.count == 0 })
    }
}
