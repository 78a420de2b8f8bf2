internal import Actions
internal import Base
internal import KubeClient
internal import Matching

/// What an entity's document says about where its objects are.
struct ObjectQuery: Sendable, Equatable {
    /// In the notation of `kubectl -l`, as the annotation has it.
    let labelSelector: String
    /// One list each; empty: one list over all.
    let namespaces: [String]
    /// What `backstage.io/kubernetes-cluster` names; empty: nothing.
    let clusters: [String]
    /// Names of the clusters that the entity depends on in the catalog.
    let relatedClusters: Set<String>

    /// Each namespace is asked for on its own.
    private static let maximumNamespaces = 50

    /// Reads the annotations as Backstage's plugin does, and its comma lists as the join does.
    ///
    /// - Parameter entity: a whole document, as the catalog gives it.
    /// - Throws: `ActionError` of kind `input` that names the annotation which cannot be used.
    init(entity: JSONValue) throws(ActionError) {
        let metadata = entity["metadata"]
        guard let name = metadata?["name"]?.stringValue, !name.isEmpty else {
            throw ActionError(.input, "entity: expected an entity with metadata.name")
        }
        func annotation(_ name: String) -> String? { metadata?["annotations"]?[name]?.stringValue }
        let selector = annotation(EntitySelector.labelSelectorAnnotation)
        var claim = EntitySelector.make(
            ref: name, labelSelector: selector, kubernetesID: annotation(EntitySelector.kubernetesIDAnnotation))
        if claim == .absent { claim = EntitySelector.make(ref: name, labelSelector: nil, kubernetesID: name) }
        switch claim {
        // Verbatim where it is an annotation: the server reads the same grammar.
        case .selector(let claimed):
            labelSelector = claimed.rule == .labelSelector ? selector ?? "" : claimed.selector.description
        case .refused(let refusal): throw ActionError(.input, refusal.description)
        case .absent: throw ActionError(.input, "entity: expected a metadata.name that can be a label's value")
        }
        namespaces = try Self.namespaces(annotation(Self.namespaceAnnotation))
        clusters = EntitySelector.items(ofList: annotation("backstage.io/kubernetes-cluster"))
        relatedClusters = Self.related(entity, namespace: metadata?["namespace"]?.stringValue ?? "default")
    }

    private static let namespaceAnnotation = "backstage.io/kubernetes-namespace"

    private static func namespaces(_ list: String?) throws(ActionError) -> [String] {
        var names: [String] = []
        for name in EntitySelector.items(ofList: list) where !names.contains(name) {
            guard CustomResourceName.isLabel(name) else {
                throw ActionError(
                    .input, "annotation \(namespaceAnnotation): expected names of namespaces, found \"\(name)\"")
            }
            names.append(name)
        }
        guard names.count <= maximumNamespaces else {
            throw ActionError(
                .input,
                "annotation \(namespaceAnnotation): expected at most \(maximumNamespaces) namespaces, "
                    + "found \(names.count)")
        }
        return names
    }

    private static func related(_ entity: JSONValue, namespace: String) -> Set<String> {
        let prefix = "resource:\(namespace.lowercased())/"
        let targets = (entity["relations"]?.arrayValue ?? []).compactMap { relation in
            relation["type"]?.stringValue == "dependsOn" ? relation["targetRef"]?.stringValue?.lowercased() : nil
        }
        return Set(targets.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    }

    /// Of these clusters the ones that are asked.
    func chosen(
        among entries: [ClusterDirectory.Entry], by locator: KubernetesObjectsConfiguration.ServiceLocator
    ) -> [ClusterDirectory.Entry] {
        entries.filter { entry in
            let name = entry.definition.name
            return switch locator {
            case .multiTenant: true
            case .singleTenant: clusters.isEmpty || clusters.contains(name)
            // Refs are lower case.
            case .catalogRelation: relatedClusters.contains(name.lowercased())
            }
        }
    }
}
