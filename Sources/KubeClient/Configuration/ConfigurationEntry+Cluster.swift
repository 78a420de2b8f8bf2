internal import Base
internal import HTTPClient

extension ConfigurationEntry {
    private static let proxySchemes = ["http://", "https://", "socks5://"]

    /// Takes over what a cluster of a kubeconfig says.
    func apply(
        cluster configuration: inout ClusterConfiguration, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        configuration.server = try server("server")
        if let authority = try pem("certificate-authority", read: read) {
            configuration.tls.certificateAuthorityPEM = authority.bytes
            configuration.tlsFiles.certificateAuthority = authority.file
        }
        configuration.tls.serverName = try string("tls-server-name")
        configuration.tls.insecureSkipVerify = try bool("insecure-skip-tls-verify")
        if configuration.tls.insecureSkipVerify, configuration.tls.certificateAuthorityPEM != nil {
            throw invalid("insecure-skip-tls-verify", "expected false beside a certificate authority")
        }
        configuration.disableCompression = try bool("disable-compression")
        if let proxy = try string("proxy-url") {
            guard Self.proxySchemes.contains(where: proxy.hasPrefix) else {
                throw invalid("proxy-url", "expected a URL with http, https or socks5")
            }
            configuration.proxy = proxy
        }
    }

    /// The name under which a cluster holds what its exec plugin is to be told (client-go tools/clientcmd/api).
    private static let execExtension = "client.authentication.k8s.io/exec"

    /// `spec.cluster` of the plugin's input.
    func execInformation(_ configuration: ClusterConfiguration) throws(ConfigurationError) -> JSONValue {
        var cluster: JSONObject = ["server": .string(configuration.server)]
        cluster["tls-server-name"] = configuration.tls.serverName.map { .string($0) }
        if configuration.tls.insecureSkipVerify { cluster["insecure-skip-tls-verify"] = true }
        cluster["certificate-authority-data"] = configuration.tls.certificateAuthorityPEM.map {
            .string(Base64.encode($0))
        }
        cluster["proxy-url"] = configuration.proxy.map { .string($0) }
        if configuration.disableCompression { cluster["disable-compression"] = true }
        let own = try entries("extensions").first { $0.value["name"]?.stringValue == Self.execExtension }
        cluster["config"] = own?.value["extension"]
        return .object(cluster)
    }
}
