/// What one container may count on and may use.
package struct ContainerResources: Sendable, Hashable {
    package let name: String
    /// What is missing was not requested.
    package let requests: PartialResources
    /// What is missing is not limited.
    package let limits: PartialResources

    package init(name: String, requests: PartialResources, limits: PartialResources = PartialResources()) {
        self.name = name
        self.requests = requests
        self.limits = limits
    }
}

/// What a pod's spec says of its containers. A class, so that the pods of a template share one.
package final class PodContainers: Sendable, Hashable {
    /// What the scheduler reserves for the pod: see `PodRequests`.
    package let requests: ComputeResources
    /// What its containers may use at most, summed up like the requests; a container without a limit adds nothing.
    package let limits: ComputeResources
    /// Its containers and sidecars one by one.
    package let resources: [ContainerResources]
    /// Containers and sidecars that lack a request for CPU or memory.
    package let withoutRequests: Int
    /// Containers and sidecars that lack a memory limit.
    package let withoutMemoryLimit: Int
    /// The images of all containers, init containers included, each once, sorted.
    package let images: [String]
    /// How long after its start a container is ready at the latest if its probes succeed, in seconds, by its name. Only
    /// of containers with a readiness probe.
    package let readinessSeconds: [String: Int64]

    package init(
        requests: ComputeResources = ComputeResources(), limits: ComputeResources = ComputeResources(),
        resources: [ContainerResources] = [],
        withoutRequests: Int = 0, withoutMemoryLimit: Int = 0, images: [String] = [],
        readinessSeconds: [String: Int64] = [:]
    ) {
        self.requests = requests
        self.limits = limits
        self.resources = resources
        self.withoutRequests = withoutRequests
        self.withoutMemoryLimit = withoutMemoryLimit
        self.images = images
        self.readinessSeconds = readinessSeconds
    }

    /// Of a pod whose spec says nothing.
    package static let none = PodContainers()

    package static func == (left: PodContainers, right: PodContainers) -> Bool {
        left === right
            || (left.requests == right.requests && left.limits == right.limits && left.resources == right.resources
                && left.images == right.images
                && left.withoutRequests == right.withoutRequests
                && left.withoutMemoryLimit == right.withoutMemoryLimit
                && left.readinessSeconds == right.readinessSeconds)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(requests)
        hasher.combine(limits)
        hasher.combine(images)
    }
}
