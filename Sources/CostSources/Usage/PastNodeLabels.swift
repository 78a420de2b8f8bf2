/// The labels of nodes by which prices are found, as kube-state-metrics names them: what is no letter or digit is `_`, and
/// capitals are written small after a `_`.
enum PastNodeLabels {
    private static let wanted: [(metric: String, label: String)] = [
        ("label_node_kubernetes_io_instance_type", "node.kubernetes.io/instance-type"),
        ("label_beta_kubernetes_io_instance_type", "node.kubernetes.io/instance-type"),
        ("label_topology_kubernetes_io_region", "topology.kubernetes.io/region"),
        ("label_karpenter_sh_capacity_type", "karpenter.sh/capacity-type"),
        ("label_eks_amazonaws_com_capacity_type", "eks.amazonaws.com/capacityType"),
        ("label_eks_amazonaws_com_capacityType", "eks.amazonaws.com/capacityType"),
        ("label_cloud_google_com_gke_spot", "cloud.google.com/gke-spot"),
        ("label_kubernetes_azure_com_scalesetpriority", "kubernetes.azure.com/scalesetpriority"),
    ]

    static let names = wanted.map(\.metric)

    /// The labels as the node has them.
    static func labels(_ series: [String: String]) -> [String: String] {
        var found: [String: String] = [:]
        for (metric, label) in wanted {
            if let value = series[metric], !value.isEmpty, found[label] == nil { found[label] = value }
        }
        return found
    }
}
