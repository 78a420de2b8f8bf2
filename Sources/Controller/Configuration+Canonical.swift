import Base
import Catalog
import CatalogSources
import KubeClient

/// A canonical file with the place where it is.
struct CanonicalConfiguration {
    let settings: CanonicalSettings
    let place: CanonicalPlace

    /// All of `callboard.catalog.canonical`.
    static func all(_ root: ConfigurationNode) throws(ConfigurationError) -> [CanonicalConfiguration] {
        var all: [CanonicalConfiguration] = []
        for node in try root["callboard.catalog.canonical"]?.elements() ?? [] {
            let one = try CanonicalConfiguration(node)
            guard !all.contains(where: { $0.settings.name == one.settings.name }) else {
                throw node.refused("has the name \(one.settings.name) of another one; expected names that differ")
            }
            all.append(one)
        }
        return all
    }

    init(_ node: ConfigurationNode) throws(ConfigurationError) {
        let name = try node.required("name", "a name")
        var settings = CanonicalSettings(name: try name.string())
        guard CanonicalSettings.isName(settings.name) else {
            throw name.refused("expected letters, digits and -_. between them, at most 63")
        }
        if let rule = node["onConflict"] { settings.onConflict = try Self.rule(rule) }
        if let limit = node["deletionLimit"] { settings.deletionLimit = try Self.share(limit) }
        if let defaults = node["defaults"] { try Self.read(defaults, into: &settings) }
        if let aliases = node["aliases"] { settings.aliases = try Self.aliases(aliases) }
        self.settings = settings
        place = try Self.place(node)
    }

    private static func rule(_ node: ConfigurationNode) throws(ConfigurationError) -> CanonicalSettings.ConflictRule {
        let names = CanonicalSettings.ConflictRule.allCases.map(\.rawValue).joined(separator: " or ")
        guard let rule = CanonicalSettings.ConflictRule(rawValue: try node.string()) else {
            throw node.refused("expected \(names), found \"\(try node.string())\"")
        }
        return rule
    }

    private static func share(_ node: ConfigurationNode) throws(ConfigurationError) -> Double {
        let share = try node.number()
        guard (0...1).contains(share) else { throw node.refused("expected a share from 0 to 1") }
        return share
    }

    private static func read(
        _ node: ConfigurationNode, into settings: inout CanonicalSettings
    ) throws(ConfigurationError) {
        settings.owner = try ref(node["owner"], kind: "group") ?? settings.owner
        settings.system = try ref(node["system"], kind: "system")
        settings.type = try node["type"]?.string() ?? settings.type
        settings.lifecycle = try node["lifecycle"]?.string() ?? settings.lifecycle
        guard let namespace = node["namespace"] else { return }
        settings.namespace = try namespace.string()
        guard CanonicalSettings.isNamespace(settings.namespace) else {
            throw namespace.refused("expected a namespace of entities: lower-case letters, digits and - between them")
        }
    }

    private static func ref(_ node: ConfigurationNode?, kind: String) throws(ConfigurationError) -> String? {
        guard let node else { return nil }
        let text = try node.string()
        guard (try? EntityRef(parsing: text, defaultKind: kind)) != nil else {
            throw node.refused("expected [<kind>:][<namespace>/]<name>")
        }
        return text
    }

    private static func aliases(_ node: ConfigurationNode) throws(ConfigurationError) -> [String: String] {
        guard let members = node.value.objectValue else { throw node.expected("an object of names by key") }
        var aliases: [String: String] = [:]
        for (key, value) in members {
            guard let name = value.stringValue, CanonicalSettings.isEntityName(name) else {
                throw node.refused("expected the name of an entity for \(key)")
            }
            aliases[key] = name
        }
        return aliases
    }

    private static func place(_ node: ConfigurationNode) throws(ConfigurationError) -> CanonicalPlace {
        let target = try node.required("location.target", "a path, <namespace>/<name>/<key>, or a URL")
        let type = try node.required("location.type", "file, configmap or url")
        let text = try target.string()
        switch try type.string() {
        case "file": return .file(text)
        case "configmap":
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
                throw target.refused("expected <namespace>/<name>/<key>")
            }
            return .configMap(namespace: parts[0], name: parts[1], key: parts[2])
        case "url":
            guard LocationRef(type: "url", target: text).isURL else {
                throw target.refused("expected an absolute URL without user and password")
            }
            let frequency = try node["frequency"]?.duration(in: .seconds(1)...(.seconds(604_800)))
            return .url(text, frequency: frequency ?? .seconds(300))
        case let other: throw type.refused("expected file, configmap or url, found \"\(other)\"")
        }
    }
}
