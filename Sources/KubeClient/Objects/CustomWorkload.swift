internal import Base

/// A custom resource that a configuration declares as a workload: where the API server has it, and where its objects have
/// what is read of them. Pods, or the ReplicaSets, Jobs and other workloads between, belong to such an object through
/// their `ownerReferences`.
package struct CustomWorkload: Sendable, Hashable {
    package let groupVersion: GroupVersion
    /// As in paths, such as `rollouts`.
    package let plural: String
    /// Such as `Rollout`.
    package let kind: String
    package let isNamespaced: Bool
    package let paths: Paths

    /// Where an object has what is read, as the names of nested fields. The defaults are those of a Deployment.
    package struct Paths: Sendable, Hashable {
        /// A label selector. Its `matchLabels` stand in for the template's labels where there is no template: all pods
        /// have them.
        package var selector = ["spec", "selector"]
        /// The pod template, with its `metadata.labels`.
        package var template = ["spec", "template"]
        /// How many pods are wanted; an object that does not say wants one.
        package var replicas = ["spec", "replicas"]
        /// How many pods are ready.
        package var readyReplicas = ["status", "readyReplicas"]
        /// `{apiVersion, kind, name}` of a Deployment whose template is used instead of an own one, as an Argo Rollout can.
        package var workloadRef = ["spec", "workloadRef"]

        package init() {}
    }

    /// - Parameters:
    ///   - groupVersion: one version is followed; the server converts objects of others.
    package init(
        groupVersion: GroupVersion, plural: String, kind: String, isNamespaced: Bool = true, paths: Paths = Paths()
    ) {
        self.groupVersion = groupVersion
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
        self.paths = paths
    }

    /// The kind of its objects.
    package var workloadKind: WorkloadKind { .declared(DeclaredKind(group: groupVersion.group, name: kind)) }

    /// A declaration, or a list of them, is wrong. The configuration that holds it cannot be used.
    package struct DeclarationError: Error, Equatable, CustomStringConvertible {
        /// Where in the configuration, such as `callboard.kubernetes.workloads[0].kind`.
        package let path: String
        /// What was expected there, and what was found.
        package let detail: String

        package var description: String { "\(path): \(detail)" }
    }
}
