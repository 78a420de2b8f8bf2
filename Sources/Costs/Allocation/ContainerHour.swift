/// What one container is charged for in an hour of a node. Each sample counts `max(request, usage)` for the time that it
/// stands for, so half an hour of a burst is not averaged away by half an hour of rest.
package struct ContainerHour: Sendable, Hashable {
    /// `max(request, usage)` by resource, over time; of GPUs the request.
    package private(set) var charged = CapacityTime.zero
    /// What was reserved, over time.
    package private(set) var requested = CapacityTime.zero
    /// What was used, over the time of which that is known.
    package private(set) var used = CapacityTime.zero
    /// What was reserved in the time of which the usage is known.
    package private(set) var requestedWhileUsageWasKnown = CapacityTime.zero
    /// Time that was sampled.
    package private(set) var seconds: Int64 = 0
    /// Of which the usage is not known: the request alone is charged for it.
    package private(set) var secondsWithoutUsage: Int64 = 0

    /// Nothing sampled yet.
    package init() {}

    /// Counts one sample.
    /// - Parameters:
    ///   - usage: nil when it could not be had.
    ///   - seconds: for which the sample stands; a minute, when they are taken each minute.
    package mutating func add(request: RequestedCapacity, usage: RequestedCapacity?, forSeconds seconds: Int64) {
        guard seconds > 0 else { return }
        self.seconds += seconds
        charged += request.charged(using: usage).held(forSeconds: seconds)
        requested += request.held(forSeconds: seconds)
        if let usage {
            used += usage.held(forSeconds: seconds)
            requestedWhileUsageWasKnown += request.held(forSeconds: seconds)
        } else {
            secondsWithoutUsage += seconds
        }
    }

    /// True when some of what is charged is a mere request.
    package var lacksUsage: Bool { secondsWithoutUsage > 0 }

    /// Usage over request in the time of which both are known.
    package var efficiency: Efficiency {
        let requested = requestedWhileUsageWasKnown
        return Efficiency(
            cpu: Efficiency.ratio(used: used.coreHours, requested: requested.coreHours),
            memory: Efficiency.ratio(used: used.gibibyteHours, requested: requested.gibibyteHours))
    }
}

extension RequestedCapacity {
    /// What a container is charged for: the larger of request and usage of CPU and memory, and the requested GPUs, which
    /// nobody else can use meanwhile.
    package func charged(using usage: RequestedCapacity?) -> RequestedCapacity {
        guard let usage else { return self }
        return RequestedCapacity(
            cpuMillicores: max(cpuMillicores, usage.cpuMillicores), memoryBytes: max(memoryBytes, usage.memoryBytes),
            gpus: gpus)
    }
}
