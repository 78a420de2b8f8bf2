import Base
import Catalog
import CatalogSources

/// The section `kubernetesIngestor`: entities made of annotated workloads.
struct IngestionConfiguration {
    /// Nil: none are made, and what was made before goes.
    var settings: IngestionSettings?
    /// What to tell the user about at the start.
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let section = root["kubernetesIngestor"] else { return }
        guard section.value.objectValue != nil else { throw section.expected("an object") }
        warn(about: section)
        var settings = IngestionSettings()
        try Self.read(section, into: &settings)
        if let components = section["components"] { try Self.read(components: components, into: &settings) }
        let isEnabled = try section["enabled"]?.bool() ?? true
        let hasComponents = try section["components.enabled"]?.bool() ?? true
        if isEnabled, hasComponents { self.settings = settings }
    }

    private static func read(
        _ section: ConfigurationNode, into settings: inout IngestionSettings
    ) throws(ConfigurationError) {
        if let node = section["annotationPrefix"] {
            let prefix = try node.string()
            guard AllowedHosts.isHost(prefix), prefix == prefix.lowercased() else {
                throw node.refused("expected a domain such as terasky.backstage.io, found \"\(prefix)\"")
            }
            settings.annotationPrefix = prefix
        }
        settings.defaultOwner = try section["defaultOwner"]?.string() ?? settings.defaultOwner
        settings.inheritsOwner = try section["inheritOwnerFromNamespace"]?.bool() ?? settings.inheritsOwner
        settings.integratesArgo = try section["argoIntegration"]?.bool() ?? settings.integratesArgo
        settings.allowedClusters = try section["allowedClusterNames"].map { node throws(ConfigurationError) in
            Set(try node.strings())
        }
        if let node = section["clusterNameMapping"] { settings.clusterNames = try clusterNames(node) }
        if let node = section["mappings"] { settings.models = try models(node) }
        if let node = section["apiFetch.allowedHosts"] {
            guard let hosts = AllowedHosts(try node.strings()) else {
                throw node.refused("expected hosts such as api.example.com, *.example.com or 10.0.0.7:8080")
            }
            settings.apiHosts = hosts
        }
    }

    private static func models(_ node: ConfigurationNode) throws(ConfigurationError) -> MappingModels {
        var models = MappingModels()
        models.namespace = try choice(node, "namespaceModel") ?? models.namespace
        models.name = try choice(node, "nameModel") ?? models.name
        models.title = try choice(node, "titleModel") ?? models.title
        models.system = try choice(node, "systemModel") ?? models.system
        models.references = try choice(node, "referencesNamespaceModel") ?? models.references
        return models
    }

    /// One of the words of a model, in any letter case.
    private static func choice<Model: RawRepresentable & CaseIterable>(
        _ node: ConfigurationNode, _ key: String
    ) throws(ConfigurationError) -> Model? where Model.RawValue == String {
        guard let node = node[key] else { return nil }
        let text = try node.string()
        guard let model = Model(rawValue: text.lowercased()) else {
            let words = Model.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.refused("expected one of \(words), found \"\(text)\"")
        }
        return model
    }

    private static func clusterNames(_ node: ConfigurationNode) throws(ConfigurationError) -> ClusterNameMapping {
        let mode = try node.required("mode", "prefix-replacement or explicit")
        switch try mode.string() {
        case "prefix-replacement":
            return .prefixes(
                source: try node.required("sourcePrefix", "a prefix").string(),
                target: try node.required("targetPrefix", "a prefix").string())
        case "explicit":
            let mappings = try node.required("mappings", "an object of names")
            guard let names = mappings.value.objectValue else { throw mappings.expected("an object of names") }
            var pairs: [String: String] = [:]
            for (name, value) in names {
                guard let target = value.stringValue, !target.isEmpty else {
                    throw mappings.refused("expected a name for the cluster \(name), found \(value.typeName)")
                }
                pairs[name] = target
            }
            return .explicit(pairs)
        case let other: throw mode.refused("expected prefix-replacement or explicit, found \"\(other)\"")
        }
    }
}

// Which workloads.
extension IngestionConfiguration {
    private static func read(
        components node: ConfigurationNode, into settings: inout IngestionSettings
    ) throws(ConfigurationError) {
        settings.ingestsAsResources = try node["ingestAsResources"]?.bool() ?? settings.ingestsAsResources
        settings.onlyAnnotated = try node["onlyIngestAnnotatedResources"]?.bool() ?? settings.onlyAnnotated
        settings.excludedNamespaces = Set(try node["excludedNamespaces"]?.strings() ?? [])
        if try node["disableDefaultWorkloadTypes"]?.bool() == true { settings.types = [] }
        guard let list = node["customWorkloadTypes"] else { return }
        for element in try list.elements() {
            let type = try self.type(element)
            guard !settings.types.contains(where: { $0.key == type.key }) else {
                throw element.refused("\(type.key) stands there before, or needs no configuration")
            }
            settings.types.append(type)
        }
    }

    private static func type(_ node: ConfigurationNode) throws(ConfigurationError) -> IngestedType {
        let plural = try node.required("plural", "a plural such as rollouts")
        let version = try node.required("apiVersion", "a version such as v1alpha1")
        let group = try node["group"]?.string() ?? ""
        for (node, text) in [(plural, try plural.string()), (version, try version.string())]
        where !AllowedHosts.isHost(text) || text != text.lowercased() {
            throw node.refused("expected lower-case letters and digits, found \"\(text)\"")
        }
        guard group.isEmpty || (AllowedHosts.isHost(group) && group == group.lowercased()) else {
            throw node.refused(
                "expected an API group such as argoproj.io, or none for the core", at: node.path + ".group")
        }
        // Also in another version it is the standard kind, whose selector is known to us.
        let kind = IngestedType.standard.first { $0.group == group && $0.plural == (try? plural.string()) }?.kind
        return IngestedType(
            group: group, version: try version.string(), plural: try plural.string(), kind: kind,
            defaultType: try node["defaultType"]?.string(), isResource: try node["ingestAsResources"]?.bool())
    }
}

// Keys of TeraSky's ingestor that have no effect here.
extension IngestionConfiguration {
    private static let reasons: [(key: String, reason: String)] = [
        ("allowAllClusters", "all clusters are followed unless allowedClusterNames is set"),
        ("events", "changes are watched"), ("components.taskRunner", "changes are watched"),
        ("crossplane", "entities are not made of Crossplane's objects"),
        ("kro", "entities are not made of KRO's objects"),
        ("genericCRDTemplates", "templates are not made"),
        ("ingestAPIsAsCRDs", "APIs are not made of definitions of kinds"),
    ]

    private mutating func warn(about section: ConfigurationNode) {
        for (key, reason) in Self.reasons where section[key] != nil {
            warnings.append("kubernetesIngestor.\(key) has no effect: \(reason)")
        }
        let types = (try? section["components.customWorkloadTypes"]?.elements()) ?? []
        for type in types where type["singular"] != nil {
            warnings.append("\(type.path).singular has no effect: the API server says it")
        }
    }
}
