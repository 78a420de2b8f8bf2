internal import Base

// `mcp`: servers, and profiles that say which of them are used together.
extension CanonicalMapping {
    private static let knownKeys: Set<String> = [
        "ssot", "global_servers", "project_servers", "secrets_sources", "servers", "profiles",
    ]
    /// What a server may say; only its description, owner and where it belongs are used. Commands, arguments, addresses and
    /// variables may hold secrets.
    private static let serverKeys: Set<String> = [
        "description", "title", "owner", "system", "lifecycle", "command", "args", "env", "url", "type", "headers",
        "transport", "disabled", "timeout", "cwd",
    ]

    /// Which servers a profile names.
    private struct Profile {
        let node: CanonicalNode
        let key: String
        var servers: [CanonicalNode] = []
        var description: String?
    }

    mutating func readMCP(_ section: CanonicalNode) {
        guard section.isMapping else { return notes.refuse(section.position, "mcp: expected an object") }
        section.warnOfUnknown(Self.knownKeys, &notes)
        let profiles = section["profiles"].map { readProfiles($0) } ?? derivedProfiles(section)
        let declared = section["servers"]?.members(&notes) ?? []
        for node in declared { add(server(node)) }
        // Without a section of their own, servers are those that somebody names.
        let named = Self.distinct(serverNames(section) + profiles.flatMap(\.servers))
        if section["servers"] == nil {
            for (key, node) in named { addNamedServer(key, node) }
        } else {
            let known = Set(declared.map(\.key))
            for (key, node) in named where !known.contains(key) {
                notes.warn(node.position, "\(node.path) names \(key), which mcp.servers does not have")
            }
        }
        for profile in profiles { add(draft(of: profile)) }
    }

    private func addressed(_ key: String) -> String { "mcp.servers.\(key)" }

    private mutating func server(_ node: CanonicalNode) -> CanonicalDraft {
        node.warnOfUnknown(Self.serverKeys, &notes)
        var spec = resourceSpec(type: "mcp-server")
        spec["lifecycle"] = .string(node.text("lifecycle", &notes) ?? settings.lifecycle)
        if let owner = node.ref("owner", &notes) { spec["owner"] = .string(owner) }
        if let system = node.ref("system", &notes) { spec["system"] = .string(system) }
        var draft = CanonicalDraft("Component", from: node, spec: spec)
        draft.title = node.text("title", &notes)
        draft.description = node.text("description", &notes)
        return draft
    }

    private mutating func addNamedServer(_ key: String, _ node: CanonicalNode) {
        var spec = resourceSpec(type: "mcp-server")
        spec["lifecycle"] = .string(settings.lifecycle)
        add(CanonicalDraft("Component", key: key, path: addressed(key), position: node.position, spec: spec))
    }

    /// `{servers: [...]}`, `{mcpServers: {...}}`, or a bare list.
    private mutating func readProfiles(_ section: CanonicalNode) -> [Profile] {
        section.members(&notes).map { node in
            guard !node.isSequence else { return Profile(node: node, key: node.key, servers: serverList(node)) }
            node.warnOfUnknown(["servers", "mcpServers", "description"], &notes)
            let servers = node["servers"] ?? node["mcpServers"]
            return Profile(
                node: node, key: node.key, servers: servers.map { serverList($0) } ?? [],
                description: node.text("description", &notes))
        }
    }

    /// One for all, and one for each project that has servers of its own besides.
    private mutating func derivedProfiles(_ section: CanonicalNode) -> [Profile] {
        var profiles: [Profile] = []
        var global: [CanonicalNode] = []
        if let node = section["global_servers"] {
            global = serverList(node)
            profiles.append(Profile(node: node, key: "global", servers: global))
        }
        for node in section["project_servers"]?.members(&notes) ?? [] {
            profiles.append(Profile(node: node, key: node.key, servers: global + serverList(node)))
        }
        return profiles
    }

    /// What the lists of servers name, when profiles stand in a section of their own.
    private mutating func serverNames(_ section: CanonicalNode) -> [CanonicalNode] {
        guard section["profiles"] != nil else { return [] }
        let projects = section["project_servers"]?.members(&notes) ?? []
        return ([section["global_servers"]].compactMap { $0 } + projects).flatMap { serverList($0) }
    }

    /// Names in a list, or the keys of an object.
    private mutating func serverList(_ node: CanonicalNode) -> [CanonicalNode] {
        if node.isMapping { return node.members(&notes) }
        var names: [CanonicalNode] = []
        var seen: Set<String> = []
        for element in node.elements(&notes) {
            guard let key = Self.serverKey(element), FieldFormat.entityName.accepts(key) else {
                notes.refuse(element.position, "\(element.path): expected the name of a server")
                continue
            }
            guard seen.insert(key).inserted else {
                notes.warn(element.position, "\(node.path) has \(key) twice")
                continue
            }
            names.append(element)
        }
        return names
    }

    private static func serverKey(_ node: CanonicalNode) -> String? {
        node.key.isEmpty ? node.string ?? node["name"]?.string : node.key
    }

    /// Each name with the place that names it first.
    private static func distinct(_ nodes: [CanonicalNode]) -> [(String, CanonicalNode)] {
        var seen: Set<String> = []
        return nodes.compactMap { node in serverKey(node).map { ($0, node) } }.filter { seen.insert($0.0).inserted }
    }

    private func draft(of profile: Profile) -> CanonicalDraft {
        var draft = CanonicalDraft(
            "Resource", from: profile.node, key: profile.key, spec: resourceSpec(type: "mcp-profile"))
        draft.prefix = "mcp-profile-"
        draft.description = profile.description
        let names = Self.distinct(profile.servers).map { settings.entityName(of: $0.0, at: addressed($0.0)) }
        if !names.isEmpty {
            draft.spec["dependsOn"] = .array(
                Set(names).sorted().map { .string("component:\(settings.namespace)/\($0)") })
        }
        return draft
    }
}
