package import Actions

/// What a token may be for. A client asks for some, a person agrees, and the token is held to them.
package enum OAuthScope: String, Sendable, Hashable, CaseIterable {
    case readCatalog = "catalog:read"
    case readCosts = "costs:read"
    case readWorkloads = "kubernetes:read"
    /// Reading the catalog too.
    case writeCatalog = "catalog:write"
    /// Everything that an action may do, but what needs to be given by name.
    case runActions = "actions:run"
    /// Who the person is; gives an id_token.
    case openID = "openid"
    /// A refresh token.
    case offlineAccess = "offline_access"

    /// What a client gets that asks for nothing that gives access.
    package static let basic: [OAuthScope] = [.readCatalog, .readCosts, .readWorkloads]

    /// For the person who is asked.
    package var meaning: String {
        switch self {
        case .readCatalog: "Read the catalog"
        case .readCosts: "Read costs, budgets and recommendations"
        case .readWorkloads: "Read workloads and their clusters"
        case .writeCatalog: "Register, refresh and remove what is in the catalog"
        case .runActions: "Run every action, also those that change something"
        case .openID: "Know who you are"
        case .offlineAccess: "Keep this access while you are away, for a limited time"
        }
    }

    /// What was asked for, in our order, with the basic ones when none of it gives access. Those that we do not have are
    /// passed over: a client finds out by the answer's `scope`.
    ///
    /// - Throws: ``OAuthError`` `invalid_scope` when none is ours.
    static func granted(_ text: String?, offline: Bool) throws(OAuthError) -> [OAuthScope] {
        let names = Set((text ?? "").split(separator: " ").map(String.init))
        var scopes = allCases.filter { names.contains($0.rawValue) }
        guard names.isEmpty || !scopes.isEmpty else {
            throw OAuthError(.invalidScope, "expected some of " + allCases.map(\.rawValue).joined(separator: ", "))
        }
        if !offline { scopes.removeAll { $0 == .offlineAccess } }
        return scopes.allSatisfy { $0.given.isEmpty } ? basic + scopes : scopes
    }

    /// The restrictions that a token with these scopes is held to.
    static func restrictions(of scopes: some Sequence<OAuthScope>) -> [AccessRestriction] {
        var permissions: [String: Set<String>?] = [:]
        for scope in scopes {
            for (plugin, names) in scope.given {
                let earlier = permissions[plugin, default: Set<String>()]
                permissions.updateValue(names.flatMap { names in earlier.map(names.union) }, forKey: plugin)
            }
        }
        return permissions.sorted { $0.key < $1.key }.map {
            AccessRestriction(plugin: $0.key, permissions: $0.value, attributes: nil)
        }
    }

    /// The narrowest scopes that give all these permissions; nil when there is one that no scope gives.
    package static func giving(_ permissions: [Permission]) -> [OAuthScope]? {
        var needed: Set<OAuthScope> = []
        for permission in permissions {
            let giver = allCases.first { scope in
                Caller(subject: "", restrictions: restrictions(of: [scope])).may(permission)
            }
            guard let giver else { return nil }
            needed.insert(giver)
        }
        return allCases.filter(needed.contains)
    }

    /// Names of permissions by plugin; nil for all that do not need to be given by name.
    private var given: [String: Set<String>?] {
        switch self {
        case .readCatalog:
            Self.named([.readEntities, .readLocations, .validateEntities, .analyzeLocations])
        case .readCosts: Self.named([.readCosts, .readScaleOps])
        case .readWorkloads: Self.named([.readWorkloads, .readSources, .readClusters, .readClusterObjects])
        case .writeCatalog: ["catalog": nil]
        case .runActions: Dictionary(Permission.all.map { ($0.plugin, nil) }) { first, _ in first }
        case .openID, .offlineAccess: [:]
        }
    }

    private static func named(_ permissions: [Permission]) -> [String: Set<String>?] {
        Dictionary(grouping: permissions, by: \.plugin).mapValues { Set($0.map(\.name)) }
    }
}
