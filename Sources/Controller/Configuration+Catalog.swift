import Base
import Catalog
import CatalogSources
import Reconcilers
import Store

/// Where entities come from, which kinds may come from where, and what becomes of those that go.
struct CatalogConfiguration {
    /// A place that the operator names.
    struct Location {
        enum Kind: String, CaseIterable {
            /// A file or directory of catalog files.
            case file
            /// A URL of a catalog file, or a pattern of such URLs.
            case url
        }

        var kind = Kind.file
        let target: String
        /// Nil: every kind may come from there.
        var rules: [CatalogRule]?

        var source: SourceID {
            switch kind {
            case .file: DirectorySource.id(of: target)
            case .url: URLSource.id(of: target)
            }
        }
    }

    var locations = [Location(target: "catalog")]
    /// Nil: the standard ones.
    var rules: [CatalogRule]?
    var orphans = OrphanStrategy.delete
    /// Nil: what Location entities and placeholders name is not read again by itself.
    var interval: Duration? = .seconds(100)
    /// Whether labelled ConfigMaps are read, and where; no namespaces: everywhere.
    var readsConfigMaps = true
    var configMapNamespaces: [String] = []
    /// Nobody registers, changes or removes locations over the API.
    var isReadOnly = false
    var canonical: [CanonicalConfiguration] = []
    var warnings: [String] = []

    init() {}

    init(_ root: ConfigurationNode) throws(ConfigurationError) {
        rules = try root["catalog"]?.member("rules", "a list of rules").map(Self.rules)
        if let node = root["catalog.locations"] { try readLocations(node) }
        if let node = root["catalog.orphanStrategy"] { orphans = try Self.orphans(node) }
        if let node = root["catalog.processingInterval"] { interval = try Self.interval(node) }
        readsConfigMaps = try root["callboard.catalog.configMaps.enabled"]?.bool() ?? true
        configMapNamespaces = try root["callboard.catalog.configMaps.namespaces"]?.strings() ?? []
        isReadOnly = try root["catalog.readonly"]?.bool() ?? false
        canonical = try CanonicalConfiguration.all(root)
    }

    private mutating func readLocations(_ node: ConfigurationNode) throws(ConfigurationError) {
        locations = []
        for location in try node.elements() {
            let type = try location.required("type", "file or url").string()
            let target = try location.required("target", "a path or a URL").string()
            let rules = try location.member("rules", "a list of rules").map(Self.rules)
            guard let kind = Location.Kind(rawValue: type) else {
                warnings.append(
                    "\(location.path) has the type \(type), which this version does not read; expected file or url")
                continue
            }
            if kind == .url, !LocationRef(type: type, target: target).isRegistrable {
                throw location.refused(
                    "expected an absolute URL without user and password as target, found \"\(redactedURL(target))\"")
            }
            locations.append(Location(kind: kind, target: target, rules: rules))
        }
    }

    private static func orphans(_ node: ConfigurationNode) throws(ConfigurationError) -> OrphanStrategy {
        guard let strategy = OrphanStrategy(rawValue: try node.string()) else {
            throw node.refused("expected keep or delete, found \"\(try node.string())\"")
        }
        return strategy
    }
}

extension CatalogConfiguration {
    /// What the configuration says about processing.
    ///
    /// - Parameters:
    ///   - cluster: that holds the ConfigMaps.
    ///   - namespace: that Callboard works in.
    func processing(cluster: String, namespace: String, targets: TargetReader) -> CatalogProcessing {
        var processing = CatalogProcessing(targets: targets)
        processing.rules = catalogRules(cluster: cluster, namespace: namespace)
        processing.orphans = orphans
        processing.interval = interval
        return processing
    }

    /// Which kinds may come from where.
    func catalogRules(cluster: String, namespace: String) -> CatalogRules {
        var catalog = CatalogRules()
        if let rules { catalog.rules = rules }
        for location in locations { catalog.sources[location.source.description] = .some(location.rules) }
        catalog.ownLocations = ["configmap:\(cluster)/\(namespace)/"]
        catalog.generatedKinds[WorkloadSource.type] = ["Component", "Resource", "API", "System"]
        return catalog
    }
}

// MARK: Rules

extension CatalogConfiguration {
    private static func rules(_ node: ConfigurationNode) throws(ConfigurationError) -> [CatalogRule] {
        var rules: [CatalogRule] = []
        for element in try node.elements() {
            let kinds = try element.required("allow", "a list of kinds").strings()
            rules.append(CatalogRule(kinds: kinds, places: try element.member("locations", "a list").map(places)))
        }
        return rules
    }

    private static func places(_ node: ConfigurationNode) throws(ConfigurationError) -> [CatalogRule.Place] {
        var places: [CatalogRule.Place] = []
        for element in try node.elements() {
            let type = try element.required("type", "a type of locations, such as url").string()
            places.append(CatalogRule.Place(type: type, target: try target(element)))
        }
        return places
    }

    private static func target(_ node: ConfigurationNode) throws(ConfigurationError) -> CatalogRule.Place.Target {
        let exact = try node.member("exact", "a target")?.string()
        guard let pattern = try node.member("pattern", "a pattern of targets") else {
            return exact.map(CatalogRule.Place.Target.exact) ?? .any
        }
        guard exact == nil else { throw node.refused("cannot have both exact and pattern values") }
        guard let glob = Glob(try pattern.string()) else {
            throw pattern.refused("expected braces that stand for 1,000 patterns at most")
        }
        return .pattern(glob)
    }
}

// MARK: Times

extension CatalogConfiguration {
    private static let units: [(key: String, seconds: Double)] = [
        ("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1), ("milliseconds", 0.001),
    ]

    /// `false`, seconds, or Backstage's object such as `{minutes: 30}`.
    private static func interval(_ node: ConfigurationNode) throws(ConfigurationError) -> Duration? {
        if node.value.boolValue == false || node.value.stringValue == "false" { return nil }
        let expectation = "false, seconds, or an object such as {minutes: 30}, from 1 second to 30 days"
        var seconds = 0.0
        if let object = node.value.objectValue {
            for key in object.keys where !units.contains(where: { $0.key == key }) {
                throw node.refused("expected \(expectation), found the unit \(key)")
            }
            for unit in units { seconds += (try node[unit.key]?.number() ?? 0) * unit.seconds }
        } else {
            guard node.value.doubleValue != nil || node.value.stringValue != nil else {
                throw node.expected(expectation)
            }
            seconds = try node.number()
        }
        guard (1...2_592_000).contains(seconds) else { throw node.refused("expected \(expectation)") }
        return .seconds(seconds)
    }
}
