package import Base

/// A cluster as it was configured: its name, what people are shown of it, and how it is reached.
package struct ClusterDefinition: Sendable, Equatable {
    /// Part of every key that Callboard stores; unique among the clusters.
    package var name: String
    /// For people; nil: the name.
    package var title: String?
    /// How Backstage names the way to authenticate, such as `serviceAccount`. Shown, never interpreted.
    package var authProvider = "serviceAccount"
    /// Where a dashboard shows the cluster, and in which form its links are made.
    package var dashboardURL: String?
    package var dashboardApp: String?
    package var dashboardParameters: JSONValue?
    /// No metrics are asked for.
    package var skipsMetrics = false
    /// Custom resources that are fetched from this cluster instead of the ones configured for all; nil: those.
    package var customResources: [CustomResourceName]?
    package var access: ClusterConfiguration

    package init(name: String, access: ClusterConfiguration) {
        self.name = name
        self.access = access
    }
}

/// A custom resource as paths name it.
package struct CustomResourceName: Sendable, Hashable {
    package var group: String
    /// The version alone, such as `v1alpha1` (Backstage's `apiVersion`).
    package var version: String
    package var plural: String

    package init(group: String, version: String, plural: String) {
        self.group = group
        self.version = version
        self.plural = plural
    }
}
