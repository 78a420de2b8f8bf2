/// Why a cluster, or the place where clusters are named, cannot be used. Never holds the contents of tokens or keys.
package struct ClusterProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The cluster's name, or its place when it has none; empty when no single cluster is meant.
    package let cluster: String
    /// Where the reason is, such as `kubernetes.clusterLocatorMethods[0].clusters[1].url` or a file and the key in it.
    package let path: String
    /// What was expected there.
    package let detail: String

    package init(cluster: String, path: String, detail: String) {
        self.cluster = cluster
        self.path = path
        self.detail = detail
    }

    package var description: String {
        (cluster.isEmpty ? "clusters: " : "cluster \(cluster): ") + (path.isEmpty ? "" : "\(path): ") + detail
    }
}

extension ClusterProblem {
    init(_ error: ConfigurationError, cluster: String) {
        self.init(
            cluster: cluster, path: [error.source, error.key].filter { !$0.isEmpty }.joined(separator: ": "),
            detail: error.detail)
    }
}
