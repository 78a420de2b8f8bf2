internal import Base

/// Makes entities of workloads. Pure.
package struct WorkloadMapping: Sendable {
    let settings: IngestionSettings

    package init(_ settings: IngestionSettings) { self.settings = settings }

    /// A Component or Resource, and the API that it registers.
    ///
    /// - Parameters:
    ///   - namespace: the annotations of the workload's Namespace; empty when it has none or lies in none.
    ///   - api: what became of the API that the workload registers; nil: it registers none.
    package func entities(
        of workload: IngestedWorkload, namespace: [String: String] = [:], api: ResolvedAPI? = nil
    ) -> IngestedEntities {
        var reading = AnnotationReading(settings, workload.annotations)
        let place = place(of: workload, reading)
        var result = IngestedEntities()
        let owner = owner(of: workload, reading, namespace, place)
        let isResource = workload.type.isResource ?? settings.ingestsAsResources
        let registered = isResource ? nil : api
        var spec: JSONObject = [
            "type": .string(reading.text("component-type") ?? workload.type.defaultType ?? "service")
        ]
        if !isResource { spec["lifecycle"] = .string(reading.text("lifecycle") ?? "production") }
        spec["owner"] = .string(owner)
        let system = systemText(of: workload, reading, place)
        if let system { spec["system"] = .string(system) }
        add(reading.list("dependsOn"), "dependsOn", to: &spec)
        if !isResource {
            let own = registered.map { _ in
                [place.namespace == "default" ? place.name : "\(place.namespace)/\(place.name)"]
            }
            add(reading.list("providesApis") + (own ?? []), "providesApis", to: &spec)
            add(reading.list("consumesApis"), "consumesApis", to: &spec)
            if let parent = reading.text("subcomponent-of") { spec["subcomponentOf"] = .string(parent) }
        }
        let metadata = metadata(of: workload, &reading, place)
        result.definitions = [Self.definition(isResource ? "Resource" : "Component", metadata, spec)]
        if let registered { add(registered, of: workload, place, owner: owner, system: system, &reading, to: &result) }
        result.problems = reading.problems
        return result
    }

    private func add(_ list: [String], _ field: String, to spec: inout JSONObject) {
        if !list.isEmpty { spec[field] = .array(list.map(JSONValue.string)) }
    }

    static func definition(_ kind: String, _ metadata: JSONObject, _ spec: JSONObject) -> JSONObject {
        [
            "apiVersion": "backstage.io/v1alpha1", "kind": .string(kind), "metadata": .object(metadata),
            "spec": .object(spec),
        ]
    }

    private func add(
        _ api: ResolvedAPI, of workload: IngestedWorkload, _ place: Place, owner: String, system: String?,
        _ reading: inout AnnotationReading, to result: inout IngestedEntities
    ) {
        switch api {
        case .failed(let message):
            let ref = EntityRef(kind: "api", namespace: place.namespace, name: place.name)
            reading.problems.append(IngestionProblem(ref: ref, message))
        case .url(let url), .served(let url):
            var spec: JSONObject = ["type": "openapi", "lifecycle": "production", "owner": .string(owner)]
            if let system { spec["system"] = .string(system) }
            let kind: Placeholder.Kind = if case .served = api { .servedText } else { .text }
            spec["definition"] = .object([kind.rawValue: .string(url)])
            var metadata: JSONObject = [
                "name": .string(place.name), "namespace": .string(place.namespace),
                "title": .string(place.title + " API"),
                "annotations": [settings.annotation("auto-generated-api"): "true"],
            ]
            if let tag = IngestedName.tag("cluster", settings.clusterNames.normalised(workload.cluster)) {
                metadata["tags"] = [.string(tag)]
            }
            result.definitions.append(Self.definition("API", metadata, spec))
        }
    }
}

/// What became of an API that a workload registers.
package enum ResolvedAPI: Sendable, Hashable {
    /// Its definition is what the URL holds.
    case url(String)
    /// The same, and the URL's host serves the API.
    case served(String)
    /// Why it cannot be had.
    case failed(String)
}
