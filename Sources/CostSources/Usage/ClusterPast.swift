package import Costs

/// What kube-state-metrics and the kubelets said of one hour of a cluster.
package struct ClusterPast: Sendable {
    package struct Node: Sendable, Equatable {
        package var capacity = RequestedCapacity.zero
        /// Of the hour; for so long it was there.
        package var seconds: Int64 = 0
    }

    package struct Pod: Sendable {
        package let name: ContainerHours.Pod
        /// How long it was on which nodes and had not finished.
        package var places: [String: Int64] = [:]
        package var containers: [String: Container] = [:]
        /// The largest request of an init container, each resource by itself.
        package var initial = RequestedCapacity.zero
    }

    package struct Container: Sendable {
        package var requests = RequestedCapacity.zero
        /// Mean cores of the whole hour; nil: not known.
        package var cores: Double?
        /// Mean bytes while it was there; nil: not known.
        package var bytes: Double?
    }

    package struct Claim: Sendable, Equatable {
        package var bytes: Int64 = 0
        /// Of the hour; for so long it was bound.
        package var seconds: Int64 = 0
    }

    package var nodes: [String: Node] = [:]
    package var pods: [ContainerHours.Pod: Pod] = [:]
    /// By namespace and name.
    package var claims: [ContainerHours.Pod: Claim] = [:]

    package init(nodes: [String: Node] = [:]) { self.nodes = nodes }
}

/// What belongs to what in some hours.
package struct PastRelations: Sendable {
    /// What controls an object.
    package struct Owner: Sendable, Hashable {
        package let kind: String
        package let name: String

        package init(kind: String, name: String) { (self.kind, self.name) = (kind, name) }
    }

    /// Of pods; those without a controller have none, those of which nothing is said are not there.
    package var pods: [ContainerHours.Pod: Owner?] = [:]
    /// Of ReplicaSets and Jobs, by namespace and kind and name.
    package var controllers: [String: [Owner: Owner]] = [:]
    /// What pods mounted.
    package var claims: [ContainerHours.Pod: Set<String>] = [:]

    package init() {}
}
