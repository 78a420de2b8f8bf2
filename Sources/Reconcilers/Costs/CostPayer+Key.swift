internal import Costs
internal import Matching
internal import Store

extension WorkloadKey {
    private static let unmountedKind = "__unmounted__"
    /// A Service may have the name of a claim; what has a slash is no name of an object.
    private static let servicePrefix = "service/"

    /// What nobody is charged for of a volume or load balancer: its row stands for no workload. A claim's has its name, a
    /// volume's too and no namespace, a load balancer's is `service/` and its name.
    static func unmounted(_ item: AttachedItem, cluster: String) -> WorkloadKey {
        let name = item.kind == .loadBalancer ? servicePrefix + item.name : item.name
        return WorkloadKey(cluster: cluster, kind: unmountedKind, namespace: item.namespace, name: name)
    }

    /// What pods of a namespace held of which no workload is known. Of sources, `*` stands for all of them too.
    static func unallocated(namespace: String, cluster: String) -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: "__unallocated__", namespace: namespace, name: "*")
    }

    /// The node or the attached item that a remainder is of; nil for workloads, and for remainders of other sources.
    var remainder: CostPayer? {
        switch kind {
        case Self.idle(node: "", cluster: "").kind: return .idle(node: name)
        case Self.unmountedKind where namespace.isEmpty: return .unmounted(AttachedItem(.volume, name: name))
        case Self.unmountedKind where name.hasPrefix(Self.servicePrefix):
            let service = String(name.dropFirst(Self.servicePrefix.count))
            return .unmounted(AttachedItem(.loadBalancer, namespace: namespace, name: service))
        case Self.unmountedKind: return .unmounted(AttachedItem(.claim, namespace: namespace, name: name))
        default: return nil
        }
    }
}
