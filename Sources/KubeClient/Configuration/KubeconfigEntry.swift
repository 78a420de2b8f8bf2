internal import Base
internal import HTTPClient

/// A cluster, user or context of a kubeconfig, with the file it came from: relative paths are relative to that file.
struct KubeconfigEntry {
    let file: String
    /// Such as `clusters[dev].cluster`.
    let path: String
    let value: JSONValue

    /// The text of a key; nil when it is missing, null or empty.
    func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let member = value[key], !member.isNull else { return nil }
        guard let text = member.stringValue else { throw wrong(key, expected: "a string", found: member) }
        return text.isEmpty ? nil : text
    }

    func bool(_ key: String) throws(ConfigurationError) -> Bool {
        guard let member = value[key], !member.isNull else { return false }
        guard let flag = member.boolValue else { throw wrong(key, expected: "true or false", found: member) }
        return flag
    }

    func required(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try string(key) else { throw missing(key) }
        return text
    }

    func missing(_ key: String) -> ConfigurationError {
        ConfigurationError(code: .missing, source: file, key: name(of: key), detail: "expected a value, there is none")
    }

    func wrong(_ key: String, expected: String, found: JSONValue) -> ConfigurationError {
        invalid(key, "expected \(expected), found \(found.typeName)")
    }

    private func invalid(_ key: String, _ detail: String) -> ConfigurationError {
        ConfigurationError(code: .invalid, source: file, key: name(of: key), detail: detail)
    }

    private func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return file[...slash] + path
    }

    /// PEM from `<key>-data`, which wins, or from the file that `<key>` names.
    private func pem(_ key: String, read: ClusterConfiguration.ReadFile) throws(ConfigurationError) -> [UInt8]? {
        let dataKey = key + "-data"
        if let text = try string(dataKey) {
            guard let bytes = Base64.decode(text), ClusterConfiguration.isPEM(bytes) else {
                throw invalid(dataKey, "expected PEM in Base64")
            }
            return bytes
        }
        guard let path = try string(key) else { return nil }
        return try ClusterConfiguration.pem(absolute(path), key: "\(name(of: key)) in \(file)", read)
    }
}

extension KubeconfigEntry {
    /// Takes over what a cluster says.
    func apply(
        cluster configuration: inout ClusterConfiguration, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        let server = try required("server")
        guard server.hasPrefix("https://") || server.hasPrefix("http://") else {
            throw invalid("server", "expected a URL with http or https, found \(server)")
        }
        configuration.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        configuration.tls.certificateAuthorityPEM = try pem("certificate-authority", read: read)
        configuration.tls.serverName = try string("tls-server-name")
        configuration.tls.insecureSkipVerify = try bool("insecure-skip-tls-verify")
        if configuration.tls.insecureSkipVerify, configuration.tls.certificateAuthorityPEM != nil {
            throw invalid("insecure-skip-tls-verify", "expected false beside a certificate authority")
        }
        if let proxy = try string("proxy-url") {
            guard ["http://", "https://", "socks5://"].contains(where: proxy.hasPrefix) else {
                throw invalid("proxy-url", "expected a URL with http, https or socks5")
            }
            configuration.proxy = proxy
        }
    }

    /// Keys by which a user says to authenticate in a way that this client does not have.
    private static let unsupported = [
        "exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra",
    ]

    /// Takes over what a user says.
    func apply(
        user configuration: inout ClusterConfiguration, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        for key in Self.unsupported where !(value[key] ?? .null).isNull {
            throw ConfigurationError(
                code: .unsupported, source: file, key: name(of: key),
                detail: "not supported; expected client-certificate and client-key, token or tokenFile")
        }
        configuration.tls.clientCertificatePEM = try pem("client-certificate", read: read)
        configuration.tls.clientKeyPEM = try pem("client-key", read: read)
        switch (configuration.tls.clientCertificatePEM, configuration.tls.clientKeyPEM) {
        case (.some, nil): throw missing("client-key")
        case (nil, .some): throw missing("client-certificate")
        default: break
        }
        let token = try string("token")
        if let path = try string("tokenFile") {
            configuration.credentials = .tokenFile(path: absolute(path), initial: token)
        } else if let token {
            configuration.credentials = .token(token)
        }
    }
}
