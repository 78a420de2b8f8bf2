internal import Base
internal import HTTPClient

extension ConfigurationEntry {
    /// Takes over what a user of a kubeconfig says. Where several ways to authenticate stand side by side, the choice is
    /// client-go's: a certificate beside a token is shown too, and a program is asked only when there is nothing else.
    ///
    /// - Parameter cluster: what an exec plugin may want to know about.
    func apply(
        user configuration: inout ClusterConfiguration, cluster: ConfigurationEntry,
        read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        guard (value["auth-provider"] ?? .null).isNull else {
            throw error(
                .unsupported, "auth-provider",
                "not supported, as in kubectl since 1.26; expected exec, client-certificate and client-key, token, "
                    + "tokenFile, or username and password")
        }
        try applyCertificate(to: &configuration, read: read)
        configuration.impersonation = try impersonation()
        switch (try token(), try basic()) {
        case (.some, .some): throw invalid("username", "expected no user name beside a token")
        case (let given?, nil), (nil, let given?): configuration.credentials = given
        case (nil, nil) where configuration.tls.clientCertificatePEM != nil: break
        case (nil, nil):
            configuration.credentials = try exec(for: configuration, cluster: cluster).map { .exec($0) } ?? .none
        }
    }

    private func applyCertificate(
        to configuration: inout ClusterConfiguration, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) {
        switch (try pem("client-certificate", read: read), try pem("client-key", read: read)) {
        case (let certificate?, let key?):
            configuration.tls.clientCertificatePEM = certificate.bytes
            configuration.tls.clientKeyPEM = key.bytes
            configuration.tlsFiles.clientCertificate = certificate.file
            configuration.tlsFiles.clientKey = key.file
        case (.some, nil): throw missing("client-key")
        case (nil, .some): throw missing("client-certificate")
        case (nil, nil): break
        }
    }

    /// Of a token and a token's file, the file is what counts and the token serves until it was read.
    private func token() throws(ConfigurationError) -> ClusterConfiguration.Credentials? {
        let token = try string("token")
        if let path = try file("tokenFile", instead: "token") { return .tokenFile(path: path, initial: token) }
        return token.map { .token($0) }
    }

    private func basic() throws(ConfigurationError) -> ClusterConfiguration.Credentials? {
        let (name, password) = (try string("username"), try string("password"))
        guard name != nil || password != nil else { return nil }
        guard let name else { throw missing("username") }
        // RFC 7617 §2.
        guard !name.contains(":") else { throw invalid("username", "expected a name without a colon") }
        return .basic(user: name, password: password ?? "")
    }

    private func impersonation() throws(ConfigurationError) -> Impersonation? {
        let extra = try extraValues()
        let (uid, groups) = (try string("as-uid"), try strings("as-groups"))
        guard let user = try string("as") else {
            guard uid == nil, groups.isEmpty, extra.isEmpty else {
                throw missing("as", expected: "the user to act as, beside as-uid, as-groups or as-user-extra")
            }
            return nil
        }
        return Impersonation(user: user, uid: uid, groups: groups, extra: extra)
    }

    private func extraValues() throws(ConfigurationError) -> [String: [String]] {
        guard let member = value["as-user-extra"], !member.isNull else { return [:] }
        guard let object = member.objectValue else {
            throw wrong("as-user-extra", expected: "an object of lists", found: member)
        }
        let entry = child("as-user-extra", member)
        var extra: [String: [String]] = [:]
        for key in object.keys { extra[key] = try entry.strings(key) }
        return extra
    }
}
