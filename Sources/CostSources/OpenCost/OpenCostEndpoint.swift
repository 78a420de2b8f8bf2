/// An OpenCost, or a Kubecost, which serves the same under a prefix.
package struct OpenCostEndpoint: Sendable {
    /// By which answers and the log call it.
    package let name: String
    /// Without a slash at the end; ends with the prefix of the API's paths, such as Kubecost's `/model`.
    package let baseURL: String
    package let token: Secret?
    /// Callboard's names of clusters by OpenCost's, which are another thing than Kubernetes knows.
    package let clusters: [String: String]
    /// For an answer.
    package let timeout: Duration

    package init(
        name: String = "default", baseURL: String, pathPrefix: String = "", token: Secret? = nil,
        clusters: [String: String] = [:], timeout: Duration = .seconds(60)
    ) {
        func trimmed(_ text: String) -> String {
            var rest = text[...]
            while rest.hasSuffix("/") { rest.removeLast() }
            return String(rest)
        }
        (self.name, self.token, self.clusters, self.timeout) = (name, token, clusters, timeout)
        self.baseURL = trimmed(trimmed(baseURL) + trimmed(pathPrefix))
    }

    /// Callboard's name of a cluster.
    package func ours(_ theirs: String) -> String { clusters[theirs] ?? theirs }
}
