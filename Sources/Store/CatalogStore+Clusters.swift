internal import Base
internal import Catalog

/// An entity that describes a Kubernetes cluster.
package struct CatalogCluster: Sendable {
    package let name: String
    package let title: String?
    package let annotations: [String: String]
}

extension CatalogStore {
    /// The entities that describe clusters as Backstage's `catalog` cluster locator finds them: Resources of the type
    /// `kubernetes-cluster` that have the annotations which that asks for. The authority, which it asks for too, has no
    /// effect here and may be missing. In the order of their refs.
    ///
    /// - Throws: `StoreError`.
    package func clusters() async throws -> [CatalogCluster] {
        let annotations = ["api-server", "auth-provider"].map {
            SearchTokens.exists("metadata.annotations.kubernetes.io/\($0)")
        }
        let tokens =
            [SearchTokens.equals("kind", "resource"), SearchTokens.equals("spec.type", "kubernetes-cluster")]
            + annotations
        return try await pool.read { session in
            try session.run(
                "SELECT definition -> 'metadata' FROM entity WHERE tokens @> $1::text[] ORDER BY ref", [.texts(tokens)]
            ).map { row in
                let metadata = row.json(0)
                let annotations = metadata?["annotations"]?.objectValue ?? JSONObject()
                return CatalogCluster(
                    name: metadata?["name"]?.stringValue ?? "", title: metadata?["title"]?.stringValue,
                    annotations: Dictionary(
                        uniqueKeysWithValues: annotations.compactMap { key, value in
                            value.stringValue.map { (key, $0) }
                        }))
            }
        }
    }
}
