/// What an entity's annotations say about the workloads that belong to it, as written. The Matching room reads the
/// selector's own grammar and decides what each means.
package struct WorkloadSelectorAnnotations: Sendable, Hashable {
    /// `backstage.io/kubernetes-label-selector`; nil when absent or blank.
    package let labelSelector: String?
    /// `backstage.io/kubernetes-id`, trimmed; nil when absent or blank. Counts only without a label selector.
    package let kubernetesID: String?
    /// `backstage.io/kubernetes-namespace`, a comma list; empty: any namespace.
    package let namespaces: [String]
    /// `backstage.io/kubernetes-cluster`, a comma list; empty: any cluster.
    package let clusters: [String]

    /// What this entity's annotations say.
    package init(_ entity: Entity) {
        let annotations = entity.annotations
        func text(_ name: String) -> String? {
            let text = annotations["backstage.io/kubernetes-" + name]?.trimmed ?? ""
            return text.isEmpty ? nil : text
        }
        labelSelector = text("label-selector")
        kubernetesID = text("id")
        namespaces = text("namespace")?.commaList ?? []
        clusters = text("cluster")?.commaList ?? []
    }

    /// True when the entity asks for no workloads at all.
    package var isEmpty: Bool { labelSelector == nil && kubernetesID == nil }
}
