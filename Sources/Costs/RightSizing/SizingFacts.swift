/// What is known of a workload's container when its requests are judged.
package struct SizingFacts: Sendable, Hashable {
    /// In millicores; nil when nothing is requested.
    package var cpuRequest: Int64?
    /// In bytes; nil when nothing is requested.
    package var memoryRequest: Int64?
    /// What to request; nil when nothing can be said.
    package var recommended: RequestedCapacity?
    /// What is used on average; nil when it is not known.
    package var averageUsage: RequestedCapacity?
    /// Pods that run it.
    package var replicas: Int64
    /// Kills for lack of memory in the last 24 hours.
    package var outOfMemoryKills: Int
    /// Throttled periods over all periods of CPU; nil when it is not known.
    package var throttledShare: Double?
    /// Resources that a HorizontalPodAutoscaler scales by.
    package var autoscaled: Set<NodeResource>
    /// In days, of `SampleSpan`.
    package var confidence: Double

    /// Takes the facts.
    package init(
        cpuRequest: Int64?, memoryRequest: Int64?, recommended: RequestedCapacity?,
        averageUsage: RequestedCapacity? = nil, replicas: Int64 = 1, outOfMemoryKills: Int = 0,
        throttledShare: Double? = nil, autoscaled: Set<NodeResource> = [], confidence: Double
    ) {
        self.cpuRequest = cpuRequest
        self.memoryRequest = memoryRequest
        self.recommended = recommended
        self.averageUsage = averageUsage
        self.replicas = replicas
        self.outOfMemoryKills = outOfMemoryKills
        self.throttledShare = throttledShare
        self.autoscaled = autoscaled
        self.confidence = confidence
    }

    /// A resource of the container, in its unit.
    struct Resource {
        let kind: NodeResource
        let request: Int64?
        let recommended: Int64?
        let used: Int64?

        /// Recommended over requested; nil when one is missing.
        var ratio: Double? {
            guard let request, request > 0, let recommended else { return nil }
            return Double(recommended) / Double(request)
        }

        /// Used over requested; nil when one is missing.
        var utilisation: Double? {
            guard let request, request > 0, let used else { return nil }
            return Double(used) / Double(request)
        }
    }

    /// CPU and memory. What an autoscaler scales by has no recommendation: another request would only change the number
    /// of pods. A request of zero is none.
    func resources(trusting minimumConfidence: Double) -> [Resource] {
        func resource(_ kind: NodeResource, _ request: Int64?) -> Resource {
            let isKnown = confidence >= minimumConfidence && !autoscaled.contains(kind)
            return Resource(
                kind: kind, request: request == 0 ? nil : request,
                recommended: isKnown ? recommended?.amount(of: kind) : nil, used: averageUsage?.amount(of: kind))
        }
        return [resource(.cpu, cpuRequest), resource(.memory, memoryRequest)]
    }
}
