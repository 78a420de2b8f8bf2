internal import Base

/// The merged contents of one or more kubeconfig files. Of an entry that several files have, the first counts.
struct Kubeconfig {
    private var clusters: [String: ConfigurationEntry] = [:]
    private var users: [String: ConfigurationEntry] = [:]
    private var contexts: [String: ConfigurationEntry] = [:]
    private var currentContext = ""
    /// In the order written.
    private(set) var contextNames: [String] = []
    /// For errors about the whole.
    let source: String

    /// One file, which must be there.
    init(file: String, read: ClusterConfiguration.ReadFile) throws(ConfigurationError) {
        source = file
        try merge(try ClusterConfiguration.contents(file, key: "", read), source: file, origin: .file)
    }

    /// Contents that did not come from a file of ours, and may name none.
    init(foreign bytes: [UInt8], source: String) throws(ConfigurationError) {
        self.source = source
        try merge(bytes, source: source, origin: .foreign)
    }

    /// The files of `KUBECONFIG`. As with kubectl, one that does not exist is passed over, but not all of them.
    init(files: [String], read: ClusterConfiguration.ReadFile) throws(ConfigurationError) {
        source = files.joined(separator: ":")
        var found = 0
        for file in files {
            guard let bytes = try Self.existing(file, read) else { continue }
            found += 1
            try merge(bytes, source: file, origin: .file)
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

    private mutating func merge(
        _ bytes: [UInt8], source: String, origin: ConfigurationEntry.Origin
    ) throws(ConfigurationError) {
        guard let root = try Self.root(bytes, source: source, origin: origin) else { return }
        let whole = ConfigurationEntry(source: source, path: "", value: root, origin: origin)
        if currentContext.isEmpty { currentContext = try whole.string("current-context") ?? "" }
        _ = try Self.merge(whole, list: "clusters", member: "cluster", into: &clusters)
        _ = try Self.merge(whole, list: "users", member: "user", into: &users)
        contextNames += try Self.merge(whole, list: "contexts", member: "context", into: &contexts)
    }

    private static func root(
        _ bytes: [UInt8], source: String, origin: ConfigurationEntry.Origin
    ) throws(ConfigurationError) -> JSONValue? {
        switch YAML.documents(bytes).first {
        case nil: return nil
        case .failure(let error):
            // The words about the error may quote the text, which is secret there.
            let words = origin == .foreign ? "line \(error.position.line)" : "\(error)"
            throw ConfigurationError(code: .invalid, source: source, key: "", detail: "expected YAML or JSON; \(words)")
        case .success(let node):
            guard case .object = node.json else {
                throw ConfigurationError(
                    code: .invalid, source: source, key: "",
                    detail: "expected a kubeconfig, found \(node.json.typeName)")
            }
            return node.json
        }
    }

    /// The names of the entries that are new.
    private static func merge(
        _ whole: ConfigurationEntry, list: String, member: String, into entries: inout [String: ConfigurationEntry]
    ) throws(ConfigurationError) -> [String] {
        var added: [String] = []
        for (index, item) in try whole.list(list).enumerated() {
            let named = whole.child("\(list)[\(index)]", item)
            guard let name = try named.string("name") else { throw named.missing("name") }
            let content = item[member] ?? .null
            guard content.isNull || content.objectValue != nil else {
                throw named.wrong(member, expected: "an object", found: content)
            }
            guard entries[name] == nil else { continue }
            entries[name] = whole.child("\(list)[\(name)].\(member)", content)
            added.append(name)
        }
        return added
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
        let cluster = try Self.entry(clusterName, of: clusters, "clusters", context.source)
        try cluster.apply(cluster: &configuration, read: read)
        if let userName = try context.string("user") {
            let user = try Self.entry(userName, of: users, "users", context.source)
            try user.apply(user: &configuration, cluster: cluster, read: read)
        }
        return configuration
    }

    private static func entry(
        _ name: String, of entries: [String: ConfigurationEntry], _ list: String, _ source: String
    ) throws(ConfigurationError) -> ConfigurationEntry {
        guard let entry = entries[name] else {
            throw ConfigurationError(
                code: .missing, source: source, key: list,
                detail: "expected an entry named \(name) (have: \(Self.list(entries)))")
        }
        return entry
    }

    private static func list(_ entries: [String: ConfigurationEntry]) -> String {
        entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
    }
}
