import Base
import CatalogSources
import HTTPClient

/// GitHub as a place where the catalog comes from.
struct GitHubConfiguration {
    /// Those of `integrations.github`, and github.com without a token when it is not among them.
    var hosts = [GitHubHost(name: "github.com")]
    /// Each with the name of its host.
    var discoveries: [(discovery: GitHubDiscovery, host: String)] = []
    /// What to tell the user about at the start.
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        if let list = root["integrations.github"] { try readHosts(list) }
        guard let providers = root["catalog.providers.github"] else { return }
        guard case .object(let entries) = providers.value else { throw providers.expected("an object") }
        // Without the level of the ids there is one provider, called default.
        if entries["organization"] != nil || entries["app"] != nil {
            try read(providers, id: "default")
            return
        }
        for id in entries.keys {
            guard !id.contains(".") else { throw providers.refused("expected ids without a point, found \"\(id)\"") }
            guard let entry = providers[id] else { continue }
            try read(entry, id: id)
        }
    }
}

// Hosts.
extension GitHubConfiguration {
    private mutating func readHosts(_ list: ConfigurationNode) throws(ConfigurationError) {
        var found: [GitHubHost] = []
        for entry in try list.elements() {
            let host = try self.host(entry)
            guard !found.contains(where: { $0.name == host.name }) else {
                throw entry.refused("the host \(host.name) stands here twice")
            }
            found.append(host)
        }
        hosts = found + hosts.filter { standard in !found.contains { $0.name == standard.name } }
    }

    private mutating func host(_ entry: ConfigurationNode) throws(ConfigurationError) -> GitHubHost {
        let node = try entry.required("host", "a host such as github.com")
        let name = try node.string()
        guard !name.isEmpty, !name.contains(where: { $0 == "/" || $0 == "@" || $0.isWhitespace }) else {
            throw node.refused("expected a host such as github.com, without https:// and without a path")
        }
        if entry["apps"] != nil {
            warnings.append("\(entry.path).apps has no effect: this version reads GitHub with a token")
        }
        if let variable = entry.missingVariables["\(entry.path).token"] {
            warnings.append("\(entry.path).token is ignored: the environment variable \(variable) is not set")
        }
        let host = GitHubHost(
            name: name, apiBaseURL: try entry["apiBaseUrl"].map(Self.url),
            rawBaseURL: try entry["rawBaseUrl"].map(Self.url), token: try entry["token"].map(Self.token))
        for url in [host.apiBaseURL, host.rawBaseURL].compactMap({ $0 })
        where entry["token"] != nil && url.hasPrefix("http://") && !HTTPRequest.isLoopback(url) {
            warnings.append("\(entry.path).token goes to \(url), which is not encrypted; expected https")
        }
        return host
    }

    private static func url(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard text.hasPrefix("https://") || text.hasPrefix("http://"), !text.contains(where: { "?#@ ".contains($0) })
        else { throw node.refused("expected a URL such as https://github.example.com/api/v3") }
        return text
    }

    private static func token(_ node: ConfigurationNode) throws(ConfigurationError) -> String {
        let text = try node.string()
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw node.refused("expected a token without white space")
        }
        return text
    }
}

// Providers.
extension GitHubConfiguration {
    private mutating func read(_ entry: ConfigurationNode, id: String) throws(ConfigurationError) {
        let owner = try entry.required("organization", "the name of an organisation or a user")
        var discovery = GitHubDiscovery(id: id, owner: try owner.string())
        guard !discovery.owner.isEmpty, !discovery.owner.contains("/") else {
            throw owner.refused("expected the name of an organisation or a user")
        }
        if let path = entry["catalogPath"] { discovery.catalogPath = GitHubPathPattern(try path.string()) }
        if let node = entry["validateLocationsExist"], try node.bool(), discovery.catalogPath.hasWildcards {
            throw node.refused("expected a catalogPath without wildcards beside it")
        }
        if let size = entry["pageSizes.repositories"] { discovery.pageSize = Int(try size.integer(in: 1...100)) }
        if let filters = entry["filters"] { try Self.read(filters, into: &discovery) }
        if let schedule = entry["schedule"] { discovery.schedule = try Self.schedule(schedule) }
        let host = try entry["host"]?.string().lowercased() ?? "github.com"
        guard hosts.contains(where: { $0.name == host }) else {
            throw entry.refused("expected a host of integrations.github, found \"\(host)\"", at: "\(entry.path).host")
        }
        discoveries.append((discovery, host))
        for key in entry.unknownMembers(Self.knownMembers) {
            warnings.append("unknown configuration key \(entry.path).\(key) is ignored")
        }
    }

