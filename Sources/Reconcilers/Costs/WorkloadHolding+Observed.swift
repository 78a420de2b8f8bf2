internal import Costs
internal import KubeClient
internal import Matching

extension ObservedWorkload {
    /// What its pods hold now. A pod pays for the larger of what the scheduler reserved for it and what its containers
    /// request or use, each by itself; one that waits for a node holds nothing.
    ///
    /// - Parameter balancers: the load balancers of its namespace.
    func holding(_ usage: UsageBook, _ balancers: [Service]) -> WorkloadHolding {
        var holding = WorkloadHolding()
        for pod in pods where !pod.isFinished {
            holding.pods += 1
            guard !pod.nodeName.isEmpty else { continue }
            let reserved = RequestedCapacity(pod.containers.requests)
            let entry = usage[pod]
            holding.add(entry.map { reserved.maximum($0.charged) } ?? reserved, on: pod.nodeName, used: entry?.used)
            for claim in pod.claims {
                holding.attach(AttachedItem(.claim, namespace: pod.meta.namespace, name: claim))
            }
            for balancer in balancers where balancer.selects(pod) { holding.attach(AttachedItem(balancer)) }
        }
        return holding
    }
}

extension Service {
    /// Whether traffic for it goes to the pod.
    func selects(_ pod: Pod) -> Bool {
        !selector.isEmpty && pod.meta.namespace == meta.namespace
            && selector.allSatisfy { pod.meta.labels[$0.key] == $0.value }
    }
}

extension AttachedItem {
    /// The load balancer of a Service.
    init(_ service: Service) {
        self.init(.loadBalancer, namespace: service.meta.namespace, name: service.meta.name)
    }
}
