internal import Base
internal import HTTPClient

extension ClusterDefinition {
    /// The cluster that a catalog entity describes by its annotations (Backstage's catalog locator: kind `Resource`, type
    /// `kubernetes-cluster`). Entities are written by many, so the credentials come from our own configuration, and go
    /// only to the server that is named there and proves to be it in the way that is named there: the annotations
    /// `api-server-certificate-authority` and `skip-tls-verify` have no effect, because whoever writes them and stands
    /// in the way to the server would get the token.
    ///
    /// - Parameters:
    ///   - name: of the entity, and hence of the cluster.
    ///   - annotations: of the entity.
    ///   - credentials: by the name of the cluster.
    package static func fromCatalog(
        name: String, title: String?, annotations: [String: String], credentials: [String: ClusterCredential]
    ) throws(ClusterProblem) -> ClusterDefinition {
        do throws(ConfigurationError) {
            let value = JSONValue.object(JSONObject(annotations.map { ($0.key, .string($0.value)) }))
            let entry = ConfigurationEntry(source: "", path: "metadata.annotations", value: value, origin: .foreign)
            var definition = ClusterDefinition(
                name: name, access: try entry.catalogAccess(name, credential: credentials[name]))
            definition.title = title
            definition.skipsMetrics = try entry.flag("kubernetes.io/skip-metrics-lookup")
            definition.dashboardURL = try entry.string("kubernetes.io/dashboard-url")
            definition.dashboardApp = try entry.string("kubernetes.io/dashboard-app")
            definition.dashboardParameters = try entry.json("kubernetes.io/dashboard-parameters")
            return definition
        } catch {
            throw ClusterProblem(error, cluster: name)
        }
    }
}

extension ConfigurationEntry {
    fileprivate func catalogAccess(
        _ name: String, credential: ClusterCredential?
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let serverKey = "kubernetes.io/api-server"
        var access = ClusterConfiguration(server: try server(serverKey), name: name)
        let provider = try required("kubernetes.io/auth-provider")
        guard provider == "serviceAccount" else {
            throw error(.unsupported, "kubernetes.io/auth-provider", "expected serviceAccount, found \(provider)")
        }
        guard let credential else {
            throw missing(
                serverKey, expected: "an entry for \(name) in callboard.kubernetes.credentials to reach it with")
        }
        guard credential.server == access.server else {
            throw invalid(
                serverKey,
                "expected \(credential.server), the only server that callboard.kubernetes.credentials "
                    + "lets have the token of \(name)")
        }
        access.credentials = credential.credentials
        access.tls = credential.tls
        access.tlsFiles = credential.tlsFiles
        return access
    }

    /// The JSON that a text holds; nil when the key is missing.
    fileprivate func json(_ key: String) throws(ConfigurationError) -> JSONValue? {
        guard let text = try string(key) else { return nil }
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { throw invalid(key, "expected JSON") }
        return value
    }
}
