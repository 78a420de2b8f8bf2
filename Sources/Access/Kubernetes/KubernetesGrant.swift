package import Actions

/// Whom of a cluster's accounts lets in, and to what: an entry of `callboard.auth.kubernetes.allow`.
package struct KubernetesGrant: Sendable, Hashable {
    package enum Account: Sendable, Hashable {
        /// The name of a user, as the API server says it.
        case user(String)
        case group(String)

        /// A ServiceAccount, whose user name has this form.
        package static func serviceAccount(namespace: String, name: String) -> Account {
            .user("system:serviceaccount:\(namespace):\(name)")
        }
    }

    package let account: Account
    /// Nil: everything.
    package let restrictions: [AccessRestriction]?

    package init(_ account: Account, restrictions: [AccessRestriction]? = nil) {
        self.account = account
        self.restrictions = restrictions
    }

    func isFor(_ user: KubernetesUser) -> Bool {
        switch account {
        case .user(let name): user.name == name
        case .group(let name): user.groups.contains(name)
        }
    }
}

extension [KubernetesGrant] {
    /// What a user may do by all grants together; nil: nobody lets the user in.
    func access(of user: KubernetesUser) -> KubernetesAccess? {
        let own = filter { $0.isFor(user) }
        guard !own.isEmpty else { return nil }
        guard own.allSatisfy({ $0.restrictions != nil }) else { return .everything }
        return .restricted(own.flatMap { $0.restrictions ?? [] })
    }
}

/// What a caller from a cluster may do.
enum KubernetesAccess: Sendable, Hashable {
    case everything
    case restricted([AccessRestriction])

    /// The permissions that the cluster's own rules decide about too.
    var decidedByCluster: [Permission] {
        let caller = Caller(subject: "", restrictions: restrictions)
        return ClusterRule.all.map(\.permission).filter(caller.may)
    }

    var restrictions: [AccessRestriction]? {
        if case .restricted(let list) = self { list } else { nil }
    }

    /// The same without these permissions.
    func without(_ permissions: Set<Permission>) -> [AccessRestriction]? {
        guard !permissions.isEmpty else { return restrictions }
        let plugins = Set(Permission.all.map(\.plugin))
        let whole = plugins.sorted().map { AccessRestriction(plugin: $0, permissions: nil, attributes: nil) }
        return (restrictions ?? whole).map { restriction in
            let own = permissions.filter { $0.plugin == restriction.plugin }
            guard !own.isEmpty else { return restriction }
            let names =
                restriction.permissions
                ?? Set(
                    Permission.all.filter { $0.plugin == restriction.plugin }.map(\.name))
            return AccessRestriction(
                plugin: restriction.plugin, permissions: names.subtracting(own.map(\.name)),
                attributes: restriction.attributes)
        }
    }
}
