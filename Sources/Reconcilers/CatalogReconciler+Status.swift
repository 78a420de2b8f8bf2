package import Catalog
internal import Matching

// What is wrong with an entity beyond its document.
extension CatalogReconciler {
    private static let selectorStatus = "callboard.dev/workload-selector"

    /// What is wrong with an entity's claim on workloads, or hardly meant.
    package static func status(_ entity: Entity) -> [StatusItem] {
        switch claim(of: entity) {
        case .absent: []
        case .refused(let refusal):
            [
                StatusItem(
                    type: selectorStatus, level: .error, message: refusal.description, errorName: "InputError")
            ]
        case .selector(let selector):
            selector.selector.requirements.allSatisfy(\.matchesAbsentKey)
                ? [
                    StatusItem(
                        type: selectorStatus, level: .warning,
                        message:
                            "The selector \(selector.selector) has only negative terms, so it matches every workload "
                            + "that lacks them; name a label that yours have")
                ] : []
        }
    }

    private static func claim(of entity: Entity) -> EntityClaim {
        let annotations = WorkloadSelectorAnnotations(entity)
        return EntitySelector.make(
            ref: entity.ref.canonical, labelSelector: annotations.labelSelector, kubernetesID: annotations.kubernetesID,
            namespaces: annotations.namespaces, clusters: annotations.clusters)
    }
}
