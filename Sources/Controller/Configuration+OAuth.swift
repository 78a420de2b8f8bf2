import API
import Access
import Base
import HTTPClient

extension Configuration {
    /// The authorization server: Backstage's keys below `auth`, and clients that the operator names below `callboard.auth`. Nil
    /// unless a way for clients is switched on.
    ///
    /// - Throws: `ConfigurationError`, also when what it stands on is missing.
    static func oauth(
        _ root: ConfigurationNode, keys: KeyRing, signIn: SignInConfiguration?, access: AccessConfiguration
    ) throws(ConfigurationError) -> OAuthConfiguration? {
        // The second is the name of before.
        let documents = try enabled(
            root["auth.clientIdMetadataDocuments"] ?? root["auth.experimentalClientIdMetadataDocuments"])
        let registration = try enabled(root["auth.experimentalDynamicClientRegistration"])
        guard let cause = documents ?? registration ?? root["callboard.auth.clients"] else { return nil }
        guard let baseURL = access.baseURL else {
            throw root.refused(
                "is missing; expected the public https address, because of \(cause.path)", at: "backend.baseUrl")
        }
        guard let site = SignInSite(baseURL: baseURL) else {
            throw root.refused(
                "expected an https address, or http on this machine, because of \(cause.path)", at: "backend.baseUrl")
        }
        guard keys.isShared else {
            throw root.refused(
                "is missing; expected a secret that protects tokens, because of \(cause.path)",
                at: "auth.session.secret")
        }
        guard signIn != nil else {
            throw cause.refused(
                "expected a way for persons to sign in beside it: auth.providers or callboard.auth.signIn.kubernetes")
        }
        var configuration = OAuthConfiguration(baseURL: baseURL, servers: access.servers.sorted())
        configuration.clients = try clients(root)
        configuration.documents = try documents.map { node throws(ConfigurationError) in
            var rules = ClientDocuments.Rules(
                ids: try patterns(node["allowedClientIdPatterns"], ["https://claude.ai/*", "https://vscode.dev/*"]),
                redirectURIs: try patterns(node["allowedRedirectUriPatterns"], loopback))
            rules.allowsLoopback = !site.isSecure
            return rules
        }
        configuration.registration = try registration.map { node throws(ConfigurationError) in
            try patterns(node["allowedRedirectUriPatterns"], ["cursor://*"] + loopback)
        }
        configuration.refreshTokens = try enabled(root["auth.experimentalRefreshToken"]).map(refreshTokens)
        return configuration
    }

    /// Any port of the person's own machine.
    private static let loopback = ["localhost", "127.0.0.1", "[::1]"].map { "http://\($0):*/*" }

    private static func enabled(_ node: ConfigurationNode?) throws(ConfigurationError) -> ConfigurationNode? {
        try node?["enabled"]?.bool() ?? false ? node : nil
    }

    private static func patterns(
        _ node: ConfigurationNode?, _ usual: [String]
    ) throws(ConfigurationError) -> [URLPattern] {
        guard let node else { return usual.compactMap(URLPattern.init) }
        var patterns: [URLPattern] = []
        for text in try node.strings() {
            guard let pattern = URLPattern(text) else {
                throw node.refused(
                    "expected patterns such as https://*.example.com/*, with a scheme and without user, found \"\(text)\""
                )
            }
            patterns.append(pattern)
        }
        return patterns
    }

    private static func refreshTokens(
        _ node: ConfigurationNode
    ) throws(ConfigurationError) -> OAuthConfiguration.RefreshTokens {
        var tokens = OAuthConfiguration.RefreshTokens()
        let range: ClosedRange<Duration> = .seconds(60)...(.seconds(10 * 365 * 86_400))
        if let length = node["tokenLifetime"] { tokens.idle = try length.duration(in: range).components.seconds }
        if let length = node["maxRotationLifetime"] {
            tokens.absolute = try length.duration(in: range).components.seconds
        }
        tokens.looksForUsers = try !(node["dangerouslyDisableCatalogPresenceCheck"]?.bool() ?? false)
        if let count = node["maxTokensPerUser"] { tokens.maximumPerPerson = Int(try count.integer(in: 1...1_000)) }
        return tokens
    }

    private static func clients(_ root: ConfigurationNode) throws(ConfigurationError) -> [OAuthClient] {
        var clients: [OAuthClient] = []
        for node in try root["callboard.auth.clients"]?.elements() ?? [] {
            let id = try node.required("id", "a name without white space")
            let (text, secret) = (try id.string(), try node.member("secret", "a secret of at least 16 bytes"))
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.hasPrefix("http"),
                !text.hasPrefix("callboard."), !clients.contains(where: { $0.id == text })
            else { throw id.refused("expected a name of its own, which begins neither with http nor with callboard.") }
            guard try (secret?.string().utf8.count).map({ $0 >= 16 }) ?? true else {
                throw node.refused("expected a secret of at least 16 bytes")
            }
            let uris = try node.required("redirectUris", "a list of URIs")
            do throws(OAuthError) {
                clients.append(
                    try .configured(
                        id: text, name: (try? node["name"]?.string()) ?? nil, secret: (try? secret?.string()) ?? nil,
                        redirectURIs: (try? uris.strings()) ?? []))
            } catch {
                throw uris.refused(error.detail)
            }
            guard try !uris.strings().isEmpty else { throw uris.expected("at least one URI") }
        }
        return clients
    }
}
