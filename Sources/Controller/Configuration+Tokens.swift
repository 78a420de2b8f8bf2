import API
import Actions
import Base

extension Configuration {
    /// Backstage's `backend.auth.externalAccess` with its rules: a token has no white space and at least 8 characters, a
    /// subject no white space, no token stands twice, and a mistake in the restrictions stops the start.
    static func tokens(_ root: ConfigurationNode) throws(ConfigurationError) -> [StaticToken] {
        guard let list = root["backend.auth.externalAccess"] else { return [] }
        var tokens: [StaticToken] = []
        var seen: Set<String> = []
        for entry in try list.elements() {
            let type = try entry.required("type", "static")
            guard try type.string() == "static" else {
                throw type.refused("expected static, the one type that this version knows")
            }
            let token = try entry.required("options.token", "a token of at least 8 characters")
            let text = try token.string()
            guard text.utf8.count >= 8, !text.contains(where: \.isWhitespace) else {
                throw token.refused("expected a token of at least 8 characters without white space")
            }
            guard seen.insert(text).inserted else { throw token.refused("this token stands here twice") }
            let subject = try entry.required("options.subject", "a name without white space")
            let name = try subject.string()
            guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
                throw subject.refused("expected a name without white space")
            }
            let caller = Caller(subject: "external:\(name)", restrictions: try restrictions(entry))
            tokens.append(StaticToken(token: text, caller: caller))
        }
        return tokens
    }

    private static func restrictions(_ entry: ConfigurationNode) throws(ConfigurationError) -> [AccessRestriction]? {
        guard let list = entry["accessRestrictions"] else { return nil }
        var restrictions: [AccessRestriction] = []
        for restriction in try list.elements() {
            for key in restriction.value.objectValue?.keys ?? []
            where !["plugin", "permission", "permissionAttribute"].contains(key) {
                throw restriction.refused("unknown key \(key), expected plugin, permission or permissionAttribute")
            }
            restrictions.append(
                AccessRestriction(
                    plugin: try restriction.required("plugin", "a plugin's id").string(),
                    permissions: try restriction["permission"].map(permissions),
                    attributes: try restriction["permissionAttribute"].map(attributes)))
        }
        return restrictions
    }

    private static func permissions(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<String> {
        let names: Set<String>
        if case .string(let text) = node.value {
            // Backstage takes a comma list here as well as a list.
            names = Set(text.split(separator: ",").map { String($0.drop { $0 == " " }) })
        } else {
            names = Set(try node.strings())
        }
        return names
    }

    private static func attributes(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<Permission.Attribute> {
        guard node.value.objectValue?.keys == ["action"] else { throw node.expected("an object with the key action") }
        var attributes: Set<Permission.Attribute> = []
        for name in try node.required("action", "create, read, update or delete").strings() {
            guard let attribute = Permission.Attribute(rawValue: name) else {
                throw node.refused("expected create, read, update or delete, found \"\(name)\"")
            }
            attributes.insert(attribute)
        }
        return attributes
    }
}
