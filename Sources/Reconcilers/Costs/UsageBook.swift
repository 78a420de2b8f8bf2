internal import Base
internal import Costs
internal import KubeClient

/// What pods use, as last sampled.
struct UsageBook {
    /// What a sample says of a pod.
    struct Entry {
        /// Of each container the larger of request and usage, together.
        let charged: RequestedCapacity
        /// What its containers use together.
        let used: RequestedCapacity
        let at: Timestamp
    }

    /// How long a sample holds, in seconds. A source samples each minute; after five a pod is charged for its request.
    static let validity: Int64 = 300

    private var entries: [ObjectUID: Entry] = [:]

    subscript(_ pod: Pod) -> Entry? { entries.isEmpty ? nil : entries[pod.meta.uid] }

    /// How many pods are known.
    var count: Int { entries.count }

    /// Takes a sample. One that is older than what is known, or that says nothing, is passed over.
    ///
    /// - Returns: whether it was taken.
    mutating func take(_ sample: PodUsage, of pod: Pod, at moment: Timestamp) -> Bool {
        guard !sample.containers.isEmpty, entries[pod.meta.uid].map({ $0.at < moment }) ?? true else { return false }
        entries[pod.meta.uid] = Entry(
            charged: pod.containers.charged(using: sample.containers),
            used: sample.containers.values.reduce(.zero) { $0 + RequestedCapacity($1) }, at: moment)
        return true
    }

    /// Forgets what is too old.
    ///
    /// - Returns: whose usage is not known any more.
    mutating func expire(at now: Timestamp) -> Set<ObjectUID> {
        let old = entries.filter { $0.value.at.adding(seconds: Self.validity) <= now }
        for uid in old.keys { entries[uid] = nil }
        return Set(old.keys)
    }
}

extension PodContainers {
    /// Of each container the larger of request and usage, together. What is not sampled counts with its request.
    fileprivate func charged(using usage: [String: ContainerUsage]) -> RequestedCapacity {
        let known = Set(resources.map(\.name))
        let ofSpec = resources.reduce(RequestedCapacity.zero) { sum, container in
            let used = usage[container.name].map { RequestedCapacity($0) } ?? .zero
            return sum + RequestedCapacity(container.requests.orZero).maximum(used)
        }
        // A container that the spec does not have, such as one for debugging.
        return usage.filter { !known.contains($0.key) }.values.reduce(ofSpec) { $0 + RequestedCapacity($1) }
    }
}

extension RequestedCapacity {
    init(_ resources: ComputeResources) {
        self.init(
            cpuMillicores: resources.cpuMillicores, memoryBytes: resources.memoryBytes, gpus: resources.gpus)
    }

    fileprivate init(_ usage: ContainerUsage) {
        self.init(cpuMillicores: max(usage.cpuMillicores, 0), memoryBytes: max(usage.memoryBytes, 0))
    }
}
