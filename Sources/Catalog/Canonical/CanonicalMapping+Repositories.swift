internal import Base

// `systems` and `repositories`.
extension CanonicalMapping {
    mutating func readSystems(_ section: CanonicalNode) {
        for node in section.members(&notes) {
            guard node.isMapping || node.isNull else {
                notes.refuse(node.position, "\(node.path): expected an object")
                continue
            }
            node.warnOfUnknown(["description", "title", "owner", "domain"], &notes)
            var draft = CanonicalDraft(
                "System", from: node, spec: ["owner": .string(node.ref("owner", &notes) ?? settings.owner)])
            draft.title = node.text("title", &notes)
            draft.description = node.text("description", &notes)
            draft.spec["domain"] = node.ref("domain", &notes).map(JSONValue.string)
            add(draft)
        }
    }

    private static let repositoryKeys: Set<String> = [
        "path", "language", "framework", "test_command", "lint_command", "format_command", "features", "description",
        "title", "tags", "type", "lifecycle", "owner", "system", "github", "grafana", "techdocs",
    ]

    mutating func readRepositories(_ section: CanonicalNode) {
        for node in section.members(&notes) {
            guard node.isMapping || node.isNull else {
                notes.refuse(node.position, "\(node.path): expected an object")
                continue
            }
            node.warnOfUnknown(Self.repositoryKeys, &notes)
            add(repository(node))
        }
    }

    private mutating func repository(_ node: CanonicalNode) -> CanonicalDraft {
        let (language, framework) = (word(node, "language"), word(node, "framework"))
        let features = words(node, "features")
        var draft = CanonicalDraft("Component", from: node, spec: componentSpec(node, type: settings.type))
        draft.title = node.text("title", &notes)
        draft.description = node.text("description", &notes)
        draft.annotations = annotations(node)
        let tags = words(node, "tags") + [language, framework].compactMap { $0 } + features
        draft.tags = Set(tags.compactMap(\.asTag)).sorted()
        draft.spec["language"] = language.map(JSONValue.string)
        draft.spec["framework"] = framework.map(JSONValue.string)
        if !features.isEmpty { draft.spec["features"] = .array(features.map(JSONValue.string)) }
        return draft
    }

    /// What each Component has.
    mutating func componentSpec(_ node: CanonicalNode, type: String) -> JSONObject {
        var spec: JSONObject = [
            "type": .string(node.text("type", &notes) ?? type),
            "lifecycle": .string(node.text("lifecycle", &notes) ?? settings.lifecycle),
            "owner": .string(node.ref("owner", &notes) ?? settings.owner),
        ]
        spec["system"] = (node.ref("system", &notes) ?? settings.system).map(JSONValue.string)
        return spec
    }

    /// What each Resource has.
    func resourceSpec(type: String) -> JSONObject {
        var spec: JSONObject = ["type": .string(type), "owner": .string(settings.owner)]
        spec["system"] = settings.system.map(JSONValue.string)
        return spec
    }

    private mutating func annotations(_ node: CanonicalNode) -> [(String, String)] {
        let selector = node.text("grafana", &notes, "the selector of a dashboard, at most 256 bytes") {
            !$0.isEmpty && $0.utf8.count <= 256
        }
        return [
            ("backstage.io/techdocs-ref", techdocs(node)), ("github.com/project-slug", slug(node)),
            ("grafana/dashboard-selector", selector),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    /// `true` stands for the documentation beside the catalog file.
    private mutating func techdocs(_ node: CanonicalNode) -> String? {
        if case .bool(let flag) = node["techdocs"]?.value.json { return flag ? "dir:." : nil }
        return node.text("techdocs", &notes, "true, dir:… or url:…") { $0.hasPrefix("dir:") || $0.hasPrefix("url:") }
    }

    /// `owner/repository`, or `{org, repo}`.
    private mutating func slug(_ node: CanonicalNode) -> String? {
        guard let github = node["github"] else { return nil }
        var slug = github.string
        if github.isMapping, let owner = github["org"]?.string, let repository = github["repo"]?.string {
            slug = "\(owner)/\(repository)"
        }
        let parts = slug?.parts(separatedBy: "/") ?? []
        guard parts.count == 2, parts.allSatisfy(FieldFormat.entityName.accepts), let slug else {
            notes.refuse(github.position, "\(github.path): expected owner/repository, or an object with org and repo")
            return nil
        }
        return slug
    }
}

// Short texts. What does not have their form is left out with a warning: it is of use to nobody, and may be a secret.
extension CanonicalMapping {
    private static let maximumWord = 63
    static let wordExpectation = "letters, digits, spaces and .-_+#/, at most \(maximumWord)"

    static func isWord(_ text: String) -> Bool {
        !text.trimmed.isEmpty && text.utf8.count <= maximumWord
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || " .-_+#/".unicodeScalars.contains(scalar)
            }
    }

    mutating func word(_ node: CanonicalNode, _ key: String) -> String? { node[key].flatMap { word($0) } }

    mutating func word(_ node: CanonicalNode) -> String? {
        if let text = node.scalarText, Self.isWord(text) { return text }
        notes.warn(node.position, "\(node.path) is not used; expected \(Self.wordExpectation)")
        return nil
    }

    /// A list of such texts, each once.
    mutating func words(_ node: CanonicalNode, _ key: String) -> [String] {
        guard let list = node[key] else { return [] }
        var words: [String] = []
        for element in list.elements(&notes) {
            guard let word = word(element) else { continue }
            if words.contains(word) {
                notes.warn(element.position, "\(list.path) has \(word) twice")
            } else {
                words.append(word)
            }
        }
        return words
    }
}
