import Access
import Actions
import Base

/// `callboard.auth.kubernetes`: which accounts of a cluster may come in with its tokens.
struct KubernetesAccessConfiguration: Sendable {
    var audiences: Set<String> = ["callboard"]
    /// The name of the cluster that is asked; nil: the one that Callboard runs in.
    var cluster: String?
    var grants: [KubernetesGrant] = []
    var limits = KubernetesTokens.Limits()

    /// Nil when it is switched off.
    init?(_ node: ConfigurationNode) throws(ConfigurationError) {
        guard try node["enabled"]?.bool() ?? true else { return nil }
        if let list = node["audiences"] {
            audiences = Set(try list.strings())
            guard !audiences.isEmpty else { throw list.expected("at least one audience") }
        }
        cluster = try node["cluster"]?.string()
        for entry in try node.required("allow", "a list of accounts").elements() {
            grants.append(try Self.grant(entry))
        }
        if let seconds = node["cacheSeconds"] { limits.lifetime = .seconds(try seconds.integer(in: 0...60)) }
    }

    private static func grant(_ entry: ConfigurationNode) throws(ConfigurationError) -> KubernetesGrant {
        for key in entry.value.objectValue?.keys ?? []
        where !["serviceAccount", "user", "group", "accessRestrictions"].contains(key) {
            throw entry.refused("unknown key \(key), expected serviceAccount, user, group or accessRestrictions")
        }
        let named = ["serviceAccount", "user", "group"].compactMap { entry[$0] }
        guard let name = named.first, named.count == 1 else {
            throw entry.refused("expected one of serviceAccount, user and group")
        }
        return KubernetesGrant(try account(name), restrictions: try Configuration.restrictions(entry))
    }

    private static func account(_ node: ConfigurationNode) throws(ConfigurationError) -> KubernetesGrant.Account {
        let text = try node.string()
        guard !text.isEmpty else { throw node.expected("a name") }
        if node.path.hasSuffix(".group") { return .group(text) }
        guard node.path.hasSuffix(".serviceAccount") else { return .user(text) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains(":") }) else {
            throw node.refused("expected namespace/name, found \"\(text)\"")
        }
        return .serviceAccount(namespace: parts[0], name: parts[1])
    }
}
