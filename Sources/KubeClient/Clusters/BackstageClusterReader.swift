internal import Base
internal import HTTPClient

/// Reads one cluster of Backstage's `type: config`.
struct BackstageClusterReader {
    let unsetVariables: [String: String]
    let environment: (String) -> String?
    let read: ClusterConfiguration.ReadFile

    func definition(_ entry: ConfigurationEntry) throws(ConfigurationError) -> ClusterDefinition {
        try entry.requireVariables(unsetVariables)
        let name = try entry.required("name")
        let provider = try provider(entry)
        var definition = ClusterDefinition(name: name, access: try access(entry, name: name, provider: provider))
        definition.authProvider = provider
        definition.title = try entry.string("title")
        definition.skipsMetrics = try entry.flag("skipMetricsLookup")
        definition.dashboardURL = try entry.string("dashboardUrl")
        definition.dashboardApp = try entry.string("dashboardApp")
        definition.dashboardParameters = try parameters(entry)
        definition.customResources = try customResources(entry)
        return definition
    }

    /// `authProvider`, or what newer configurations write under `authMetadata`.
    private func provider(_ entry: ConfigurationEntry) throws(ConfigurationError) -> String {
        if let provider = try entry.string("authProvider") { return provider }
        let metadata = entry.child("authMetadata", entry.value["authMetadata"] ?? .null)
        if let provider = try metadata.string("kubernetes.io/auth-provider") { return provider }
        throw entry.missing("authProvider", expected: "serviceAccount or localKubectlProxy")
    }

    private func access(
        _ entry: ConfigurationEntry, name: String, provider: String
    ) throws(ConfigurationError) -> ClusterConfiguration {
        var access = ClusterConfiguration(server: try entry.server("url"), name: name)
        try entry.applyTrust(to: &access, read: read)
        switch provider {
        case "localKubectlProxy": break
        case "serviceAccount":
            if let token = try entry.string("serviceAccountToken") {
                access.credentials = .token(token)
            } else {
                try applyOwnAccount(entry, to: &access)
            }
        default:
            throw entry.error(
                .unsupported, "authProvider",
                "expected serviceAccount or localKubectlProxy, found \(provider); a kubeconfig whose user has an exec "
                    + "plugin reaches such a cluster")
        }
        return access
    }

    /// The token of the pod that we run in, and its cluster's authority unless another is named.
    private func applyOwnAccount(
        _ entry: ConfigurationEntry, to access: inout ClusterConfiguration
    ) throws(ConfigurationError) {
        guard environment("KUBERNETES_SERVICE_HOST") != nil else {
            throw entry.missing(
                "serviceAccountToken", expected: "a token, or that Callboard runs in the cluster and uses its own")
        }
        let own = try ClusterConfiguration.inCluster(environment: environment, read: read)
        access.credentials = own.credentials
        if access.tls.certificateAuthorityPEM == nil {
            access.tls.certificateAuthorityPEM = own.tls.certificateAuthorityPEM
            access.tlsFiles = own.tlsFiles
        }
    }

    private func parameters(_ entry: ConfigurationEntry) throws(ConfigurationError) -> JSONValue? {
        guard let value = entry.value["dashboardParameters"], !value.isNull else { return nil }
        guard value.objectValue != nil else {
            throw entry.wrong("dashboardParameters", expected: "an object", found: value)
        }
        return value
    }

    private func customResources(_ entry: ConfigurationEntry) throws(ConfigurationError) -> [CustomResourceName]? {
        guard let value = entry.value["customResources"], !value.isNull else { return nil }
        return try entry.entries("customResources").map { (resource) throws(ConfigurationError) in
            CustomResourceName(
                group: try resource.required("group"), version: try resource.required("apiVersion"),
                plural: try resource.required("plural"))
        }
    }
}
