import API
import Base
import KubeClient

/// Which clusters there are and what is read of them.
struct ClustersConfiguration {
    /// What the cluster is called that Callboard runs in, or that the kubeconfig names.
    var homeName = "default"
    /// The kubeconfig context of that cluster; nil: its `current-context`.
    var homeContext: String?
    /// Further contexts of the kubeconfig, each a cluster of its own.
    var contexts: [String] = []
    /// The namespace whose labelled Secrets describe clusters; nil: none do.
    var secretsNamespace: String?
    /// Custom resources that are workloads besides the built-in kinds.
    var workloads: [CustomWorkload] = []
    var objects = KubernetesObjectsConfiguration()
    /// Whether users of the clusters are told by events; nil: when we run in a cluster.
    var recordsEvents: Bool?
    /// Backstage's section `kubernetes`, whose cluster locators are read at the start; null: none.
    var backstage = JSONValue.null
    /// `callboard.kubernetes.credentials`; null: none.
    var credentials = JSONValue.null
    /// Environment variables that are not set, by the path of the value that asks for them.
    var unsetVariables: [String: String] = [:]

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        unsetVariables = root.missingVariables
        backstage = root["kubernetes"]?.value ?? .null
        if let section = root["callboard.kubernetes"] { try read(section) }
        do throws(KubernetesObjectsConfigurationError) {
            objects = try KubernetesObjectsConfiguration(
                kubernetes: backstage, bounds: root["callboard.kubernetes.objects"]?.value)
        } catch {
            throw root.refused(error.detail, at: error.path)
        }
    }

    private mutating func read(_ section: ConfigurationNode) throws(ConfigurationError) {
        homeName = try section["clusterName"]?.string() ?? homeName
        homeContext = try section["context"]?.string()
        contexts = try section["contexts"]?.strings() ?? []
        secretsNamespace = try section["clusterSecrets.namespace"]?.string()
        recordsEvents = try section["events"]?.bool()
        credentials = section["credentials"]?.value ?? .null
        guard let declared = section["workloads"] else { return }
        do throws(CustomWorkload.DeclarationError) {
            workloads = try CustomWorkload.list(from: declared.value, at: declared.path)
        } catch {
            throw section.refused(error.detail, at: error.path)
        }
    }
}
