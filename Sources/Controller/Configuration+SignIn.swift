import API
import Access
import Base
import HTTPClient
import KubeClient
import Store

/// How persons sign in: Backstage's `auth.providers`, and what it has no keys for below `callboard.auth`.
struct SignInConfiguration {
    let site: SignInSite
    var settings = SignInSettings()
    var oidc: OpenIDSettings?
    var github: GitHubSignInSettings?
    /// For whom tokens of the cluster must be; nil: nobody signs in with one.
    var kubernetesAudiences: [String]?
    var warnings: [String] = []

    /// Nil when no way to sign in is configured.
    ///
    /// - Throws: `ConfigurationError`.
    init?(_ root: ConfigurationNode, keys: KeyRing) throws(ConfigurationError) {
        let oidcNode = try Self.environment(of: "oidc", root)
        let githubNode = try Self.environment(of: "github", root)
        let kubernetesNode = root["callboard.auth.signIn.kubernetes"]
        let takesTokens = try kubernetesNode?["enabled"]?.bool() ?? false
        guard let first = oidcNode ?? githubNode ?? (takesTokens ? kubernetesNode : nil) else { return nil }
        site = try Self.site(root, for: first)
        guard keys.isShared else {
            throw root.refused(
                "is missing; expected a secret that protects sign-ins, because of \(first.path)",
                at: "auth.session.secret")
        }
        try readSettings(root)
        if let node = oidcNode { oidc = try openID(node) }
        if let node = githubNode { github = try gitHub(node, root) }
        if takesTokens, let node = kubernetesNode {
            kubernetesAudiences = try node["audiences"]?.strings() ?? []
            try readPersons(node, provider: "kubernetes", resolvers: node["resolvers"])
        }
    }

    /// Puts it together.
    func signIn(keys: KeyRing, http: HTTPClient, store: Store, home: KubernetesClient) -> SignIn {
        var providers: [any SignInProvider] = []
        if let oidc { providers.append(OpenIDProvider(oidc, http: http)) }
        if let github { providers.append(GitHubSignIn(github, http: http)) }
        return SignIn(
            site: site, keys: keys, providers: providers,
            kubernetes: kubernetesAudiences.map { audiences in
                PersonTokenReviews(TokenReviews(client: { home }), audiences: Set(audiences))
            }, settings: settings,
            directory: CatalogUsers(store))
    }

    /// The section of the environment that is in force: that of `auth.environment`, else the only one, else `development`.
    private static func environment(
        of provider: String, _ root: ConfigurationNode
    ) throws(ConfigurationError) -> ConfigurationNode? {
        guard let node = root["auth.providers.\(provider)"] else { return nil }
        guard node.value.objectValue != nil else { throw node.expected("an object with the name of an environment") }
        if let name = try root["auth.environment"]?.string() {
            return try node.required(name, "the section of the environment in auth.environment")
        }
        let members = node.members
        if members.count == 1 { return members[0].node }
        return try node.required("development", "one environment, or auth.environment with the name of one")
    }

    private static func site(
        _ root: ConfigurationNode, for first: ConfigurationNode
    ) throws(ConfigurationError) -> SignInSite {
        guard let node = root["backend.baseUrl"] else {
            throw root.refused(
                "is missing; expected the https URL under which browsers find Callboard, because of \(first.path)",
                at: "backend.baseUrl")
        }
        guard let site = SignInSite(baseURL: try node.string()) else {
            throw node.refused(
                "expected a URL such as https://callboard.example; persons sign in over https, or http on this machine")
        }
        return site
    }
}

// Who may sign in.
extension SignInConfiguration {
    private static let durations: ClosedRange<Duration> = .seconds(60)...(.seconds(30 * 86_400))

    private mutating func readSettings(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let node = root["callboard.auth.signIn.sessionDuration"] {
            settings.lifetime = try node.duration(in: Self.durations)
        }
        for entry in try root["callboard.auth.signIn.allow"]?.elements() ?? [] {
            settings.rules.append(try Self.rule(entry))
        }
    }

