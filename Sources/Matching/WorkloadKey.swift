/// Which workload: the identity that costs, links and the database share.
package struct WorkloadKey: Sendable, Hashable {
    /// The cluster's configured name.
    package let cluster: String
    /// The object's kind, such as `Deployment`.
    package let kind: String
    /// `metadata.namespace`
    package let namespace: String
    /// `metadata.name`
    package let name: String

    /// Takes the names as the API server gives them.
    package init(cluster: String, kind: String, namespace: String, name: String) {
        self.cluster = cluster
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }
}

extension WorkloadKey: Comparable {
    /// By cluster, namespace, kind and name.
    package static func < (left: WorkloadKey, right: WorkloadKey) -> Bool {
        (left.cluster, left.namespace, left.kind, left.name) < (right.cluster, right.namespace, right.kind, right.name)
    }
}

extension WorkloadKey: CustomStringConvertible {
    /// `cluster/namespace/Deployment/name`
    package var description: String { "\(cluster)/\(namespace)/\(kind)/\(name)" }
}
