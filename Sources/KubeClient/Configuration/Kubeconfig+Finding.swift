internal import Base

extension Kubeconfig {
    /// The given file, or the files of `KUBECONFIG`; nil when neither is named.
    static func find(
        _ file: String?, environment: (String) -> String?, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> Kubeconfig? {
        if let file { return try Kubeconfig(file: file, read: read) }
        guard let list = environment("KUBECONFIG"), !list.isEmpty else { return nil }
        return try Kubeconfig(files: list.split(separator: ":").map(String.init), read: read)
    }

    /// The given file, or the files of `KUBECONFIG`, or `~/.kube/config`.
    static func findOrOfHome(
        _ file: String?, environment: (String) -> String?, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> Kubeconfig {
        if let named = try find(file, environment: environment, read: read) { return named }
        return try ofHome(environment: environment, read: read)
    }

    /// `~/.kube/config`.
    static func ofHome(
        environment: (String) -> String?, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> Kubeconfig {
        guard let home = environment("HOME"), !home.isEmpty else {
            throw ConfigurationError(
                code: .missing, source: "environment", key: "",
                detail: "no cluster: expected --kubeconfig, KUBECONFIG, a pod's service account or ~/.kube/config")
        }
        return try Kubeconfig(file: home + "/.kube/config", read: read)
    }
}
