/// What one catalog entity claims among the workloads: a label selector, narrowed to clusters and namespaces.
package struct EntitySelector: Sendable, Hashable {
    /// Which annotation the selector comes from.
    package enum Rule: String, Sendable, Hashable {
        /// `backstage.io/kubernetes-label-selector`
        case labelSelector = "label-selector"
        /// `backstage.io/kubernetes-id`, looked for in the label of the same name
        case kubernetesID = "kubernetes-id"
    }

    /// The label that carries an entity's `backstage.io/kubernetes-id`.
    package static let kubernetesIDLabel = "backstage.io/kubernetes-id"

    /// The entity's canonical reference, such as `component:default/shop`.
    package let entityRef: String
    /// Never without requirements.
    package let selector: LabelSelector
    /// The annotation that it comes from.
    package let rule: Rule
    /// Names of the namespaces that it is narrowed to; empty: all.
    package let namespaces: Set<String>
    /// Names of the clusters that it is narrowed to; empty: all.
    package let clusters: Set<String>
    /// How closely it describes a workload; decides who owns.
    package let specificity: Specificity

    /// Nil when the selector has no requirement: nobody may claim everything.
    package init?(
        entityRef: String, selector: LabelSelector, rule: Rule, namespaces: Set<String> = [],
        clusters: Set<String> = []
    ) {
        guard !selector.isEmpty else { return nil }
        self.entityRef = entityRef
        self.selector = selector
        self.rule = rule
        self.namespaces = namespaces
        self.clusters = clusters
        self.specificity = Specificity(selector: selector, namespaces: namespaces, clusters: clusters)
    }

    /// Whether the workload lies in its scope and which of the workload's label sets it selects; empty: no match.
    /// This is the definition; `MatchIndex` gives the same answers without asking every selector.
    package func matches(_ workload: WorkloadKey, labels: Labels, templateLabels: Labels?) -> MatchedOn {
        guard isInScope(workload) else { return [] }
        var matched: MatchedOn = []
        if selector.matches(labels) { matched.insert(.workload) }
        if let templateLabels, selector.matches(templateLabels) { matched.insert(.template) }
        return matched
    }

    /// Whether the workload's cluster and namespace are among those that it is narrowed to.
    func isInScope(_ workload: WorkloadKey) -> Bool {
        (namespaces.isEmpty || namespaces.contains(workload.namespace))
            && (clusters.isEmpty || clusters.contains(workload.cluster))
    }
}
