internal import Base

extension WorkloadMapping {
    func metadata(of workload: IngestedWorkload, _ reading: inout AnnotationReading, _ place: Place) -> JSONObject {
        let cluster = settings.clusterNames.normalised(workload.cluster)
        var metadata: JSONObject = [
            "name": .string(place.name), "namespace": .string(place.namespace), "title": .string(place.title),
            "description": .string(
                reading.text("description") ?? "\(workload.kind) \(workload.name) from \(workload.cluster)"),
        ]
        metadata["annotations"] = .object(annotations(of: workload, &reading))
        let tags = [IngestedName.tag("cluster", cluster), IngestedName.tag("kind", workload.kind)].compactMap { $0 }
        let own = reading.customTags().filter { !tags.contains($0) }
        metadata["tags"] = .array((tags + own).map(JSONValue.string))
        let links = reading.links()
        if !links.isEmpty { metadata["links"] = .array(links) }
        return metadata
    }

    /// In the order of their names, so that the entity is the same whichever way the annotations came.
    private func annotations(of workload: IngestedWorkload, _ reading: inout AnnotationReading) -> JSONObject {
        var all = workload.annotations.filter { IngestionFilter.isCopied($0.key) }
        all.merge(origin(of: workload)) { $1 }
        all.merge(source(reading)) { $1 }
        let tracking = workload.annotations[IngestionFilter.argoTracking] ?? ""
        if settings.integratesArgo, let app = tracking.split(separator: ":", omittingEmptySubsequences: false).first,
            !app.isEmpty
        {
            all["argocd/app-name"] = String(app)
        }
        all.merge(join(workload, reading)) { $1 }
        for (name, value) in reading.extraAnnotations() { all[name] = value }
        return JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    /// Which object it is.
    private func origin(of workload: IngestedWorkload) -> [String: String] {
        let type = workload.type
        let namespace = workload.namespace.isEmpty ? "" : "/namespaces/\(workload.namespace)"
        var annotations = [
            "kubernetes-resource-kind": workload.kind, "kubernetes-resource-name": workload.name,
            "kubernetes-resource-api-version": type.apiVersion,
            "custom-workload-uri": "\(type.path)\(namespace)/\(type.plural)/\(workload.name)".lowercased(),
        ]
        if !workload.namespace.isEmpty { annotations["kubernetes-resource-namespace"] = workload.namespace }
        return Dictionary(uniqueKeysWithValues: annotations.map { (settings.annotation($0.key), $0.value) })
    }

    /// Where its code and its documentation are.
    private func source(_ reading: AnnotationReading) -> [String: String] {
        guard let url = reading.text("source-code-repo-url") else { return [:] }
        var annotations = ["backstage.io/source-location": "url:" + url]
        if let path = reading.text("techdocs-path") {
            annotations["backstage.io/techdocs-ref"] =
                "url:\(url)/blob/\(reading.text("source-branch") ?? "main")/\(path)"
        }
        return annotations
    }

    /// What joins the entity with its workload and no other: the selector, the namespace, the cluster under every name that it
    /// has. A selector or id that the author gives counts instead of the derived one.
    private func join(_ workload: IngestedWorkload, _ reading: AnnotationReading) -> [String: String] {
        let selectorName = "backstage.io/kubernetes-label-selector"
        var annotations: [String: String] = [:]
        if let explicit = reading.text("kubernetes-label-selector") {
            annotations[selectorName] = explicit
        } else if workload.annotations[selectorName] == nil, workload.annotations["backstage.io/kubernetes-id"] == nil {
            annotations[selectorName] = workload.selector
        }
        let mapped = settings.clusterNames.mapped(workload.cluster)
        annotations["backstage.io/kubernetes-cluster"] =
            mapped == workload.cluster ? mapped : "\(workload.cluster),\(mapped)"
        if !workload.namespace.isEmpty { annotations["backstage.io/kubernetes-namespace"] = workload.namespace }
        return annotations
    }
}
