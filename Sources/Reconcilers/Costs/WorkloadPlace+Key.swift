internal import CostSources
internal import Matching

extension WorkloadPlace {
    /// Where a stored workload is.
    init(_ key: WorkloadKey) {
        self.init(cluster: key.cluster, namespace: key.namespace, kind: key.kind, name: key.name)
    }
}
