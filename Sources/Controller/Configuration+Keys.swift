import Base

extension Configuration {
    /// The secrets that replicas share: Backstage's `auth.session.secret`, behind it those of before.
    static func keys(_ root: ConfigurationNode) throws(ConfigurationError) -> KeyRing {
        guard let current = root["auth.session.secret"] else {
            if let earlier = root["callboard.auth.previousSecrets"] {
                throw earlier.refused("expected auth.session.secret beside it, the secret of now")
            }
            return .ephemeral()
        }
        let earlier = try root["callboard.auth.previousSecrets"]?.elements() ?? []
        return KeyRing(secrets: try ([current] + earlier).map(secret))
    }

    private static func secret(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard text.utf8.count >= 32 else {
            throw node.refused("expected a secret of at least 32 bytes, such as that of `openssl rand -base64 32`")
        }
        return text
    }
}
