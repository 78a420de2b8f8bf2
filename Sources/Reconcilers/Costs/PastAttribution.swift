internal import Base
internal import CostSources
internal import Costs
internal import KubeClient
internal import Matching

/// Says whose the nodes, pods and claims of past hours were, and at which prices. Pure.
struct PastAttribution {
    let cluster: String
    let workloads: [WorkloadKey: Int]
    let prices: EstimatePrices
    /// Nodes that are there now say themselves what they are.
    let present: @Sendable (_ node: String) -> NodeFacts?
    /// Of nodes that are gone, what is known of their labels.
    var labels: [String: [String: String]] = [:]

    private static let longestChain = 8

    func hour(_ moment: Timestamp, _ past: ClusterPast, _ relations: PastRelations) -> PastHour {
        var hour = PastHour(moment)
        for (name, node) in past.nodes { hour.nodes[name] = self.node(name, node) }
        for pod in past.pods.values { hour.pods += places(of: pod, relations) }
        for (name, claim) in past.claims {
            let item = AttachedItem(.claim, namespace: name.namespace, name: name.name)
            hour.claims[item] = PastHour.Claim(bytes: claim.bytes, seconds: claim.seconds)
        }
        return hour
    }

    private func node(_ name: String, _ node: ClusterPast.Node) -> PastHour.Node {
        var facts = present(name) ?? NodeFacts(name: name, labels: labels[name] ?? [:], capacity: node.capacity)
        facts.capacity = node.capacity
        return PastHour.Node(price: prices.nodes.price(of: facts), capacity: node.capacity, seconds: node.seconds)
    }

    /// A pod for each node that it was on, which are several when a StatefulSet made it anew within the hour.
    private func places(of pod: ClusterPast.Pod, _ relations: PastRelations) -> [PastHour.Pod] {
        let payer = payer(of: pod.name, relations)
        let claims = (relations.claims[pod.name] ?? []).sorted().map {
            AttachedItem(.claim, namespace: pod.name.namespace, name: $0)
        }
        let all = pod.places.values.reduce(0, +)
        return pod.places.sorted { $0.key < $1.key }.map { node, seconds in
            PastHour.Pod(
                payer: payer, node: node, seconds: seconds, charged: pod.charged(seconds, of: all),
                used: pod.used(seconds, of: all), claims: claims)
        }
    }

    /// The workload at the end of the chain of controllers, or the last one before it that is known here.
    func payer(of pod: ContainerHours.Pod, _ relations: PastRelations) -> CostPayer {
        var chain = [PastRelations.Owner(kind: "Pod", name: pod.name)]
        var owner = relations.pods[pod] ?? nil
        while let next = owner, chain.count < Self.longestChain {
            chain.append(next)
            owner = relations.controllers[pod.namespace]?[next]
        }
        for link in chain.reversed() {
            let key = WorkloadKey(cluster: cluster, kind: link.kind, namespace: pod.namespace, name: link.name)
            if let id = workloads[key] { return .workload(id) }
        }
        return .unallocated(namespace: pod.namespace)
    }
}

extension ClusterPast.Pod {
    /// What is paid for a part of the time: the larger of what the scheduler reserved and what its containers requested or
    /// used, each by itself.
    fileprivate func charged(_ seconds: Int64, of all: Int64) -> CapacityTime {
        let reserved = containers.values.map(\.requests).reduce(.zero, +).maximum(initial).held(forSeconds: seconds)
        let containers = containers.values.reduce(CapacityTime.zero) { sum, container in
            let requested = container.requests.held(forSeconds: seconds)
            let used = container.used(seconds, of: all) ?? .zero
            return sum + requested.maximum(used)
        }
        return reserved.maximum(containers)
    }

    /// Nil when nothing is known.
    fileprivate func used(_ seconds: Int64, of all: Int64) -> CapacityTime? {
        let known = containers.values.compactMap { $0.used(seconds, of: all) }
        return known.isEmpty ? nil : known.reduce(.zero, +)
    }
}

extension ClusterPast.Container {
    /// Cores are a mean of the whole hour, which is divided among the places by their time.
    fileprivate func used(_ seconds: Int64, of all: Int64) -> CapacityTime? {
        guard let cores, let bytes, all > 0 else { return nil }
        return CapacityTime(
            millicoreSeconds: Int64(min(cores * 3_600_000 * Double(seconds) / Double(all), 1e15)),
            byteSeconds: Int64(min(bytes * Double(seconds), 1e18)))
    }
}

extension CapacityTime {
    fileprivate func maximum(_ other: CapacityTime) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: max(millicoreSeconds, other.millicoreSeconds),
            byteSeconds: max(byteSeconds, other.byteSeconds), gpuSeconds: max(gpuSeconds, other.gpuSeconds))
    }
}