    private static func rule(_ entry: ConfigurationNode) throws(ConfigurationError) -> SignInRule {
        let provider = try entry.member("provider", "oidc, github or kubernetes")
        if let provider, try !["oidc", "github", "kubernetes"].contains(provider.string()) {
            throw provider.refused("expected oidc, github or kubernetes")
        }
        var properties: [SignInRule.Property] = []
        for key in ["user", "group", "email", "emailDomain"] {
            guard let value = try entry.member(key, "a text") else { continue }
            if let property = property(key, try value.string()) { properties.append(property) }
        }
        let known: Set<String> = ["provider", "user", "group", "email", "emailDomain"]
        guard properties.count == 1, let property = properties.first, entry.unknownMembers(known).isEmpty else {
            throw entry.refused("expected one of user, group, email and emailDomain with a text")
        }
        if case .user(let name) = property, name != "*", provider == nil {
            throw entry.refused("expected provider beside user: the same name may be somebody else's elsewhere")
        }
        return SignInRule(provider: try provider?.string(), property: property)
    }

    private static func property(_ key: String, _ text: String) -> SignInRule.Property? {
        guard !text.isEmpty else { return nil }
        switch key {
        case "user": return .user(text)
        case "group": return .group(text)
        case "email": return .email(text)
        case "emailDomain": return .emailDomain(text)
        default: return nil
        }
    }

    /// What there is for the persons of every provider.
    private mutating func readPersons(
        _ node: ConfigurationNode, provider: String, resolvers: ConfigurationNode?, isRestricted: Bool = false
    ) throws(ConfigurationError) {
        if let duration = node["sessionDuration"] {
            settings.lifetimes[provider] = try duration.duration(in: Self.durations)
        }
        var found: [UserResolver] = []
        for entry in try resolvers?.elements() ?? [] { found.append(try Self.resolver(entry)) }
        settings.resolvers[provider] = found
        let hasRule = settings.rules.contains { $0.provider == nil || $0.provider == provider }
        guard isRestricted || hasRule || !found.isEmpty else {
            throw node.refused(
                "lets nobody in; expected resolvers that find persons in the catalog, or callboard.auth.signIn.allow")
        }
    }

    private static func resolver(_ entry: ConfigurationNode) throws(ConfigurationError) -> UserResolver {
        let names = UserResolver.Rule.allCases.map(\.rawValue).joined(separator: ", ")
        let name = try entry.required("resolver", "one of \(names)")
        guard let rule = UserResolver.Rule(rawValue: try name.string()) else {
            throw name.refused("expected one of \(names)")
        }
        return UserResolver(
            rule, allowedDomains: try entry.member("allowedDomains", "domains of emails")?.strings() ?? [])
    }
}

// Providers.
extension SignInConfiguration {
    private static let commonMembers: Set<String> = [
        "clientId", "clientSecret", "callbackUrl", "sessionDuration", "signIn.resolvers",
    ]

