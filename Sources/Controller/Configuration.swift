import API
import Access
import Actions
import Base
import Costs
import MCP
import Reconcilers
import Store

/// Everything that is to be set, read from the configuration files with each key's type checked.
struct Configuration {
    var host = "0.0.0.0"
    var port = 7007
    var database: PostgresPool.Configuration
    var tokens: [StaticToken] = []
    var keys = KeyRing.ephemeral()
    /// Nil: persons cannot sign in in browsers.
    var signIn: SignInConfiguration?
    var access = AccessConfiguration()
    /// Nil: nobody gets tokens here.
    var oauth: OAuthConfiguration?
    var catalog = CatalogConfiguration()
    var clusters = ClustersConfiguration()
    var leadership = LeadershipConfiguration()
    var github = GitHubConfiguration()
    var scaleOps = ScaleOpsConfiguration()
    var openCost = OpenCostConfiguration()
    var ingestion = IngestionConfiguration()
    var prices = EstimatePrices()
    var costInterval: Duration = .seconds(30)
    var budgets: [ScopedBudget] = []
    var costRollUp = CostRollUp.Settings()
    var usage = UsageConfiguration()
    var notifications = NotificationsConfiguration()
    var mcp = MCPConfiguration(version: programVersion)
    var actions = ActionsConfiguration()
    var audit = AuditConfiguration()
    var limits = RequestLimitSettings()
    /// What to tell the user about at the start.
    var warnings: [String] = []

    /// - Throws: `ConfigurationError` for the first value that cannot be used.
    init(_ root: ConfigurationNode, environment: (String) -> String? = environmentVariable) throws(ConfigurationError) {
        database = try Self.database(root, environment)
        try readListen(root)
        tokens = try Self.tokens(root)
        keys = try Self.keys(root)
        signIn = try SignInConfiguration(root, keys: keys)
        warnings += signIn?.warnings ?? []
        access = try AccessConfiguration(root)
        warnings += access.warnings
        oauth = try Self.oauth(root, keys: keys, signIn: signIn, access: access)
        if let oauth {
            access.authorizationServers.insert(oauth.issuer, at: 0)
            if root["callboard.auth.scopes"] == nil { access.scopes = OAuthScope.basic.map(\.rawValue) }
        }
        catalog = try CatalogConfiguration(root)
        warnings += catalog.warnings
        clusters = try ClustersConfiguration(root)
        leadership = try LeadershipConfiguration(root)
        github = try GitHubConfiguration(root)
        warnings += github.warnings
        scaleOps = try ScaleOpsConfiguration(root)
        warnings += scaleOps.warnings
        openCost = try OpenCostConfiguration(root)
        warnings += openCost.warnings
        ingestion = try IngestionConfiguration(root)
        warnings += ingestion.warnings
        try readCosts(root)
        costRollUp = try CostRollUp.Settings(root, sources: costSources)
        usage = try UsageConfiguration(root)
        warnings += usage.warnings
        notifications = try NotificationsConfiguration(root)
        warnings += notifications.warnings
        try readMCP(root)
        actions = try Self.actions(root)
        audit = try AuditConfiguration(root)
        limits = try RequestLimitSettings(root)
        warnings += try root.unknownKeys(known: Self.knownKeys).map { "unknown configuration key \($0) is ignored" }
        warnings += Self.unsetVariables(root)
        if tokens.isEmpty && !access.letsIn && oauth == nil {
            warnings.append("backend.auth.externalAccess has no token, so nobody can use the API")
        }
    }

    /// Those that tell something here.
    private var costSources: Set<CostSource> {
        var sources: Set<CostSource> = [.estimate]
        if !scaleOps.endpoints.isEmpty { sources.insert(.scaleops) }
        if !openCost.endpoints.isEmpty { sources.insert(.opencost) }
        return sources
    }

    /// A key of ours that is left out because its variable is not set; one that is needed has been refused before.
    private static func unsetVariables(_ root: ConfigurationNode) -> [String] {
        root.missingVariables.sorted { $0.key < $1.key }.filter { knownKeys.contains($0.key) }.map {
            "\($0.key) is ignored: the environment variable \($0.value) is not set"
        }
    }

    private static func database(
        _ root: ConfigurationNode, _ environment: (String) -> String?
    ) throws(ConfigurationError) -> PostgresPool.Configuration {
        var configuration: PostgresPool.Configuration
        if let uri = environment("DATABASE_URL"), !uri.isEmpty {
            if let problem = PostgresPool.Configuration.problem(ofURI: uri) {
                throw ConfigurationError(path: "DATABASE_URL", location: "environment", detail: problem)
            }
            configuration = PostgresPool.Configuration(uri: uri)
        } else {
            let connection = try root.required(
                "backend.database.connection",
                "a connection URI, or host, port, user, password and database "
                    + "(or the environment variable DATABASE_URL)")
            configuration = try Self.connection(connection)
        }
        if let size = root["backend.database.pool.max"] { configuration.size = Int(try size.integer(in: 1...100)) }
        return configuration
    }

    private static func connection(_ node: ConfigurationNode) throws(ConfigurationError) -> PostgresPool.Configuration {
        if case .string(let uri) = node.value {
            if let problem = PostgresPool.Configuration.problem(ofURI: uri) { throw node.refused(problem) }
            return PostgresPool.Configuration(uri: uri)
        }
        var keywords: [(String, String)] = [("host", try node.required("host", "a host name").string())]
        if let port = node["port"] { keywords.append(("port", String(try port.integer(in: 1...65535)))) }
        for (key, keyword) in [
            ("user", "user"), ("password", "password"), ("database", "dbname"), ("sslmode", "sslmode"),
        ] {
            if let value = node[key] { keywords.append((keyword, try value.string())) }
        }
        return PostgresPool.Configuration(keywords: keywords)
    }

    /// `7007`, `:7007`, `host:7007`, or an object.
    private mutating func readListen(_ root: ConfigurationNode) throws(ConfigurationError) {
        guard let listen = root["backend.listen"] else { return }
        switch listen.value {
        case .string(let text): try readAddress(text, listen)
        case .object:
            host = try listen["host"]?.string() ?? host
            if let node = listen["port"] { port = Int(try node.integer(in: 0...65535)) }
        default: port = Int(try listen.integer(in: 0...65535))
        }
    }

    private mutating func readAddress(_ text: String, _ node: ConfigurationNode) throws(ConfigurationError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var name = parts.dropLast().joined(separator: ":")
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        if isBracketed { name = String(name.dropFirst().dropLast()) }
        guard let digits = parts.last, let number = UInt16(digits), isBracketed || !name.contains(":") else {
            throw node.expected("an address such as :7007, 127.0.0.1:7007 or [::1]:7007")
        }
        if !name.isEmpty { host = name }
        port = Int(number)
    }

    private mutating func readCosts(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let interval = root["callboard.costs.interval"] {
            costInterval = .seconds(try interval.integer(in: 1...3600))
        }
        let reader = try PriceReader(root)
        prices = reader.prices
        warnings += reader.warnings
        budgets = try Self.budgets(root, currency: prices.currency)
    }

    private mutating func readMCP(_ root: ConfigurationNode) throws(ConfigurationError) {
        mcp.name = try root["mcpActions.name"]?.string() ?? mcp.name
        mcp.description = try root["mcpActions.description"]?.string()
        mcp.instructions = try root["mcpActions.instructions"]?.string()
        mcp.origins = OriginPolicy(
            origins: (try root["callboard.mcp.allowedOrigins"]?.strings() ?? []) + access.origins,
            hosts: try root["callboard.mcp.allowedHosts"]?.strings() ?? [])
    }
}
