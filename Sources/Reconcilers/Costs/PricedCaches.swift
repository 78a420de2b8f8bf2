internal import Base
internal import Costs
internal import KubeClient
internal import Matching
internal import Store

/// The caches of what is paid for: nodes, volumes and load balancers.
struct PricedCaches: Sendable {
    let nodes: ObjectCache<Node>
    let claims: ObjectCache<PersistentVolumeClaim>
    let volumes: ObjectCache<PersistentVolume>
    let services: ObjectCache<Service>

    /// Everything that is paid for, as the keys of what is left of it.
    func all(cluster: String) -> Set<WorkloadKey> {
        var items = claims.list().map { AttachedItem($0) }
        items += volumes.list().map { AttachedItem($0) }
        items += services.list().filter(\.isLoadBalancer).map { AttachedItem($0) }
        let keys = items.map { WorkloadKey.unmounted($0, cluster: cluster) }
        return Set(keys).union(nodes.list().map { .idle(node: $0.meta.name, cluster: cluster) })
    }

    /// What an item is paid by now; nil when it is not there.
    func size(of item: AttachedItem) -> AttachedSize? {
        let key = ObjectKey(namespace: item.namespace, name: item.name)
        switch item.kind {
        case .claim: return claims.get(key).flatMap { $0.isBound ? .bytes(max($0.requestedBytes, 0)) : nil }
        case .volume: return volumes.get(key).flatMap { $0.isBound ? nil : .bytes(max($0.capacityBytes, 0)) }
        case .loadBalancer: return services.get(key)?.isLoadBalancer == true ? .loadBalancer : nil
        }
    }

    /// The load balancers of a namespace.
    func balancers(in namespace: String) -> [Service] { services.find(.text(namespace), in: "load balancers") }
}

extension CacheIndex<Service> {
    /// Load balancers, by their namespace.
    static var loadBalancers: CacheIndex {
        CacheIndex("load balancers") { $0.isLoadBalancer ? [.text($0.meta.namespace)] : [] }
    }
}

extension AttachedItem {
    init(_ claim: PersistentVolumeClaim) {
        self.init(.claim, namespace: claim.meta.namespace, name: claim.meta.name)
    }

    init(_ volume: PersistentVolume) { self.init(.volume, name: volume.meta.name) }
}

/// Passes changes of what is paid for on, as changes of the key of what is left of it.
struct PricedRouter: Sendable {
    let cluster: String
    let onChange: @Sendable (WorkloadKey, ChangeOrigin) -> Void

    func changed(_ change: CacheChange<Node>) { pass(change, .idle(node: change.key.name, cluster: cluster)) }

    func changed(_ change: CacheChange<PersistentVolumeClaim>) { pass(change, .claim) }

    func changed(_ change: CacheChange<PersistentVolume>) { pass(change, .volume) }

    /// Of load balancers alone: the other Services are many, and change nothing.
    func changed(_ change: CacheChange<Service>) {
        if change.old?.isLoadBalancer == true || change.new?.isLoadBalancer == true { pass(change, .loadBalancer) }
    }

    private func pass<Object>(_ change: CacheChange<Object>, _ kind: AttachedItem.Kind) {
        let item = AttachedItem(kind, namespace: change.key.namespace, name: change.key.name)
        pass(change, .unmounted(item, cluster: cluster))
    }

    private func pass<Object>(_ change: CacheChange<Object>, _ key: WorkloadKey) {
        if !change.isOfVersionAlone { onChange(key, ChangeOrigin(change.cause)) }
    }
}
