internal import Base

/// The merged contents of one or more kubeconfig files. Of an entry that several files have, the first counts.
struct Kubeconfig {
    private var clusters: [String: KubeconfigEntry] = [:]
    private var users: [String: KubeconfigEntry] = [:]
    private var contexts: [String: KubeconfigEntry] = [:]
    private var currentContext = ""
    /// For errors about the whole.
    private let source: String

    /// One file, which must be there.
    init(file: String, read: ClusterConfiguration.ReadFile) throws(ConfigurationError) {
        source = file
        try merge(try ClusterConfiguration.contents(file, key: "", read), file: file)
    }

    /// The files of `KUBECONFIG`. As with kubectl, one that does not exist is passed over, but not all of them.
    init(files: [String], read: ClusterConfiguration.ReadFile) throws(ConfigurationError) {
        source = files.joined(separator: ":")
        var found = 0
        for file in files {
            guard let bytes = try Self.existing(file, read) else { continue }
            found += 1
            try merge(bytes, file: file)
        }
        guard found > 0 else {
            throw ConfigurationError(
                code: .missing, source: source, key: "", detail: "none of the files in KUBECONFIG exists")
        }
    }

    private static func existing(
        _ file: String, _ read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> [UInt8]? {
        do throws(FileError) {
            return try read(file)
        } catch {
            guard error.code == .notFound else {
                throw ConfigurationError(code: .unreadable, source: file, key: "", detail: error.detail)
            }
            return nil
        }
    }

    private mutating func merge(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        guard let root = try Self.root(bytes, file: file) else { return }
        let whole = KubeconfigEntry(file: file, path: "", value: root)
        if currentContext.isEmpty { currentContext = try whole.string("current-context") ?? "" }
        try Self.merge(whole, list: "clusters", member: "cluster", into: &clusters)
        try Self.merge(whole, list: "users", member: "user", into: &users)
        try Self.merge(whole, list: "contexts", member: "context", into: &contexts)
    }

    private static func root(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> JSONValue? {
        switch YAML.documents(bytes).first {
        case nil: return nil
        case .failure(let error):
            throw ConfigurationError(code: .invalid, source: file, key: "", detail: "expected YAML or JSON; \(error)")
        case .success(let node):
            guard case .object = node.json else {
                throw ConfigurationError(
                    code: .invalid, source: file, key: "", detail: "expected a kubeconfig, found \(node.json.typeName)")
            }
            return node.json
        }
    }

    private static func merge(
        _ whole: KubeconfigEntry, list: String, member: String, into entries: inout [String: KubeconfigEntry]
    ) throws(ConfigurationError) {
        guard let value = whole.value[list], !value.isNull else { return }
        guard let items = value.arrayValue else { throw whole.wrong(list, expected: "a list", found: value) }
        for (index, item) in items.enumerated() {
            let named = KubeconfigEntry(file: whole.file, path: "\(list)[\(index)]", value: item)
            guard let name = try named.string("name") else { throw named.missing("name") }
            let content = item[member] ?? .null
            guard content.isNull || content.objectValue != nil else {
                throw named.wrong(member, expected: "an object", found: content)
            }
            guard entries[name] == nil else { continue }
            entries[name] = KubeconfigEntry(file: whole.file, path: "\(list)[\(name)].\(member)", value: content)
        }
    }

    /// What a context says; nil: the current one.
    func configuration(
        context name: String?, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let name = name ?? currentContext
        guard !name.isEmpty else {
            throw ConfigurationError(
                code: .missing, source: source, key: "current-context",
                detail: "expected the name of a context (have: \(Self.list(contexts)))")
        }
        let context = try Self.entry(name, of: contexts, "contexts", source)
        let clusterName = try context.required("cluster")
        var configuration = ClusterConfiguration(server: "", name: name)
        if let namespace = try context.string("namespace") { configuration.namespace = namespace }
        try Self.entry(clusterName, of: clusters, "clusters", context.file).apply(cluster: &configuration, read: read)
        if let userName = try context.string("user") {
            try Self.entry(userName, of: users, "users", context.file).apply(user: &configuration, read: read)
        }
        return configuration
    }

    private static func entry(
        _ name: String, of entries: [String: KubeconfigEntry], _ list: String, _ source: String
    ) throws(ConfigurationError) -> KubeconfigEntry {
        guard let entry = entries[name] else {
            throw ConfigurationError(
                code: .missing, source: source, key: list,
                detail: "expected an entry named \(name) (have: \(Self.list(entries)))")
        }
        return entry
    }

    private static func list(_ entries: [String: KubeconfigEntry]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
    }
}
