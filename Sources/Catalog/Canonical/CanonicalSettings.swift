/// One canonical file as it is configured: what its entities get that it does not say, and what happens when they meet
/// others. An element of `callboard.catalog.canonical`.
package struct CanonicalSettings: Sendable, Hashable {
    /// What becomes of an entity that another location has already.
    package enum ConflictRule: String, Sendable, CaseIterable {
        /// The other location's definition stays alone in use, and the conflict is shown.
        case `defer`
        /// Nothing of the file is used until the conflict is gone.
        case fail
    }

    /// The part after `canonical:` in its location.
    package let name: String
    package var onConflict = ConflictRule.defer
    /// The largest share of what the file gave before that one run may remove without being forced, 0 to 1.
    package var deletionLimit = 0.5
    /// Refs as `spec.owner` and `spec.system` hold them; the system is created when nobody defines it.
    package var owner = "unknown"
    package var system: String?
    package var type = "service"
    package var lifecycle = "production"
    package var namespace = EntityRef.defaultNamespace
    /// Names of entities, by the key in the file (`liquidation_heatmap`) or its path (`mcp.servers.claude-flow`).
    package var aliases: [String: String] = [:]

    package init(name: String) { self.name = name }

    /// Where its entities are managed, `canonical:<name>`.
    package var location: String { Self.prefix + name }

    private static let prefix = "canonical:"

    /// The name in a location; nil for any other location.
    package static func name(of location: String) -> String? {
        location.hasPrefix(prefix) ? String(location.dropFirst(prefix.count)) : nil
    }

    /// Whether a text can be the name of a canonical file.
    package static func isName(_ text: String) -> Bool { FieldFormat.entityName.accepts(text) }

    /// Whether a text can be the name of an entity, as an alias gives it.
    package static func isEntityName(_ text: String) -> Bool { FieldFormat.entityName.accepts(text) }

    /// Whether a text can be a namespace.
    package static func isNamespace(_ text: String) -> Bool { FieldFormat.namespace.accepts(text) }
}
