import Base
import CostSources
import HTTPClient

/// ScaleOps, read from the keys that its Backstage plugin has, and further ones.
struct ScaleOpsConfiguration {
    /// None: there is no ScaleOps.
    var endpoints: [ScaleOpsEndpoint] = []
    var manner = ScaleOpsClient.Manner()
    /// Further paths that `POST` only reads from.
    var reports: [String] = []
    var currencyPrefix: String?
    /// How often it is asked for all workloads.
    var pollInterval: Duration = .seconds(300)
    /// How often it is asked what they cost.
    var costInterval: Duration = .seconds(3_600)
    var clusterNames = ScaleOpsClusterNames()
    /// What to tell the user about at the start.
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let node = root["scaleops"], try node["enabled"]?.bool() ?? true else { return }
        if node["baseUrl"] != nil || node["endpoints"] == nil { try read(node, "default") }
        for entry in try node["endpoints"]?.elements() ?? [] {
            let name = try entry.required("name", "a name by which it is chosen")
            guard try Self.isName(name.string()) else { throw name.expected("a name of letters, digits, - and _") }
            try read(entry, name.string())
        }
        currencyPrefix = try node["currencyPrefix"]?.string()
        // With a login before it and one in the midst, an answer still comes before the server gives up.
        if let timeout = try node["timeout"]?.duration(in: .seconds(1)...(.seconds(30))) { manner.deadline = timeout }
        if let count = node["concurrency"] { manner.concurrency = Int(try count.integer(in: 1...64)) }
        if let size = node["maximumAnswerMegabytes"] { manner.maximumBytes = Int(try size.integer(in: 1...1024)) << 20 }
        if let paths = node["proxy.readPaths"] { reports = try Self.paths(paths) }
        try readCosts(node)
    }

    private mutating func readCosts(_ node: ConfigurationNode) throws(ConfigurationError) {
        if let length = node["pollInterval"] {
            pollInterval = try length.duration(in: .seconds(1)...(.seconds(3_600)))
        }
        if let length = node["costInterval"] {
            costInterval = try length.duration(in: .seconds(1)...(.seconds(86_400)))
        }
        guard let clusters = node["clusters"] else { return }
        clusterNames = ScaleOpsClusterNames(try clusters.clusterNames("ScaleOps"))
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { Self.nameCharacters.contains($0) }
    }

    private static let nameCharacters = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)

    private static func paths(_ node: ConfigurationNode) throws(ConfigurationError) -> [String] {
        let paths = try node.strings()
        guard paths.allSatisfy({ $0.hasPrefix("/") && !$0.contains(where: { "?#% ".contains($0) }) }) else {
            throw node.refused("expected paths of ScaleOps such as /api/v1/dashboard/byCluster")
        }
        return paths
    }
}

// One endpoint.
extension ScaleOpsConfiguration {
    private mutating func read(_ node: ConfigurationNode, _ name: String) throws(ConfigurationError) {
        guard !endpoints.contains(where: { $0.name == name }) else {
            throw node.refused("the name \(name) stands here twice")
        }
        let url = try Self.url(node.required("baseUrl", "a URL such as https://scaleops.example.com"))
        let credentials = try credentials(node)
        if case .none = credentials {} else { warnIfOpen(url, "\(node.path).authentication") }
        endpoints.append(
            ScaleOpsEndpoint(
                name: name, baseURL: url, credentials: credentials,
                linksToDashboard: try node["linkToDashboard"]?.bool() ?? false))
    }

    private mutating func credentials(_ node: ConfigurationNode) throws(ConfigurationError) -> ScaleOpsCredentials {
        guard let found = node["authentication"], try found["enabled"]?.bool() ?? false else {
            if node["authentication"]?["enabled"] == nil, node["authentication"] != nil {
                warnings.append("\(node.path).authentication has no effect without enabled: true")
            }
            return .none
        }
        switch try found["type"]?.string() ?? "internal" {
        case "internal", "ldap":
            return .login(
                user: try found.required("user", "the name of a user").string(),
                password: try Self.secret(found, "password", "the user's password"))
        case "token":
            let token = try Self.secret(found, "token", "a bearer token")
            guard try found.required("token", "a bearer token").isSendable() else {
                throw found.refused("expected a token without white space", at: "\(found.path).token")
            }
            return .bearer(token)
        case "azure": return .azure(try azure(found))
        default:
            throw found.refused("expected internal, ldap, token or azure", at: "\(found.path).type")
        }
    }

    private mutating func azure(_ node: ConfigurationNode) throws(ConfigurationError) -> AzureApplication {
        let url: String
        if let given = node["tokenUrl"] {
            url = try Self.url(given)
            warnIfOpen(url, "\(node.path).clientSecret")
        } else {
            url = AzureApplication.tokenURL(
                tenant: try node.required("tenantId", "the id of the tenant, or a tokenUrl").string())
        }
        return AzureApplication(
            tokenURL: url, clientID: try node.required("clientId", "the id of the application").string(),
            clientSecret: try Self.secret(node, "clientSecret", "the application's secret"),
            scope: try node["scope"]?.string() ?? AzureApplication.graphScope)
    }

    private static func secret(
        _ node: ConfigurationNode, _ key: String, _ expectation: String
    ) throws(ConfigurationError) -> Secret {
        let found = try node.required(key, expectation)
        let text = try found.string()
        guard !text.isEmpty else { throw found.refused("expected \(expectation), found an empty string") }
        guard text.utf8.count >= Secret.minimumLength else {
            throw found.refused(
                "expected \(expectation) of at least \(Secret.minimumLength) bytes: a shorter one could not be covered "
                    + "where ScaleOps repeats it")
        }
        return Secret(text)
    }

    private static func url(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains(where: { "?#@ ".contains($0) })
        else { throw node.refused("expected a URL such as https://scaleops.example.com") }
        return text
    }

    private mutating func warnIfOpen(_ url: String, _ path: String) {
        guard url.hasPrefix("http://"), !HTTPRequest.isLoopback(url) else { return }
        warnings.append("\(path) goes to \(url), which is not encrypted; expected https")
    }
}

extension ConfigurationNode {
    /// Whether a header can hold this text.
    fileprivate func isSendable() throws(ConfigurationError) -> Bool {
        try string().utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
