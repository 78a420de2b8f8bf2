/// What clusters are called in Callboard that ScaleOps calls otherwise.
package struct ScaleOpsClusterNames: Sendable, Equatable {
    /// Callboard's names by ScaleOps'.
    private let names: [String: String]

    package init(_ names: [String: String] = [:]) { self.names = names }

    /// Callboard's name of a cluster.
    package func ours(_ theirs: String) -> String { names[theirs] ?? theirs }

    /// Where Callboard would look for a workload of ScaleOps.
    package func place(of workload: ScaleOpsWorkload) -> WorkloadPlace {
        WorkloadPlace(
            cluster: ours(workload.cluster), namespace: workload.namespace, kind: workload.kind, name: workload.name)
    }
}
