internal import Base

// `environment`, `global.hooks` and `claudeflow`.
extension CanonicalMapping {
    private static let groupKeys: Set<String> = ["file", "keys", "secrets", "migrated_to_gsm", "description"]

    /// Groups of variables: which there are and in which file they stand, never what they hold.
    mutating func readEnvironment(_ section: CanonicalNode) {
        // Which group has a variable first.
        var holders: [String: String] = [:]
        for node in section.members(&notes) {
            guard !node.isScalar else {
                if !node.isNull { notes.warn(node.position, "\(node.path) is no group of variables and is not used") }
                continue
            }
            let names = variables(of: node)
            for (name, place) in names {
                if let holder = holders[name] {
                    notes.warn(place, "\(node.path) has \(name), and so has \(holder); a variable belongs to one group")
                } else {
                    holders[name] = node.path
                }
            }
            add(group(node, names.map(\.0).sorted()))
        }
    }

    private mutating func group(_ node: CanonicalNode, _ names: [String]) -> CanonicalDraft {
        var draft = CanonicalDraft("Resource", from: node, spec: resourceSpec(type: "env-group"))
        draft.prefix = "env-"
        draft.spec["file"] = file(node).map(JSONValue.string)
        draft.spec["keys"] = .array(names.map(JSONValue.string))
        guard node.isMapping else { return draft }
        node.warnOfUnknown(Self.groupKeys, &notes)
        draft.description = node.text("description", &notes)
        return draft
    }

    private mutating func file(_ node: CanonicalNode) -> String? {
        node.text("file", &notes, "a path of letters, digits and ._-/~ without spaces") { text in
            text.utf8.count <= 256 && !text.isEmpty && text.unicodeScalars.allSatisfy { Self.isPathScalar($0) }
        }
    }

    /// Each variable of a group once, with its place.
    private mutating func variables(of node: CanonicalNode) -> [(String, SourcePosition)] {
        let lists = node.isSequence ? [node] : ["keys", "secrets", "migrated_to_gsm"].compactMap { node[$0] }
        var names: [(String, SourcePosition)] = []
        for list in lists {
            var seen: Set<String> = []
            // A list of names, or by mistake the variables themselves: then their names alone.
            let elements = list.isMapping ? list.members(&notes) : list.elements(&notes)
            for element in elements {
                guard let name = variable(element) else { continue }
                if !seen.insert(name).inserted { notes.warn(element.position, "\(list.path) has \(name) twice") }
                // What was moved to a secret manager may stand in both lists.
                if !names.contains(where: { $0.0 == name }) { names.append((name, element.position)) }
            }
        }
        return names
    }

    private mutating func variable(_ node: CanonicalNode) -> String? {
        let text = node.key.isEmpty ? node.string ?? node["name"]?.string ?? "" : node.key
        // `NAME=value` is written by mistake.
        let name = text.parts(separatedBy: "=")[0].trimmed
        guard Self.isVariable(name) else {
            notes.refuse(
                node.position, "\(node.key.isEmpty ? node.path : "a key here"): expected the name of a variable")
            return nil
        }
        return name
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.utf8.count <= 128
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
            }
    }

    private static func isPathScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "._-/~${}".unicodeScalars.contains(scalar))
    }

    /// One Resource for all: which events have hooks, and the scripts that are named by a path. Commands are not kept.
    mutating func readHooks(_ section: CanonicalNode) {
        var events = JSONObject()
        for event in section.members(&notes).sorted(by: { $0.key < $1.key }) {
            let elements = event.elements(&notes)
            var scripts: [String] = []
            for element in elements {
                guard let script = Self.script(element) else { continue }
                if scripts.contains(script) { notes.warn(element.position, "\(event.path) has \(script) twice") }
                scripts.append(script)
            }
            events[event.key] = [
                "count": .int(Int64(elements.count)), "scripts": .array(Set(scripts).sorted().map(JSONValue.string)),
            ]
        }
        guard !events.isEmpty else { return }
        var draft = CanonicalDraft("Resource", from: section, key: "global-hooks", spec: resourceSpec(type: "hook-set"))
        draft.spec["events"] = .object(events)
        add(draft)
    }

    /// The last part of a path that stands alone.
    private static func script(_ node: CanonicalNode) -> String? {
        guard let text = node.string ?? node["name"]?.string ?? node["script"]?.string, !text.isEmpty,
            text.utf8.count <= 256, text.unicodeScalars.allSatisfy(isPathScalar)
        else { return nil }
        return text.parts(separatedBy: "/").last { !$0.isEmpty }
    }

    private static let orchestratorKeys: Set<String> = [
        "enabled", "mode", "version", "checkpoints", "circuit_breaker", "session_sync", "description",
    ]

    mutating func readOrchestrator(_ node: CanonicalNode) {
        guard node.isMapping else { return notes.refuse(node.position, "claudeflow: expected an object") }
        node.warnOfUnknown(Self.orchestratorKeys, &notes)
        var draft = CanonicalDraft("Resource", from: node, spec: resourceSpec(type: "orchestrator"))
        draft.description = node.text("description", &notes)
        if case .bool(let flag) = node["enabled"]?.value.json { draft.spec["enabled"] = .bool(flag) }
        draft.spec["mode"] = word(node, "mode").map(JSONValue.string)
        draft.spec["version"] = word(node, "version").map(JSONValue.string)
        add(draft)
    }
}
