internal import Base
package import HTTPClient

/// How a cluster's API server is reached and how we identify ourselves there.
package struct ClusterConfiguration: Sendable, Equatable {
    /// How we identify ourselves, beside a client certificate.
    package enum Credentials: Sendable, Equatable {
        /// A client certificate alone, or an open server.
        case none
        case token(String)
        /// The file is read again and again, because tokens that Kubernetes issues expire. `initial` serves until the
        /// file was read once.
        case tokenFile(path: String, initial: String?)
        case basic(user: String, password: String)
        /// A program gives a token, a client certificate, or both.
        case exec(ExecPlugin)
    }

    /// The files that parts of `tls` were read from; they are read again and again. Nil: the part did not come from a
    /// file.
    package struct TLSFiles: Sendable, Equatable {
        package var certificateAuthority: String?
        package var clientCertificate: String?
        package var clientKey: String?

        package init(
            certificateAuthority: String? = nil, clientCertificate: String? = nil, clientKey: String? = nil
        ) {
            self.certificateAuthority = certificateAuthority
            self.clientCertificate = clientCertificate
            self.clientKey = clientKey
        }
    }

    /// Such as `https://10.0.0.1:443`, without a slash at the end.
    package var server: String
    package var tls: TLSOptions
    package var tlsFiles = TLSFiles()
    /// `http`, `https` or `socks5` URL; nil: as the environment says.
    package var proxy: String?
    /// No compressed answers are asked for: the network is faster than the server's gzip.
    package var disableCompression = false
    package var credentials: Credentials
    /// Nil: we act as who we are.
    package var impersonation: Impersonation?
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
            try find(kubeconfig: kubeconfig, context: context, environment: environmentVariable, read: readFromDisk)
        }
    }

    typealias ReadFile = @Sendable (String) throws(FileError) -> [UInt8]

    /// Kubeconfigs, certificates and tokens are small; more is a wrong path.
    @Sendable static func readFromDisk(_ path: String) throws(FileError) -> [UInt8] {
        try readFile(path, maximumBytes: 4 << 20)
    }

    static func find(
        kubeconfig: String?, context: String?, environment: (String) -> String?, read: ReadFile
    ) throws(ConfigurationError) -> ClusterConfiguration {
        if let files = try Kubeconfig.find(kubeconfig, environment: environment, read: read) {
            return try files.configuration(context: context, read: read)
        }
        if environment("KUBERNETES_SERVICE_HOST") != nil {
            return try inCluster(environment: environment, read: read)
        }
        return try Kubeconfig.ofHome(environment: environment, read: read).configuration(context: context, read: read)
    }
}

// Without this, printing a configuration would print what is secret in it.
extension ClusterConfiguration: CustomStringConvertible {
    package var description: String { name.isEmpty ? server : "\(name) (\(server))" }
}

extension ClusterConfiguration.Credentials: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none: "none"
        case .token: "a token"
        case .tokenFile(let path, _): "the token in \(path)"
        case .basic(let user, _): "the password of \(user)"
        case .exec(let plugin): "exec plugin \(plugin.command)"
        }
    }
}
