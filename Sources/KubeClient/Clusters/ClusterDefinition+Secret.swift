package import Base

extension ClusterDefinition {
    /// The cluster that a Secret describes: `kubeconfig`, and if wanted `name` (else the Secret's own), `context`, `title`
    /// and `dashboardUrl`. Whoever may write Secrets must not read our files or run programs here, so a kubeconfig that
    /// names either is refused.
    package static func fromSecret(_ secret: JSONValue) throws(ClusterProblem) -> ClusterDefinition {
        let metadata = secret["metadata"] ?? .null
        let own = metadata["name"]?.stringValue ?? ""
        let source = "Secret \(metadata["namespace"]?.stringValue ?? "")/\(own)"
        do throws(ConfigurationError) {
            let data = ConfigurationEntry(
                source: source, path: "data", value: secret["data"] ?? .null, origin: .foreign)
            guard let kubeconfig = try data.secretBytes("kubeconfig") else {
                throw data.missing("kubeconfig", expected: "a kubeconfig")
            }
            let files = try Kubeconfig(foreign: kubeconfig, source: "\(source): data.kubeconfig")
            let access = try files.configuration(
                context: try data.secretText("context"), read: ClusterConfiguration.readNothing)
            var definition = ClusterDefinition(name: try data.secretText("name") ?? own, access: access)
            definition.title = try data.secretText("title")
            definition.dashboardURL = try data.secretText("dashboardUrl")
            return definition
        } catch {
            throw ClusterProblem(error, cluster: own)
        }
    }
}

extension ClusterConfiguration {
    /// For contents that may name no file.
    @Sendable fileprivate static func readNothing(_ path: String) throws(FileError) -> [UInt8] {
        throw FileError(code: .unreadable, path: path, detail: "files of this machine are not read from here")
    }
}

extension ConfigurationEntry {
    /// What a Secret holds under a key; nil when there is nothing.
    fileprivate func secretBytes(_ key: String) throws(ConfigurationError) -> [UInt8]? {
        guard let text = try string(key) else { return nil }
        guard let bytes = Base64.decode(text, strict: false) else { throw invalid(key, "expected Base64") }
        return bytes.isEmpty ? nil : bytes
    }

    fileprivate func secretText(_ key: String) throws(ConfigurationError) -> String? {
        let text = try secretBytes(key).map(ClusterConfiguration.trimmed) ?? ""
        return text.isEmpty ? nil : text
    }
}
