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

    /// Keys that have a meaning here, and those of Backstage that have none but harm nothing.
    private static let knownKeys: Set<String> = [
        "app.*", "organization.*", "backend.baseUrl", "backend.listen", "backend.listen.host", "backend.listen.port",
        "backend.database.client", "backend.database.connection", "backend.database.connection.host",
        "backend.database.connection.port", "backend.database.connection.user",
        "backend.database.connection.password", "backend.database.connection.database",
        "backend.database.connection.sslmode", "backend.database.pool.max",
        "backend.auth.externalAccess[].type", "backend.auth.externalAccess[].options.token",
        "backend.auth.externalAccess[].options.subject", "backend.auth.externalAccess[].accessRestrictions.*",
        "auth.session.secret", "callboard.auth.previousSecrets[]",
        "auth.clientIdMetadataDocuments.enabled", "auth.clientIdMetadataDocuments.allowedClientIdPatterns",
        "auth.clientIdMetadataDocuments.allowedClientIdPatterns[]",
        "auth.clientIdMetadataDocuments.allowedRedirectUriPatterns",
        "auth.clientIdMetadataDocuments.allowedRedirectUriPatterns[]",
        "auth.experimentalClientIdMetadataDocuments.*", "auth.experimentalDynamicClientRegistration.enabled",
        "auth.experimentalDynamicClientRegistration.allowedRedirectUriPatterns",
        "auth.experimentalDynamicClientRegistration.allowedRedirectUriPatterns[]",
        "auth.experimentalRefreshToken.enabled", "auth.experimentalRefreshToken.tokenLifetime",
        "auth.experimentalRefreshToken.tokenLifetime.*", "auth.experimentalRefreshToken.maxRotationLifetime",
        "auth.experimentalRefreshToken.maxRotationLifetime.*", "auth.experimentalRefreshToken.maxTokensPerUser",
        "callboard.auth.clients[].id", "callboard.auth.clients[].name", "callboard.auth.clients[].secret",
        "callboard.auth.clients[].redirectUris", "callboard.auth.clients[].redirectUris[]",
        "auth.environment", "auth.providers.oidc.*", "auth.providers.github.*",
        "callboard.auth.github.allowedOrganizations", "callboard.auth.github.allowedOrganizations[]",
        "callboard.auth.signIn.allow[].provider", "callboard.auth.signIn.allow[].user",
        "callboard.auth.signIn.allow[].group", "callboard.auth.signIn.allow[].email",
        "callboard.auth.signIn.allow[].emailDomain", "callboard.auth.signIn.sessionDuration",
        "callboard.auth.signIn.sessionDuration.*", "callboard.auth.signIn.kubernetes.enabled",
        "callboard.auth.signIn.kubernetes.audiences", "callboard.auth.signIn.kubernetes.audiences[]",
        "callboard.auth.signIn.kubernetes.sessionDuration", "callboard.auth.signIn.kubernetes.sessionDuration.*",
        "callboard.auth.signIn.kubernetes.resolvers[].resolver",
        "callboard.auth.signIn.kubernetes.resolvers[].allowedDomains",
        "callboard.auth.signIn.kubernetes.resolvers[].allowedDomains[]",
        "backend.auth.externalAccess[].options.secret", "backend.auth.externalAccess[].options.url",
        "backend.auth.externalAccess[].options.issuer", "backend.auth.externalAccess[].options.issuer[]",
        "backend.auth.externalAccess[].options.algorithm", "backend.auth.externalAccess[].options.algorithm[]",
        "backend.auth.externalAccess[].options.audience", "backend.auth.externalAccess[].options.audience[]",
        "backend.auth.externalAccess[].options.subjectPrefix", "backend.auth.dangerouslyDisableDefaultAuthPolicy",
        "backend.cors.origin", "backend.cors.origin[]", "backend.cors.methods", "backend.cors.methods[]",
        "backend.cors.allowedHeaders", "backend.cors.allowedHeaders[]", "backend.cors.exposedHeaders",
        "backend.cors.exposedHeaders[]", "backend.cors.credentials", "backend.cors.maxAge",
        "callboard.auth.kubernetes.enabled", "callboard.auth.kubernetes.audiences",
        "callboard.auth.kubernetes.audiences[]", "callboard.auth.kubernetes.cluster",
        "callboard.auth.kubernetes.cacheSeconds", "callboard.auth.kubernetes.allow[].serviceAccount",
        "callboard.auth.kubernetes.allow[].user", "callboard.auth.kubernetes.allow[].group",
        "callboard.auth.kubernetes.allow[].accessRestrictions.*", "callboard.auth.authorizationServers[]",
        "callboard.auth.scopes", "callboard.auth.scopes[]",
        "integrations.github[].host", "integrations.github[].token", "integrations.github[].apps.*",
        "integrations.github[].apiBaseUrl", "integrations.github[].rawBaseUrl", "catalog.providers.github.*",
        "catalog.locations[].type", "catalog.locations[].target", "catalog.locations[].rules[].allow",
        "catalog.locations[].rules[].allow[]", "catalog.locations[].rules[].locations[].type",
        "catalog.locations[].rules[].locations[].exact", "catalog.locations[].rules[].locations[].pattern",
        "catalog.rules[].allow", "catalog.rules[].allow[]", "catalog.rules[].locations[].type",
        "catalog.rules[].locations[].exact", "catalog.rules[].locations[].pattern", "catalog.orphanStrategy",
        "catalog.readonly", "catalog.processingInterval", "catalog.processingInterval.*", "mcpActions.name",
        "mcpActions.description",
        "mcpActions.instructions", "callboard.kubernetes.clusterName", "callboard.kubernetes.context",
        "callboard.kubernetes.contexts", "callboard.kubernetes.contexts[]",

        "callboard.kubernetes.clusterSecrets.namespace", "callboard.kubernetes.events",
        "callboard.kubernetes.credentials[].cluster",
        "callboard.kubernetes.credentials[].url", "callboard.kubernetes.credentials[].serviceAccountToken",
        "callboard.kubernetes.credentials[].tokenFile", "callboard.kubernetes.credentials[].caData",
        "callboard.kubernetes.credentials[].caFile", "callboard.kubernetes.credentials[].skipTLSVerify",
        "callboard.kubernetes.objects.deadline",
        "callboard.kubernetes.objects.cacheTime", "callboard.kubernetes.objects.cacheMegabytes",
        "callboard.kubernetes.objects.answerMegabytes", "callboard.kubernetes.objects.answerObjects",
        "callboard.kubernetes.objects.concurrency", "callboard.kubernetes.objects.inFlightMegabytes",
        "callboard.kubernetes.workloads[].group",
        "callboard.kubernetes.workloads[].version", "callboard.kubernetes.workloads[].plural",
        "callboard.kubernetes.workloads[].kind", "callboard.kubernetes.workloads[].namespaced",
        "callboard.kubernetes.workloads[].paths.*", "callboard.leaderElection.enabled",
        "callboard.leaderElection.namespace", "callboard.leaderElection.leaseDuration",
        "callboard.leaderElection.renewDeadline", "callboard.leaderElection.retryPeriod",
        "callboard.leaderElection.warmStandby", "kubernetes.serviceLocatorMethod.type", "kubernetes.objectTypes[]",
        "kubernetes.apiVersionOverrides.*", "kubernetes.customResources[].group",
        "kubernetes.customResources[].apiVersion", "kubernetes.customResources[].plural",
        "kubernetes.clusterLocatorContinueOnError", "kubernetes.clusterLocatorMethods[].type",
        "kubernetes.clusterLocatorMethods[].clusters[].name", "kubernetes.clusterLocatorMethods[].clusters[].title",
        "kubernetes.clusterLocatorMethods[].clusters[].url",
        "kubernetes.clusterLocatorMethods[].clusters[].authProvider",
        "kubernetes.clusterLocatorMethods[].clusters[].authMetadata.*",
        "kubernetes.clusterLocatorMethods[].clusters[].serviceAccountToken",
        "kubernetes.clusterLocatorMethods[].clusters[].oidcTokenProvider",
        "kubernetes.clusterLocatorMethods[].clusters[].skipTLSVerify",
        "kubernetes.clusterLocatorMethods[].clusters[].skipMetricsLookup",
        "kubernetes.clusterLocatorMethods[].clusters[].caData", "kubernetes.clusterLocatorMethods[].clusters[].caFile",
        "kubernetes.clusterLocatorMethods[].clusters[].dashboardUrl",
        "kubernetes.clusterLocatorMethods[].clusters[].dashboardApp",
        "kubernetes.clusterLocatorMethods[].clusters[].dashboardParameters.*",
        "kubernetes.clusterLocatorMethods[].clusters[].customResources[].group",
        "kubernetes.clusterLocatorMethods[].clusters[].customResources[].apiVersion",
        "kubernetes.clusterLocatorMethods[].clusters[].customResources[].plural", "kubernetes.frontend.*",
        "callboard.catalog.configMaps.enabled", "callboard.catalog.configMaps.namespaces",
        "callboard.catalog.configMaps.namespaces[]", "callboard.catalog.canonical[].name",
        "callboard.catalog.canonical[].location.type", "callboard.catalog.canonical[].location.target",
        "callboard.catalog.canonical[].frequency", "callboard.catalog.canonical[].frequency.*",
        "callboard.catalog.canonical[].onConflict", "callboard.catalog.canonical[].deletionLimit",
        "callboard.catalog.canonical[].defaults.owner", "callboard.catalog.canonical[].defaults.system",
        "callboard.catalog.canonical[].defaults.type", "callboard.catalog.canonical[].defaults.lifecycle",
        "callboard.catalog.canonical[].defaults.namespace", "callboard.catalog.canonical[].aliases.*",
        "callboard.costs.currency", "callboard.costs.interval",
        "callboard.costs.prices.perCoreHour", "callboard.costs.prices.perGiBHour", "callboard.costs.prices.perGPUHour",
        "callboard.costs.prices.spot.perCoreHour", "callboard.costs.prices.spot.perGiBHour",
        "callboard.costs.prices.spot.perGPUHour", "callboard.costs.prices.instanceTypes[].type",
        "callboard.costs.prices.instanceTypes[].region", "callboard.costs.prices.instanceTypes[].spot",
        "callboard.costs.prices.instanceTypes[].perHour", "callboard.costs.prices.nodes.*",
        "callboard.costs.prices.discountPercent", "callboard.costs.prices.storagePerGiBHour",
        "callboard.costs.prices.loadBalancerPerHour",
        "callboard.costs.budgets[].scope.kind", "callboard.costs.budgets[].scope.ref",
        "callboard.costs.budgets[].amount", "callboard.costs.budgets[].warnAt[]",
        "callboard.costs.rollUpInterval", "callboard.costs.primary", "callboard.costs.primaryByCluster.*",
        "callboard.costs.retention.hourlyDays", "callboard.costs.retention.dailyDays",
        "callboard.costs.backfillDays",
        "callboard.costs.usage.interval", "callboard.costs.usage.interval.*",
        "callboard.costs.sizing.interval", "callboard.costs.sizing.interval.*",
        "callboard.costs.sizing.minimumPodCPU", "callboard.costs.sizing.minimumPodMemory",
        "callboard.costs.prometheus.url", "callboard.costs.prometheus.token",
        "callboard.costs.prometheus.clusterLabel", "callboard.costs.prometheus.cluster",
        "callboard.costs.prometheus.timeout", "callboard.costs.prometheus.timeout.*",
        "callboard.costs.prometheus[].url", "callboard.costs.prometheus[].token",
        "callboard.costs.prometheus[].clusterLabel", "callboard.costs.prometheus[].cluster",
        "callboard.costs.prometheus[].timeout", "callboard.costs.prometheus[].timeout.*",
        "callboard.notifications[].name", "callboard.notifications[].url", "callboard.notifications[].format",
        "callboard.notifications[].headers.*", "callboard.notifications[].secret", "callboard.notifications[].events",
        "callboard.notifications[].events[]", "callboard.notifications[].scope.kind",
        "callboard.notifications[].scope.ref", "callboard.notifications[].report.schedule",
        "callboard.notifications[].report.weekday", "callboard.notifications[].report.hour",
        "callboard.notifications[].costJump.percent", "callboard.notifications[].costJump.minimumDailyAmount",
        "callboard.notifications[].costJump.by", "callboard.notifications[].recommendation.minimumMonthlySaving",
        "callboard.mcp.allowedOrigins", "callboard.mcp.allowedOrigins[]", "callboard.mcp.allowedHosts",
        "callboard.mcp.allowedHosts[]",
        "mcpActions.namespacedToolNames", "mcpActions.servers.*", "backend.actions.pluginSources",
        "backend.actions.pluginSources[]", "backend.actions.filter.*",
        "callboard.audit.retention", "callboard.audit.retention.*", "callboard.audit.minimumSeverity",
        "callboard.audit.reads", "callboard.audit.arguments", "mcpActions.tracing.capture.toolPayload",
        "backend.rateLimit", "backend.rateLimit.window", "backend.rateLimit.window.*",
        "backend.rateLimit.incomingRequestLimit", "backend.rateLimit.ipAllowList", "backend.rateLimit.ipAllowList[]",
        "backend.rateLimit.skipSuccessfulRequests", "backend.rateLimit.skipFailedRequests",
        "backend.rateLimit.passOnStoreError", "backend.rateLimit.global", "callboard.auth.failuresPerMinute",
        "callboard.mcp.rateLimit.limit", "callboard.mcp.rateLimit.window", "callboard.mcp.rateLimit.window.*",
        "callboard.trustedProxies", "callboard.trustedProxies[]",
        "scaleops.pollInterval", "scaleops.pollInterval.*", "scaleops.costInterval", "scaleops.costInterval.*",
        "scaleops.clusters.*",
        "scaleops.enabled", "scaleops.currencyPrefix", "scaleops.timeout", "scaleops.timeout.*",
        "scaleops.concurrency", "scaleops.maximumAnswerMegabytes", "scaleops.proxy.readPaths",
        "scaleops.proxy.readPaths[]", "scaleops.baseUrl", "scaleops.linkToDashboard",
        "scaleops.authentication.enabled", "scaleops.authentication.type", "scaleops.authentication.user",
        "scaleops.authentication.password", "scaleops.authentication.token", "scaleops.authentication.tenantId",
        "scaleops.authentication.clientId", "scaleops.authentication.clientSecret", "scaleops.authentication.scope",
        "scaleops.authentication.tokenUrl", "scaleops.endpoints[].name", "scaleops.endpoints[].baseUrl",
        "scaleops.endpoints[].linkToDashboard", "scaleops.endpoints[].authentication.enabled",
        "scaleops.endpoints[].authentication.type", "scaleops.endpoints[].authentication.user",
        "scaleops.endpoints[].authentication.password", "scaleops.endpoints[].authentication.token",
        "scaleops.endpoints[].authentication.tenantId", "scaleops.endpoints[].authentication.clientId",
        "scaleops.endpoints[].authentication.clientSecret", "scaleops.endpoints[].authentication.scope",
        "scaleops.endpoints[].authentication.tokenUrl",

        "opencost.enabled", "opencost.url", "opencost.pathPrefix", "opencost.token", "opencost.timeout",
        "opencost.timeout.*", "opencost.clusters.*", "opencost.pollInterval", "opencost.pollInterval.*",
        "opencost.maximumAnswerMegabytes", "opencost.endpoints[].name", "opencost.endpoints[].url",
        "opencost.endpoints[].pathPrefix", "opencost.endpoints[].token", "opencost.endpoints[].timeout",
        "opencost.endpoints[].timeout.*", "opencost.endpoints[].clusters.*",

        "kubernetesIngestor.enabled", "kubernetesIngestor.annotationPrefix", "kubernetesIngestor.defaultOwner",
        "kubernetesIngestor.inheritOwnerFromNamespace", "kubernetesIngestor.argoIntegration",
        "kubernetesIngestor.allowedClusterNames", "kubernetesIngestor.allowedClusterNames[]",
        "kubernetesIngestor.clusterNameMapping.mode", "kubernetesIngestor.clusterNameMapping.sourcePrefix",
        "kubernetesIngestor.clusterNameMapping.targetPrefix", "kubernetesIngestor.clusterNameMapping.mappings.*",
        "kubernetesIngestor.mappings.namespaceModel", "kubernetesIngestor.mappings.nameModel",
        "kubernetesIngestor.mappings.titleModel", "kubernetesIngestor.mappings.systemModel",
        "kubernetesIngestor.mappings.referencesNamespaceModel", "kubernetesIngestor.components.enabled",
        "kubernetesIngestor.components.ingestAsResources", "kubernetesIngestor.components.onlyIngestAnnotatedResources",
        "kubernetesIngestor.components.excludedNamespaces", "kubernetesIngestor.components.excludedNamespaces[]",
        "kubernetesIngestor.components.disableDefaultWorkloadTypes",
        "kubernetesIngestor.components.customWorkloadTypes[].group",
        "kubernetesIngestor.components.customWorkloadTypes[].apiVersion",
        "kubernetesIngestor.components.customWorkloadTypes[].plural",
        "kubernetesIngestor.components.customWorkloadTypes[].singular",
        "kubernetesIngestor.components.customWorkloadTypes[].defaultType",
        "kubernetesIngestor.components.customWorkloadTypes[].ingestAsResources",
        "kubernetesIngestor.components.taskRunner.*", "kubernetesIngestor.apiFetch.allowedHosts",
        "kubernetesIngestor.apiFetch.allowedHosts[]", "kubernetesIngestor.allowAllClusters",
        "kubernetesIngestor.events.*", "kubernetesIngestor.crossplane.*", "kubernetesIngestor.kro.*",
        "kubernetesIngestor.genericCRDTemplates.*", "kubernetesIngestor.ingestAPIsAsCRDs",
    ]

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
