import Base
import TestSupport
import Testing

@testable import KubeClient

/// A custom resource, so that faults meet JSON and gzip too.
struct Thing: KubernetesObject {
    var meta: ObjectMeta
    var note: String

    static let group = "faults.callboard.dev"
    static let resource = Resource<Thing>.custom(
        kind: "Thing", plural: "things", groupVersion: GroupVersion(group: group, version: "v1"),
        fields: [["spec", "note"]]
    ) { json, context in
        Thing(meta: try ObjectMeta(from: json, in: &context), note: json["spec"]?["note"]?.stringValue ?? "")
    }

    static func path(in namespace: String) -> String { "/apis/\(group)/v1/namespaces/\(namespace)/things" }

    @Sendable static func make(_ name: String) -> JSONValue { make(name, filling: "") }

    /// A list with this one has more than 128 KiB, so the API server compresses it.
    static let filler = make("filler", filling: String(repeating: "0123456789 ", count: 15_000))

    private static func make(_ name: String, filling: String) -> JSONValue {
        [
            "apiVersion": .string("\(group)/v1"), "kind": "Thing", "metadata": ["name": .string(name)],
            "spec": ["note": "Grüße \"aus\" dem \\ Süden 🌞 }]\n", "filling": .string(filling)],
        ]
    }

    /// Defines the resource and waits until it is served. The definition stays: other tests may use it at the same time.
    static func define(in cluster: KubernetesClient) async throws {
        let schema: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        do {
            _ = try await cluster.create(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                [
                    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                    "metadata": ["name": .string("things.\(group)")],
                    "spec": [
                        "group": .string(group), "scope": "Namespaced",
                        "names": ["plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"],
                        "versions": [
                            ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
                        ],
                    ],
                ])
        } catch let error as KubernetesError where error.code == .alreadyExists {}
        try #require(await eventually { (try? await cluster.get(path(in: "default"))) != nil })
    }
}