    /// Below `catalog.providers.github.<id>`.
    private static let knownMembers: Set<String> = [
        "organization", "host", "catalogPath", "validateLocationsExist", "pageSizes.repositories", "filters.branch",
        "filters.repository", "filters.topic.include", "filters.topic.exclude", "filters.visibility",
        "filters.allowForks", "filters.allowArchived", "schedule.frequency", "schedule.timeout",
        "schedule.initialDelay", "schedule.scope",
    ]

    private static func read(
        _ filters: ConfigurationNode, into discovery: inout GitHubDiscovery
    ) throws(ConfigurationError) {
        if let branch = filters["branch"] {
            discovery.branch = try branch.string()
            guard discovery.branch?.contains("/") == false, discovery.branch != "" else {
                throw branch.refused("expected the name of a branch, without a slash")
            }
        }
        if let pattern = filters["repository"] {
            let text = try pattern.string()
            if let problem = GitHubDiscovery.problem(ofPattern: text) {
                throw pattern.refused("expected a regular expression: \(problem)")
            }
            discovery.repository = text
        }
        discovery.includedTopics = Set(try filters["topic.include"]?.strings() ?? [])
        discovery.excludedTopics = Set(try filters["topic.exclude"]?.strings() ?? [])
        discovery.allowsForks = try filters["allowForks"]?.bool() ?? discovery.allowsForks
        discovery.allowsArchived = try filters["allowArchived"]?.bool() ?? discovery.allowsArchived
        guard let visibility = filters["visibility"] else { return }
        discovery.visibility = Set(try visibility.strings().map { $0.lowercased() })
        guard discovery.visibility.isSubset(of: ["public", "private", "internal"]) else {
            throw visibility.refused("expected public, private or internal")
        }
    }

    private static func schedule(_ node: ConfigurationNode) throws(ConfigurationError) -> PollSchedule {
        let week = Duration.seconds(604_800)
        var schedule = PollSchedule()
        if let cron = node["frequency.cron"] {
            schedule.frequency = .cron(try Self.cron(cron))
        } else if let value = try node["frequency"]?.duration(in: .seconds(1)...week) {
            schedule.frequency = .every(value)
        }
        if let value = try node["timeout"]?.duration(in: .seconds(1)...week) { schedule.timeout = value }
        if let value = try node["initialDelay"]?.duration(in: .zero...week) { schedule.initialDelay = value }
        if let scope = node["scope"], try !["global", "local"].contains(scope.string()) {
            throw scope.refused("expected global or local")
        }
        return schedule
    }
}

extension GitHubConfiguration {
    private static func cron(_ node: ConfigurationNode) throws(ConfigurationError) -> CronExpression {
        let text = try node.string()
        guard let expression = CronExpression(text), expression.next(after: .now()) != nil else {
            throw node.refused(
                "expected a time that comes, in the form of crontab such as 0 */2 * * *, found \"\(text)\"")
        }
        return expression
    }
}

extension ConfigurationNode {
    /// The dotted paths below this object that are neither known nor lead to a known one.
    func unknownMembers(_ known: Set<String>) -> [String] {
        func unknown(_ value: JSONValue, _ path: String) -> [String] {
            if known.contains(path) { return [] }
            guard let members = value.objectValue, path.isEmpty || known.contains(where: { $0.hasPrefix(path + ".") })
            else { return [path] }
            return members.flatMap { unknown($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
        }
        return unknown(value, "")
    }
}
