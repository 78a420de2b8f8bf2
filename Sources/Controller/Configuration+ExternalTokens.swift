import Access
import Actions
import Base

extension AccessConfiguration {
    /// The entries of `backend.auth.externalAccess` whose tokens are signed.
    mutating func readExternal(_ root: ConfigurationNode) throws(ConfigurationError) {
        for entry in try root["backend.auth.externalAccess"]?.elements() ?? [] {
            switch try entry["type"]?.string() {
            case "jwks": issuers.append(try Self.issuer(entry))
            case "legacy": legacy.append(try Self.legacy(entry))
            default: break
            }
        }
    }

    private static func issuer(_ entry: ConfigurationNode) throws(ConfigurationError) -> TokenIssuer {
        let url = try webAddress(entry.required("options.url", "the address of the issuer's keys"))
        var issuer = TokenIssuer(url: url)
        issuer.issuers = Set(try entry["options.issuer"]?.strings() ?? [])
        issuer.audiences = Set(try entry["options.audience"]?.strings() ?? [])
        if let node = entry["options.algorithm"] { issuer.algorithms = try algorithms(node) }
        if let node = entry["options.subjectPrefix"] { issuer.subjectPrefix = try word(node) }
        issuer.restrictions = try Configuration.restrictions(entry)
        return issuer
    }

    private static func algorithms(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<JWTAlgorithm> {
        var algorithms: Set<JWTAlgorithm> = []
        for name in try node.names() {
            guard let algorithm = JWTAlgorithm(rawValue: name), JWTAlgorithm.asymmetric.contains(algorithm) else {
                let known = JWTAlgorithm.allCases.filter(JWTAlgorithm.asymmetric.contains).map(\.rawValue)
                throw node.refused("expected some of \(known.joined(separator: ", ")), found \"\(name)\"")
            }
            algorithms.insert(algorithm)
        }
        guard !algorithms.isEmpty else { throw node.expected("names of algorithms") }
        return algorithms
    }

    private static func legacy(_ entry: ConfigurationNode) throws(ConfigurationError) -> LegacyTokens.Secret {
        let node = try entry.required("options.secret", "a secret in base64")
        // Backstage's guide makes secrets of 24 bytes.
        guard let secret = Base64.decode(try node.string(), strict: false), secret.count >= 16 else {
            throw node.refused("expected at least 16 bytes in base64")
        }
        let subject = try word(entry.required("options.subject", "a name without white space"))
        let caller = Caller(subject: "external:\(subject)", restrictions: try Configuration.restrictions(entry))
        return LegacyTokens.Secret(secret, caller: caller)
    }

    private static func word(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
            throw node.refused("expected a name without white space")
        }
        return text
    }
}