    private mutating func openID(_ node: ConfigurationNode) throws(ConfigurationError) -> OpenIDSettings {
        let url = try node.required("metadataUrl", "the URL of the provider's metadata")
        let (id, secret) = try (Self.text(node, "clientId"), node["clientSecret"]?.string())
        var settings = OpenIDSettings(metadataURL: try Self.url(url), clientID: id, clientSecret: secret)
        if let scope = node["scope"] { settings.scopes = try Self.words(scope) }
        if let scopes = node["additionalScopes"] { settings.scopes += try Self.words(scopes) }
        if !settings.scopes.contains("openid") { settings.scopes.insert("openid", at: 0) }
        if let prompt = try node["prompt"]?.string(), prompt != "auto" { settings.prompt = prompt }
        if let method = node["tokenEndpointAuthMethod"] {
            settings.clientAuthentication = OpenIDSettings.ClientAuthentication(rawValue: try method.string())
            if settings.clientAuthentication == nil {
                throw method.refused("expected client_secret_basic, client_secret_post or none")
            }
        }
        if let node = node["tokenSignedResponseAlg"] {
            let algorithm = JWTAlgorithm(rawValue: try node.string())
            guard let algorithm, algorithm != .hs256 else { throw node.refused("expected such as RS256 or ES256") }
            settings.algorithm = algorithm
        }
        try checkCallback(node, "oidc")
        try readPersons(node, provider: "oidc", resolvers: node["signIn.resolvers"])
        warn(
            node,
            Self.commonMembers.union([
                "metadataUrl", "scope", "additionalScopes", "prompt", "tokenEndpointAuthMethod",
                "tokenSignedResponseAlg",
            ]))
        return settings
    }

    private mutating func gitHub(
        _ node: ConfigurationNode, _ root: ConfigurationNode
    ) throws(ConfigurationError) -> GitHubSignInSettings {
        var github = GitHubSignInSettings(
            clientID: try Self.text(node, "clientId"), clientSecret: try Self.text(node, "clientSecret"))
        github.enterpriseURL = try node["enterpriseInstanceUrl"].map { url throws(ConfigurationError) in
            let text = try Self.url(url)
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
        let path = "callboard.auth.github.allowedOrganizations"
        guard let organizations = try root[path]?.strings(), !organizations.isEmpty else {
            throw root.refused(
                "is missing; expected names of organizations, or any when rules or resolvers alone shall decide",
                at: path)
        }
        github.allowedOrganizations = organizations == ["any"] ? nil : organizations
        try checkCallback(node, "github")
        try readPersons(
            node, provider: "github", resolvers: node["signIn.resolvers"],
            isRestricted: github.allowedOrganizations != nil)
        github.needsEmail = looksAtEmails("github")
        warn(node, Self.commonMembers.union(["enterpriseInstanceUrl"]))
        return github
    }

    private func looksAtEmails(_ provider: String) -> Bool {
        let resolvers = settings.resolvers[provider] ?? []
        let byEmail: [UserResolver.Rule] = [
            .emailMatchingUserEntityProfileEmail, .emailLocalPartMatchingUserEntityName,
        ]
        return resolvers.contains { byEmail.contains($0.rule) }
            || settings.rules.contains { rule in
                switch rule.property {
                case .email, .emailDomain: rule.provider == nil || rule.provider == provider
                case .user, .group: false
                }
            }
    }

    /// Callboard's callback is where Backstage's is; another one would lead elsewhere.
    private func checkCallback(_ node: ConfigurationNode, _ provider: String) throws(ConfigurationError) {
        let expected = site.url("/api/auth/\(provider)/handler/frame")
        if let url = node["callbackUrl"], try url.string() != expected { throw url.refused("expected \(expected)") }
    }

    private mutating func warn(_ node: ConfigurationNode, _ known: Set<String>) {
        warnings += node.unknownMembers(known).map { "unknown configuration key \(node.path).\($0) is ignored" }
    }

    private static func text(_ node: ConfigurationNode, _ key: String) throws(ConfigurationError) -> String {
        let value = try node.required(key, "what the provider gave when Callboard was registered there")
        let text = try value.string()
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw value.refused("expected a text of visible characters")
        }
        return text
    }

    private static func url(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard text.hasPrefix("https://") || (text.hasPrefix("http://") && HTTPRequest.isLoopback(text)),
            !text.contains(where: { "?#@ ".contains($0) })
        else { throw node.refused("expected an https URL without query and user") }
        return text
    }

    /// A list, or one text with spaces between the words.
    private static func words(_ node: ConfigurationNode) throws(ConfigurationError) -> [String] {
        try node.strings().flatMap { $0.split(separator: " ").map(String.init) }
    }
}
