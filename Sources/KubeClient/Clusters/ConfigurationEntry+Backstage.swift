internal import Base
internal import HTTPClient

// What Backstage's configuration takes more easily than a kubeconfig.
extension ConfigurationEntry {
    /// A truth value; also in quotes, as it comes from the environment and from annotations.
    func flag(_ key: String) throws(ConfigurationError) -> Bool {
        switch value[key] {
        case nil, .null, .bool(false), "false": return false
        case .bool(true), "true": return true
        case let other?: throw wrong(key, expected: "true or false", found: other)
        }
    }

    /// Takes over how an API server is to be known: `skipTLSVerify`, and `caData` or `caFile`.
    func applyTrust(
        to access: inout ClusterConfiguration, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        access.tls.insecureSkipVerify = try flag("skipTLSVerify")
        if let authority = try pem(base64: "caData") {
            access.tls.certificateAuthorityPEM = authority
        } else if let path = try string("caFile") {
            access.tls.certificateAuthorityPEM = try ClusterConfiguration.pem(path, key: name(of: "caFile"), read)
            access.tlsFiles.certificateAuthority = path
        }
    }

    /// Refuses an entry that asks for a variable which is not set: taking the value for absent might mean another way to
    /// authenticate.
    func requireVariables(_ unset: [String: String]) throws(ConfigurationError) {
        let missing = unset.filter { $0.key.hasPrefix(path + ".") }.min { $0.key < $1.key }
        guard let (key, variable) = missing else { return }
        throw ConfigurationError(
            code: .missing, source: source, key: key, detail: "the environment variable \(variable) is not set")
    }
}
