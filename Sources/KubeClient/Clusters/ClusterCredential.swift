package import Base
package import HTTPClient

/// The token for a cluster that the catalog names, the one server that may have it, and how that server is known.
package struct ClusterCredential: Sendable, Equatable {
    /// Such as `https://10.0.0.1:6443`.
    package var server: String
    package var credentials: ClusterConfiguration.Credentials
    /// By default the system's authorities.
    package var tls = TLSOptions()
    package var tlsFiles = ClusterConfiguration.TLSFiles()

    package init(server: String, credentials: ClusterConfiguration.Credentials) {
        self.server = server
        self.credentials = credentials
    }

    /// Reads `callboard.kubernetes.credentials`: a list of `{cluster, url, serviceAccountToken | tokenFile}`, each with
    /// `caData`, `caFile` or `skipTLSVerify` when the system's authorities do not know the server.
    /// Files are read on a thread of their own.
    ///
    /// - Parameters:
    ///   - path: of the list, for problems.
    ///   - unsetVariables: environment variables that are not set, by the path of the value that asks for them.
    /// - Returns: by the name of the cluster.
    package static func read(
        _ list: JSONValue, path: String = "callboard.kubernetes.credentials", unsetVariables: [String: String] = [:]
    ) async -> (credentials: [String: ClusterCredential], problems: [ClusterProblem]) {
        await onOwnThread("credentials") {
            read(list, path: path, unsetVariables: unsetVariables, read: ClusterConfiguration.readFromDisk)
        }
    }

    static func read(
        _ list: JSONValue, path: String = "callboard.kubernetes.credentials", unsetVariables: [String: String] = [:],
        read: ClusterConfiguration.ReadFile
    ) -> (credentials: [String: ClusterCredential], problems: [ClusterProblem]) {
        var credentials: [String: ClusterCredential] = [:]
        var problems: [ClusterProblem] = []
        let whole = ConfigurationEntry(source: "", path: "", value: .object([path: list]))
        do throws(ConfigurationError) {
            for entry in try whole.entries(path) {
                let name = entry.value["cluster"]?.stringValue
                do throws(ConfigurationError) {
                    try entry.requireVariables(unsetVariables)
                    let name = try entry.required("cluster")
                    guard credentials[name] == nil else {
                        throw entry.invalid("cluster", "expected another cluster: an earlier entry has it")
                    }
                    credentials[name] = try ClusterCredential(entry, read: read)
                } catch {
                    problems.append(ClusterProblem(error, cluster: name ?? entry.path))
                }
            }
        } catch {
            problems.append(ClusterProblem(error, cluster: ""))
        }
        return (credentials, problems)
    }

    private init(
        _ entry: ConfigurationEntry, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        var access = ClusterConfiguration(server: try entry.server("url"))
        try entry.applyTrust(to: &access, read: read)
        (tls, tlsFiles) = (access.tls, access.tlsFiles)
        server = access.server
        switch (try entry.string("serviceAccountToken"), try entry.string("tokenFile")) {
        case (let token?, nil): credentials = .token(token)
        case (nil, let path?): credentials = .tokenFile(path: path, initial: nil)
        default: throw entry.missing("serviceAccountToken", expected: "either serviceAccountToken or tokenFile")
        }
    }
}
