internal import Base

/// How entities are made of workloads that their owners annotated: the configuration `kubernetesIngestor`, whose keys and
/// defaults are those of TeraSky's ingestor.
package struct IngestionSettings: Sendable, Hashable {
    /// Before the `/` of the annotations that are read; P below.
    package var annotationPrefix = "terasky.backstage.io"
    /// Who owns what no annotation gives an owner.
    package var defaultOwner = "kubernetes-auto-ingested"
    /// Whether an owner on the Namespace counts for the workloads in it.
    package var inheritsOwner = false
    /// Whether `argocd/app-name` is derived from Argo CD's tracking id.
    package var integratesArgo = true
    package var models = MappingModels()
    package var clusterNames = ClusterNameMapping.none
    package var types: [IngestedType] = IngestedType.standard
    /// Whether workloads become Resources where their type does not say.
    package var ingestsAsResources = false
    /// Whether only workloads with `P/add-to-catalog` count.
    package var onlyAnnotated = false
    package var excludedNamespaces: Set<String> = []
    /// Nil: every cluster.
    package var allowedClusters: Set<String>?
    /// Hosts that definitions of APIs are fetched from, besides the code hosts that are configured.
    package var apiHosts = AllowedHosts()

    /// TeraSky's defaults.
    package init() {}

    /// The whole name of an annotation of ours.
    func annotation(_ name: String) -> String { annotationPrefix + "/" + name }
}

/// What names and namespaces are made of.
package struct MappingModels: Sendable, Hashable {
    package enum Namespace: String, Sendable, CaseIterable { case `default`, namespace, cluster }
    package enum Name: String, Sendable, CaseIterable {
        case name, uid
        case nameKind = "name-kind"
        case nameCluster = "name-cluster"
        case nameNamespace = "name-namespace"
    }
    package enum Title: String, Sendable, CaseIterable {
        case name
        case nameCluster = "name-cluster"
        case nameNamespace = "name-namespace"
    }
    package enum System: String, Sendable, CaseIterable {
        case namespace, cluster, none
        case clusterNamespace = "cluster-namespace"
    }
    package enum References: String, Sendable, CaseIterable { case `default`, same }

    package var namespace = Namespace.default
    package var name = Name.name
    package var title = Title.name
    package var system = System.namespace
    package var references = References.default

    package init() {}
}

/// A type of objects that entities are made of.
package struct IngestedType: Sendable, Hashable {
    /// Empty for the core.
    package let group: String
    package let version: String
    /// As in paths, such as `deployments`.
    package let plural: String
    /// Such as `Deployment`; nil: the API server says it.
    package let kind: String?
    /// What `spec.type` of the entity is without an annotation; nil: `service`.
    package var defaultType: String?
    /// Nil: as `IngestionSettings.ingestsAsResources` says.
    package var isResource: Bool?

    package init(
        group: String = "", version: String, plural: String, kind: String? = nil, defaultType: String? = nil,
        isResource: Bool? = nil
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.defaultType = defaultType
        self.isResource = isResource
    }

    /// Those that need no configuration.
    package static let standard = [
        IngestedType(group: "apps", version: "v1", plural: "deployments", kind: "Deployment"),
        IngestedType(group: "apps", version: "v1", plural: "statefulsets", kind: "StatefulSet"),
        IngestedType(group: "apps", version: "v1", plural: "daemonsets", kind: "DaemonSet"),
        IngestedType(group: "batch", version: "v1", plural: "cronjobs", kind: "CronJob"),
    ]

    /// `deployments.apps`; the plural alone for the core. Names the type in locations.
    package var key: String { group.isEmpty ? plural : "\(plural).\(group)" }
    /// `apps/v1`, `v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// Where the server has it.
    var path: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}
