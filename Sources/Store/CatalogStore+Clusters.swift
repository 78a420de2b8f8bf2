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
        let filter = EntityFilter.allOf(
            [
                .match(key: "kind", values: ["resource"]), .match(key: "spec.type", values: ["kubernetes-cluster"]),
            ]
                + ["api-server", "auth-provider"].map {
                    .match(key: "metadata.annotations.kubernetes.io/\($0)", values: nil)
                })
        return try await pool.read { session in
            try session.snapshot {
                let selection = EntitySelection(filter: filter, try IndexLookup(filter: filter, session))
                var statement = IndexStatement()
                let matching = "SELECT i.ref FROM \(selection.matching(&statement))"
                return try session.runOnce(
                    "SELECT definition -> 'metadata' FROM entity JOIN (\(matching)) m USING (ref) ORDER BY ref",
                    statement.values
                ).map(Self.cluster)
            }
        }
    }

    private static func cluster(_ row: SQLRow) -> CatalogCluster {
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
