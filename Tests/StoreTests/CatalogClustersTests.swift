import TestSupport
import Testing

@testable import Store

@Suite("Clusters that the catalog describes", .serialized, .enabled(if: TestDatabase.isAvailable))
struct CatalogClustersTests {
    private static func resource(_ name: String, type: String, annotations: String) -> String {
        """
        apiVersion: backstage.io/v1alpha1
        kind: Resource
        metadata: {name: \(name), title: The \(name), annotations: {\(annotations)}}
        spec: {type: \(type), owner: platform}
        """
    }

    private static let annotations = """
        kubernetes.io/api-server: "https://east:6443", kubernetes.io/auth-provider: serviceAccount, \
        Other: kept
        """

    @Test("Resources of the type with the server and the provider are found, in order; others are not")
    func found() async throws {
        try await Scene.with { scene in
            let partly = "kubernetes.io/api-server: 'https://south:6443'"
            let yaml = [
                Self.resource("west", type: "kubernetes-cluster", annotations: Self.annotations),
                Self.resource("east", type: "Kubernetes-Cluster", annotations: Self.annotations),
                Self.resource("south", type: "kubernetes-cluster", annotations: partly),
                Self.resource("db", type: "database", annotations: Self.annotations),
            ].joined(separator: "\n---\n")
            try await scene.apply("clusters.yaml", yaml)
            let clusters = try await scene.catalog.clusters()
            #expect(clusters.map(\.name) == ["east", "west"])
            #expect(clusters.first?.title == "The east")
            #expect(clusters.first?.annotations["kubernetes.io/api-server"] == "https://east:6443")
            #expect(clusters.first?.annotations["Other"] == "kept")
        }
    }
}
