/// Which workload, whatever the letter case of its kind.
package struct WorkloadPlace: Sendable, Hashable {
    package let cluster: String
    package let namespace: String
    /// In lower case.
    package let kind: String
    package let name: String

    package init(cluster: String, namespace: String, kind: String, name: String) {
        (self.cluster, self.namespace, self.name) = (cluster, namespace, name)
        self.kind = kind.lowercased()
    }
}
