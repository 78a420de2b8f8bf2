/// The kinds that run pods: those that every Kubernetes has, and those that a configuration declares.
package enum WorkloadKind: Sendable, Hashable {
    case deployment, statefulSet, daemonSet, replicaSet, job, cronJob
    /// A custom resource that a configuration declares as a workload. A reference, so that a kind takes one word in each
    /// object; two references to equal declarations are equal.
    case declared(DeclaredKind)

    /// The kinds that need no declaration.
    package static let builtIn: [WorkloadKind] = [.deployment, .statefulSet, .daemonSet, .replicaSet, .job, .cronJob]

    /// As objects have it, such as `Deployment`.
    package var name: String {
        switch self {
        case .deployment: "Deployment"
        case .statefulSet: "StatefulSet"
        case .daemonSet: "DaemonSet"
        case .replicaSet: "ReplicaSet"
        case .job: "Job"
        case .cronJob: "CronJob"
        case .declared(let kind): kind.name
        }
    }

    /// The API group that the kind belongs to.
    package var group: String {
        switch self {
        case .deployment, .statefulSet, .daemonSet, .replicaSet: "apps"
        case .job, .cronJob: "batch"
        case .declared(let kind): kind.group
        }
    }

    /// What the kind is called where the group is not said. A declared kind that is called like one of Kubernetes' own has
    /// its group with it, such as `StatefulSet.apps.kruise.io`.
    package var keyName: String {
        guard case .declared(let kind) = self, Self.isKubernetesName(kind.name) else { return name }
        return "\(kind.name).\(kind.group)"
    }

    private static func isKubernetesName(_ name: String) -> Bool {
        name == "Pod" || builtIn.contains { $0.name == name }
    }

    /// The built-in kind of a group; nil for any other, whatever it is called.
    package init?(builtIn name: String, group: String) {
        let kind: WorkloadKind
        switch name {
        case "Deployment": kind = .deployment
        case "StatefulSet": kind = .statefulSet
        case "DaemonSet": kind = .daemonSet
        case "ReplicaSet": kind = .replicaSet
        case "Job": kind = .job
        case "CronJob": kind = .cronJob
        default: return nil
        }
        guard kind.group == group else { return nil }
        self = kind
    }
}

/// The group and name of a kind that a configuration declares.
package final class DeclaredKind: Sendable, Hashable {
    package let group: String
    package let name: String

    package init(group: String, name: String) {
        self.group = group
        self.name = name
    }

    package static func == (left: DeclaredKind, right: DeclaredKind) -> Bool {
        left === right || (left.name == right.name && left.group == right.group)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
