import API
import Actions
import Base
import Catalog

extension Configuration {
    /// Which actions agents are offered, in Backstage's words.
    ///
    /// - Throws: `ConfigurationError` for the first value that cannot be used. What narrows must not count as absent.
    static func actions(_ root: ConfigurationNode) throws(ConfigurationError) -> ActionsConfiguration {
        var actions = ActionsConfiguration()
        if let backend = root["backend.actions"] {
            actions.pluginSources = try backend.member("pluginSources", "a list of plugins' ids")
                .map { node throws(ConfigurationError) in Set(try node.strings()) }
            actions.filter = try filter(backend)
        }
        if let node = root["mcpActions.namespacedToolNames"] { actions.hasNamespacedNames = try node.bool() }
        guard let servers = root["mcpActions.servers"] else { return actions }
        guard servers.value.objectValue != nil else { throw servers.expected("an object of servers by key") }
        for (key, node) in servers.members { actions.servers.append(try server(key, node)) }
        return actions
    }

    private static func server(
        _ key: String, _ node: ConfigurationNode
    ) throws(ConfigurationError) -> ActionsConfiguration.Server {
        guard ActionsConfiguration.Server.isUsable(key: key) else {
            throw node.refused(
                "Invalid MCP server key \"\(key)\": must be lowercase alphanumeric with hyphens, and not sse")
        }
        try node.refuseOtherKeys(than: ["name", "description", "instructions", "filter"])
        let name = try node.required("name", "the server's name")
        var server = ActionsConfiguration.Server(key: key, name: try name.string())
        server.description = try node["description"]?.string()
        server.instructions = try node["instructions"]?.string()
        server.filter = try filter(node)
        return server
    }

    /// The member `filter` of a node.
    private static func filter(_ parent: ConfigurationNode) throws(ConfigurationError) -> ActionFilter {
        var filter = ActionFilter()
        guard let node = try parent.member("filter", "an object with include and exclude") else { return filter }
        try node.refuseOtherKeys(than: ["include", "exclude"])
        filter.include = try node.member("include", "a list of rules").map(rules)
        filter.exclude = try node.member("exclude", "a list of rules").map(rules) ?? []
        return filter
    }

    private static func rules(_ node: ConfigurationNode) throws(ConfigurationError) -> [ActionRule] {
        var rules: [ActionRule] = []
        for element in try node.elements() { rules.append(try rule(element)) }
        return rules
    }

    private static func rule(_ node: ConfigurationNode) throws(ConfigurationError) -> ActionRule {
        try node.refuseOtherKeys(than: ["id", "attributes"])
        var rule = ActionRule()
        if let id = try node.member("id", "a form of ids such as catalog:*") {
            let text = try id.string()
            guard let glob = Glob(text), !text.isEmpty else {
                throw id.refused("expected a form of ids such as catalog:*")
            }
            rule.id = glob
        }
        guard let attributes = try node.member("attributes", "destructive, readOnly or idempotent") else {
            guard rule.id != nil else { throw node.refused("expected id or attributes in this rule") }
            return rule
        }
        try attributes.refuseOtherKeys(than: ["destructive", "readOnly", "idempotent"])
        func flag(_ key: String) throws(ConfigurationError) -> Bool? {
            try attributes.member(key, "true or false").map { flag throws(ConfigurationError) in try flag.bool() }
        }
        (rule.isDestructive, rule.isReadOnly) = (try flag("destructive"), try flag("readOnly"))
        rule.isIdempotent = try flag("idempotent")
        return rule
    }
}

extension ConfigurationNode {
    /// A key that is misspelt where something is narrowed would let pass what should not.
    fileprivate func refuseOtherKeys(than known: Set<String>) throws(ConfigurationError) {
        guard let object = value.objectValue else { throw expected("an object") }
        guard let other = object.keys.first(where: { !known.contains($0) }) else { return }
        throw refused("unknown key \(other), expected \(known.sorted().joined(separator: ", "))")
    }
}
