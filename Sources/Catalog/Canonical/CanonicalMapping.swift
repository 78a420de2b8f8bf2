internal import Base

/// Turns a canonical file into entities: one row of `sections` for each part of it that is used.
struct CanonicalMapping {
    let settings: CanonicalSettings
    var notes: CanonicalNotes
    private(set) var drafts: [CanonicalDraft] = []

    /// What a section of the file becomes.
    private struct Section: Sendable {
        /// Where it stands.
        let path: [String]
        let read: @Sendable (inout CanonicalMapping, CanonicalNode) -> Void
    }

    private static let sections = [
        Section(path: ["systems"]) { $0.readSystems($1) },
        Section(path: ["repositories"]) { $0.readRepositories($1) },
        Section(path: ["mcp"]) { $0.readMCP($1) },
        Section(path: ["environment"]) { $0.readEnvironment($1) },
        Section(path: ["global", "hooks"]) { $0.readHooks($1) },
        Section(path: ["claudeflow"]) { $0.readOrchestrator($1) },
    ]

    /// Those that become entities, and those that are known to be about something else.
    private static let knownKeys: Set<String> = [
        "version", "updated", "environment", "infrastructure", "repositories", "systems", "global", "project_specific",
        "metrics", "reports", "thresholds", "features", "claudeflow", "mcp", "sync", "standard_structure",
    ]

    init(file: String, settings: CanonicalSettings) {
        self.settings = settings
        notes = CanonicalNotes(file: file)
    }

    mutating func add(_ draft: CanonicalDraft) { drafts.append(draft) }

    mutating func read(_ bytes: [UInt8]) {
        guard bytes.count <= CanonicalReading.maximumBytes else {
            return refuseFile("the file is larger than \(CanonicalReading.maximumBytes) bytes")
        }
        let documents = YAML.documents(bytes)
        guard documents.count == 1, let document = documents.first else {
            return refuseFile("expected one YAML document, found \(documents.count)")
        }
        switch document {
        // libyaml's words may repeat a part of the text, such as a password that begins with `*`.
        case .failure(let error):
            notes.refuse(
                error.position, "not readable as YAML from here on; values with special characters need quotes")
        case .success(let node): read(CanonicalNode(root: node))
        }
    }

    private mutating func refuseFile(_ message: String) { notes.refuse(SourcePosition(line: 1, column: 1), message) }

    private mutating func read(_ root: CanonicalNode) {
        guard root.isMapping else { return notes.refuse(root.position, "the file: expected an object") }
        checkVersion(root)
        root.warnOfUnknown(Self.knownKeys, &notes)
        for section in Self.sections {
            var node: CanonicalNode? = root
            for key in section.path { node = node?[key] }
            if let node { section.read(&self, node) }
        }
        addDefaultSystem(root)
    }

    /// `1`, `1.4`, `"1.4"`.
    private mutating func checkVersion(_ root: CanonicalNode) {
        let node = root["version"]
        guard node?.scalarText?.parts(separatedBy: ".").first != "1" else { return }
        notes.refuse(
            node?.position ?? root.position,
            node == nil ? "version is missing; expected 1.x" : "version: expected 1.x, which is what this program reads"
        )
    }

    /// The system that the settings name, for others to refer to.
    private mutating func addDefaultSystem(_ root: CanonicalNode) {
        guard let text = settings.system,
            let ref = try? EntityRef(parsing: text, defaultKind: "system", defaultNamespace: settings.namespace),
            ref.kind == "system"
        else { return }
        let isGiven = drafts.contains { $0.kind == "System" && name(of: $0) == ref.name }
        guard !isGiven || ref.namespace != settings.namespace else { return }
        var draft = CanonicalDraft(
            "System", key: ref.name, path: "systems.\(ref.name)", position: root.position,
            spec: ["owner": .string(settings.owner)])
        draft.namespace = ref.namespace
        draft.isDefault = true
        add(draft)
    }

    private func name(of draft: CanonicalDraft) -> String {
        // The default system is named as it is referred to.
        if draft.isDefault { return draft.key }
        let name = settings.entityName(of: draft.key, at: draft.path)
        return draft.prefix + name
    }

    /// The entities, sorted by ref. Two that would have one name are a problem at the second.
    mutating func entities() -> [CanonicalEntity] {
        var first: [EntityRef: CanonicalDraft] = [:]
        var entities: [CanonicalEntity] = []
        for draft in drafts {
            guard let entity = entity(of: draft) else { continue }
            if let earlier = first[entity.ref] {
                let place = notes.place(earlier.position)
                notes.refuse(
                    draft.position,
                    "\(draft.path) becomes \(entity.ref), and so does \(earlier.path) at \(place); "
                        + "give one of them an alias")
                continue
            }
            first[entity.ref] = draft
            let location = notes.place(draft.position)
            entities.append(CanonicalEntity(entity: entity, location: location, isDefault: draft.isDefault))
        }
        if entities.count > CanonicalReading.maximumEntities {
            refuseFile(
                "gives \(entities.count) entities; at most \(CanonicalReading.maximumEntities) are applied at once")
        }
        return entities.sorted { $0.entity.ref.canonical < $1.entity.ref.canonical }
    }

    private mutating func entity(of draft: CanonicalDraft) -> Entity? {
        let name = name(of: draft)
        guard FieldFormat.entityName.accepts(name) else {
            notes.refuse(
                draft.position,
                "\(draft.path) gives no name for an entity; expected \(FieldFormat.entityName.expectation), "
                    + "or an alias")
            return nil
        }
        do throws(InvalidEntity) {
            return try EntityValidator.entity(from: .object(draft.definition(name: name, settings: settings)))
        } catch {
            // The validator's words repeat values.
            for problem in error.problems {
                notes.refuse(
                    draft.position,
                    "\(draft.path) gives no valid entity: what is to be \(problem.path.pointer) does not have its form")
            }
            return nil
        }
    }
}
