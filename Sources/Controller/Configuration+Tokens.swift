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
            let type = try entry.required("type", "static, jwks or legacy")
            switch try type.string() {
            case "static": break
            case "jwks", "legacy": continue  // Read by `AccessConfiguration`.
            default: throw type.refused("expected static, jwks or legacy")
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

    static func restrictions(_ entry: ConfigurationNode) throws(ConfigurationError) -> [AccessRestriction]? {
        guard let list = try entry.member("accessRestrictions", "a list of restrictions") else { return nil }
        var restrictions: [AccessRestriction] = []
        for restriction in try list.elements() {
            for key in restriction.value.objectValue?.keys ?? []
            where !["plugin", "permission", "permissionAttribute"].contains(key) {
                throw restriction.refused("unknown key \(key), expected plugin, permission or permissionAttribute")
            }
            restrictions.append(
                AccessRestriction(
                    plugin: try restriction.required("plugin", "a plugin's id").string(),
                    permissions: try restriction.member("permission", "names of permissions").map(names),
                    attributes: try restriction.member("permissionAttribute", "an object with the key action")
                        .map(attributes)))
        }
        return restrictions
    }

    /// A list, or as Backstage has it one text with commas or spaces between the names.
    private static func names(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<String> {
        guard case .string(let text) = node.value else { return Set(try node.strings()) }
        return Set(text.split { $0 == "," || $0 == " " }.map(String.init))
    }

    private static func attributes(_ node: ConfigurationNode) throws(ConfigurationError) -> Set<Permission.Attribute> {
        guard node.value.objectValue?.keys == ["action"] else { throw node.expected("an object with the key action") }
        var attributes: Set<Permission.Attribute> = []
        for name in try names(node.required("action", "create, read, update or delete")).sorted() {
            guard let attribute = Permission.Attribute(rawValue: name) else {
                throw node.refused("expected create, read, update or delete, found \"\(name)\"")
            }
            attributes.insert(attribute)
        }
        return attributes
    }
}
