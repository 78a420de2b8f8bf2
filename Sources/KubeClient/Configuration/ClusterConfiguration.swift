internal import Base
package import HTTPClient

/// How a cluster's API server is reached and how we identify ourselves there.
package struct ClusterConfiguration: Sendable {
    /// Where the bearer token comes from.
    package enum Credentials: Sendable, Equatable {
        /// No token: a client certificate, or an open server.
        case none
        case token(String)
        /// The file is read again and again, because tokens that Kubernetes issues expire. `initial` serves until the
        /// file was read once.
        case tokenFile(path: String, initial: String?)
    }

    /// Such as `https://10.0.0.1:443`, without a slash at the end.
    package var server: String
    package var tls: TLSOptions
    /// `http`, `https` or `socks5` URL; nil: as the environment says.
    package var proxy: String?
    package var credentials: Credentials
    /// The namespace to work in when none is named.
    package var namespace: String
    /// The kubeconfig context, or `in-cluster`.
    package var name: String

    package init(
        server: String, tls: TLSOptions = TLSOptions(), proxy: String? = nil, credentials: Credentials = .none,
        namespace: String = "default", name: String = ""
    ) {
        self.server = server
        self.tls = tls
        self.proxy = proxy
        self.credentials = credentials
        self.namespace = namespace
        self.name = name
    }

    /// Finds the configuration in the order of controller-runtime: the given kubeconfig, the files of `KUBECONFIG`, the
    /// service account of the pod that we run in, `~/.kube/config`. Files are read on a thread of their own.
    ///
    /// - Parameter context: of the kubeconfig; nil: its `current-context`.
    /// - Throws: `ConfigurationError`.
    package static func load(kubeconfig: String? = nil, context: String? = nil) async throws -> ClusterConfiguration {
        try await onOwnThread("kubeconfig") { () throws(ConfigurationError) in
            try find(
                kubeconfig: kubeconfig, context: context, environment: environmentVariable,
                read: { (path) throws(FileError) in try readFile(path, maximumBytes: 4 << 20) })
        }
    }

    typealias ReadFile = (String) throws(FileError) -> [UInt8]

    static func find(
        kubeconfig: String?, context: String?, environment: (String) -> String?, read: ReadFile
    ) throws(ConfigurationError) -> ClusterConfiguration {
        if let kubeconfig {
            return try Kubeconfig(file: kubeconfig, read: read).configuration(context: context, read: read)
        }
        if let list = environment("KUBECONFIG"), !list.isEmpty {
            let files = list.split(separator: ":").map(String.init)
            return try Kubeconfig(files: files, read: read).configuration(context: context, read: read)
        }
        if environment("KUBERNETES_SERVICE_HOST") != nil {
            return try inCluster(environment: environment, read: read)
        }
        guard let home = environment("HOME"), !home.isEmpty else {
            throw ConfigurationError(
                code: .missing, source: "environment", key: "",
                detail: "no cluster: expected --kubeconfig, KUBECONFIG, a pod's service account or ~/.kube/config")
        }
        return try Kubeconfig(file: home + "/.kube/config", read: read).configuration(context: context, read: read)
    }
}

/// Runs blocking work on a thread of its own and waits for it without holding a thread of the cooperative pool.
func onOwnThread<Value: Sendable, Failure: Error>(
    _ name: String, _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, Failure>, Never>) in
        startThread(name: name) {
            do throws(Failure) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}
