internal import Base

extension WorkloadMapping {
    /// Where an entity stands and what it is called.
    struct Place {
        let namespace: String
        let name: String
        let title: String
    }

    func place(of workload: IngestedWorkload, _ reading: AnnotationReading) -> Place {
        let cluster = settings.clusterNames.normalised(workload.cluster)
        return Place(
            namespace: IngestedName.namespace(reading.text("backstage-namespace") ?? modelNamespace(workload, cluster)),
            name: IngestedName.name(reading.text("name") ?? modelName(workload, cluster)),
            title: reading.text("title") ?? modelTitle(workload, cluster))
    }

    private func modelNamespace(_ workload: IngestedWorkload, _ cluster: String) -> String {
        switch settings.models.namespace {
        case .default: EntityRef.defaultNamespace
        case .cluster: cluster
        case .namespace: workload.namespace.isEmpty ? EntityRef.defaultNamespace : workload.namespace
        }
    }

    private func modelName(_ workload: IngestedWorkload, _ cluster: String) -> String {
        let name = workload.name
        return switch settings.models.name {
        case .name: name
        case .uid: workload.uid
        case .nameKind: "\(name)-\(workload.kind.lowercased())"
        case .nameCluster: "\(name)-\(cluster)"
        case .nameNamespace: workload.namespace.isEmpty ? name : "\(name)-\(workload.namespace)"
        }
    }

    private func modelTitle(_ workload: IngestedWorkload, _ cluster: String) -> String {
        switch settings.models.title {
        case .name: workload.name
        case .nameCluster: "\(workload.name)-\(cluster)"
        case .nameNamespace:
            workload.namespace.isEmpty ? workload.name : "\(workload.name)-\(workload.namespace)"
        }
    }

    /// The namespace of what is referred to without one.
    private func referencesNamespace(_ place: Place) -> String {
        settings.models.references == .same ? place.namespace : EntityRef.defaultNamespace
    }

    /// The workload's owner, else its Namespace's where that counts, else the default. What lies in no namespace inherits none.
    func owner(
        of workload: IngestedWorkload, _ reading: AnnotationReading, _ namespace: [String: String], _ place: Place
    ) -> String {
        let inherits = settings.inheritsOwner && !workload.namespace.isEmpty
        let inherited = inherits ? AnnotationReading(settings, namespace).text("owner") : nil
        return reference(reading.text("owner") ?? inherited ?? settings.defaultOwner, referencesNamespace(place))
    }

    /// A name that says neither kind nor namespace stands in the namespace of references.
    func reference(_ text: String, _ namespace: String) -> String {
        text.contains(":") || text.contains("/") ? text : "\(namespace)/\(text)"
    }

    /// `spec.system`; nil: none.
    func systemText(of workload: IngestedWorkload, _ reading: AnnotationReading, _ place: Place) -> String? {
        reading.text("system") ?? modelSystem(workload, place).map { "\($0.namespace)/\($0.name)" }
    }

    /// The System that is made because this workload belongs to it; nil: none, or one that others define.
    package func system(of workload: IngestedWorkload) -> IngestedSystem? {
        let reading = AnnotationReading(settings, workload.annotations)
        return reading.text("system") == nil ? modelSystem(workload, place(of: workload, reading)) : nil
    }

    private func modelSystem(_ workload: IngestedWorkload, _ place: Place) -> IngestedSystem? {
        let cluster = settings.clusterNames.normalised(workload.cluster)
        let name: String
        switch settings.models.system {
        case .none: return nil
        case .cluster: name = cluster
        case .namespace: name = workload.namespace.isEmpty ? "default" : workload.namespace
        case .clusterNamespace: name = workload.namespace.isEmpty ? cluster : "\(cluster)-\(workload.namespace)"
        }
        return IngestedSystem(
            namespace: IngestedName.namespace(referencesNamespace(place)), name: IngestedName.name(name))
    }
}
