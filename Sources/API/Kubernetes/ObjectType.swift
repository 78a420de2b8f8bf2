package import KubeClient

/// A built-in kind whose objects are fetched for an entity. Secrets are not among them, and never will be.
package struct ObjectType: Sendable, Hashable {
    /// The plural, which is also what answers call it.
    package let name: String
    /// Group versions whose objects Backstage's front end can read, the newest first.
    package let versions: [GroupVersion]
    /// Whether the server is asked which of the versions it has. One that was configured is asked for as it is.
    package let isNegotiated: Bool

    private init(_ name: String, _ group: String, _ versions: String...) {
        self.name = name
        self.versions = versions.map { GroupVersion(group: group, version: $0) }
        isNegotiated = true
    }

    private init(_ name: String, pinnedTo version: GroupVersion) {
        self.name = name
        versions = [version]
        isNegotiated = false
    }

    static let pods = ObjectType("pods", "", "v1")

    /// What Backstage fetches by default, with the versions that older servers have instead.
    package static let all: [ObjectType] = [
        pods, ObjectType("services", "", "v1"), ObjectType("configmaps", "", "v1"),
        ObjectType("limitranges", "", "v1"), ObjectType("resourcequotas", "", "v1"),
        ObjectType("deployments", "apps", "v1"), ObjectType("replicasets", "apps", "v1"),
        ObjectType("statefulsets", "apps", "v1"), ObjectType("daemonsets", "apps", "v1"),
        ObjectType("horizontalpodautoscalers", "autoscaling", "v2", "v2beta2", "v1"),
        ObjectType("jobs", "batch", "v1"), ObjectType("cronjobs", "batch", "v1", "v1beta1"),
        ObjectType("ingresses", "networking.k8s.io", "v1", "v1beta1"),
    ]

    /// The measured use of pods. Asked for beside them, never configured.
    static let podMetrics = ObjectType("pods", "metrics.k8s.io", "v1beta1")

    /// The same type at this version of its group and no other.
    package func pinned(to version: String) -> ObjectType {
        ObjectType(name, pinnedTo: GroupVersion(group: versions.first?.group ?? "", version: version))
    }
}
