package import Base

/// What somebody may be allowed to do, in Backstage's terms: a plugin, a name, and whether it creates, reads, updates or
/// deletes.
package struct Permission: Sendable, Hashable {
    package enum Attribute: String, Sendable, CaseIterable { case create, read, update, delete }

    package let plugin: String
    package let name: String
    /// Nil: none of these.
    package let attribute: Attribute?

    package static let readEntities = catalog("entity.read", .read)
    package static let deleteEntities = catalog("entity.delete", .delete)
    package static let refreshEntities = catalog("entity.refresh", .update)
    package static let validateEntities = catalog("entity.validate", nil)
    package static let readLocations = catalog("location.read", .read)
    /// Changing one too.
    package static let createLocations = catalog("location.create", .create)
    package static let deleteLocations = catalog("location.delete", .delete)
    package static let analyzeLocations = catalog("location.analyze", nil)
    package static let readWorkloads = Permission(
        plugin: "callboard", name: "callboard.workload.read", attribute: .read)
    package static let readCosts = Permission(plugin: "callboard", name: "callboard.cost.read", attribute: .read)
    package static let readSources = Permission(plugin: "callboard", name: "callboard.source.read", attribute: .read)
    /// Having a source applied now, also what it would refuse by itself.
    package static let applySources = Permission(
        plugin: "callboard", name: "callboard.source.apply", attribute: .update)
    package static let readClusters = Permission(
        plugin: "kubernetes", name: "kubernetes.clusters.read", attribute: .read)
    package static let readClusterObjects = Permission(
        plugin: "kubernetes", name: "kubernetes.resources.read", attribute: .read)
    /// What ScaleOps can be asked without changing anything there.
    package static let readScaleOps = Permission(plugin: "scaleops", name: "scaleops.proxy.read", attribute: .read)
    /// Anything else that ScaleOps can be told with Callboard's credentials. Nobody has it unless it is given by name.
    package static let writeScaleOps = Permission(plugin: "scaleops", name: "scaleops.proxy.write", attribute: .update)

    /// Who did what. Nobody has it unless it is given by name.
    package static let readAudit = Permission(plugin: "callboard", name: "callboard.audit.read", attribute: .read)

    /// Which access persons gave to programs. Nobody has it unless it is given by name, nor the next.
    package static let readGrants = Permission(plugin: "callboard", name: "callboard.grant.read", attribute: .read)
    /// Ending such access.
    package static let endGrants = Permission(plugin: "callboard", name: "callboard.grant.delete", attribute: .delete)

    /// Every permission there is, for checking configured names.
    package static let all: [Permission] = [
        readEntities, deleteEntities, refreshEntities, validateEntities, readLocations, createLocations,
        deleteLocations, analyzeLocations, readWorkloads, readCosts, readSources, applySources, readClusters,
        readClusterObjects, readScaleOps, writeScaleOps, readAudit, readGrants, endGrants,
    ]

    private static func catalog(_ name: String, _ attribute: Attribute?) -> Permission {
        Permission(plugin: "catalog", name: "catalog.\(name)", attribute: attribute)
    }
}

/// One entry of `accessRestrictions` in Backstage's configuration: the caller may use this plugin, and within it only
/// what the lists allow.
package struct AccessRestriction: Sendable, Hashable {
    package let plugin: String
    /// Names of permissions; nil for all.
    package let permissions: Set<String>?
    /// Nil for all.
    package let attributes: Set<Permission.Attribute>?

    package init(plugin: String, permissions: Set<String>?, attributes: Set<Permission.Attribute>?) {
        self.plugin = plugin
        self.permissions = permissions
        self.attributes = attributes
    }

    func allows(_ permission: Permission) -> Bool {
        plugin == permission.plugin && permissions?.contains(permission.name) ?? true
            && attributes.map { attributes in permission.attribute.map(attributes.contains) ?? false } ?? true
    }
}

/// Who asks.
package struct Caller: Sendable, Hashable {
    /// The name for logs and audit, such as `external:ci`. Not a secret.
    package let subject: String
    /// What the caller is held to; nil for everything.
    package let restrictions: [AccessRestriction]?
    /// The user entity of a person, such as `user:default/ann`; nil for programs and for people whom the catalog has not.
    package let userEntityRef: String?
    /// When what the caller came in with stops being good; nil when it does not say.
    package let expires: Timestamp?
    /// Whether the caller has what a person agreed to, who could agree to more.
    package let canAskForMore: Bool

    package init(
        subject: String, restrictions: [AccessRestriction]? = nil, userEntityRef: String? = nil,
        expires: Timestamp? = nil, canAskForMore: Bool = false
    ) {
        self.subject = subject
        self.restrictions = restrictions
        self.userEntityRef = userEntityRef
        self.expires = expires
        self.canAskForMore = canAskForMore
    }

    /// Whether the caller has the permission.
    package func may(_ permission: Permission) -> Bool {
        restrictions?.contains { $0.allows(permission) } ?? true
    }

    /// Whether the caller has a permission to read, for whom everything else is as if it were not there.
    ///
    /// - Throws: `ActionError` of kind `notAllowed` when the token is held to other plugins, in Backstage's words.
    package func sees(_ permission: Permission) throws(ActionError) -> Bool {
        let plugins = Set(restrictions?.map(\.plugin) ?? [permission.plugin])
        guard plugins.contains(permission.plugin) else {
            let names = plugins.sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw ActionError(.notAllowed, "This token's access is restricted to plugin(s) \(names)")
        }
        return may(permission)
    }

    /// Refuses a caller without the permission.
    ///
    /// - Throws: `ActionError` of kind `notAllowed`.
    package func check(_ permission: Permission) throws(ActionError) {
        guard try !sees(permission) else { return }
        throw ActionError(.notAllowed, "This token's access does not include the permission \(permission.name)")
    }
    /// Refuses a caller to whom the permission is not given by its name: for what even a token for everything may not do.
    ///
    /// - Throws: `ActionError` of kind `notAllowed`.
    package func checkNamed(_ permission: Permission) throws(ActionError) {
        if restrictions != nil { try check(permission) }
        let isNamed = restrictions?.contains {
            $0.permissions?.contains(permission.name) == true && $0.allows(permission)
        }
        guard isNamed != true else { return }
        throw ActionError(
            .notAllowed,
            "This needs a token whose accessRestrictions name the permission \(permission.name) of the plugin "
                + permission.plugin)
    }
}
