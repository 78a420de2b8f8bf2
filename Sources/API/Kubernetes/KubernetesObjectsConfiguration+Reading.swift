package import Base
package import KubeClient

extension KubernetesObjectsConfiguration {
    /// Reads what is set; the rest has its default.
    ///
    /// - Parameters:
    ///   - kubernetes: Backstage's section of that name.
    ///   - bounds: our section `callboard.kubernetes.objects`.
    /// - Throws: for the first value that cannot be used, with its path in the file.
    package init(
        kubernetes: JSONValue?, bounds: JSONValue? = nil
    ) throws(KubernetesObjectsConfigurationError) {
        self.init()
        let section = ConfiguredValue(kubernetes, "kubernetes")
        if let method = section["serviceLocatorMethod"]["type"].unlessAbsent {
            serviceLocator = try method.choice(of: ServiceLocator.allCases, called: \.rawValue)
        }
        if let types = section["objectTypes"].unlessAbsent { objectTypes = try Self.types(types) }
        if let overrides = section["apiVersionOverrides"].unlessAbsent {
            objectTypes = try Self.pinned(objectTypes, overrides)
        }
        if let list = section["customResources"].unlessAbsent {
            customResources = try Self.customResources(list)
        }
        try readBounds(ConfiguredValue(bounds, "callboard.kubernetes.objects"))
    }

    private mutating func readBounds(_ section: ConfiguredValue) throws(KubernetesObjectsConfigurationError) {
        func whole(_ key: String, _ range: ClosedRange<Int>) throws(KubernetesObjectsConfigurationError) -> Int? {
            try section[key].unlessAbsent?.integer(in: range)
        }
        // Below the 60 s after which the HTTP server gives up on a request.
        if let seconds = try whole("deadline", 1...50) { deadline = .seconds(seconds) }
        if let seconds = try whole("cacheTime", 0...300) { cacheTime = .seconds(seconds) }
        if let megabytes = try whole("inFlightMegabytes", 1...4096) { inFlightBytes = megabytes << 20 }
        if let megabytes = try whole("cacheMegabytes", 0...4096) { cacheBytes = megabytes << 20 }
        if let megabytes = try whole("answerMegabytes", 1...1024) { answerBytes = megabytes << 20 }
        answerObjects = try whole("answerObjects", 1...1_000_000) ?? answerObjects
        concurrency = try whole("concurrency", 1...64) ?? concurrency
    }

    private static func types(_ list: ConfiguredValue) throws(KubernetesObjectsConfigurationError) -> [ObjectType] {
        var wanted: Set<ObjectType> = []
        for element in try list.elements() {
            if element.value == "secrets" { throw element.refused("secrets are never fetched") }
            wanted.insert(try element.choice(of: ObjectType.all, called: \.name))
        }
        return ObjectType.all.filter(wanted.contains)
    }

    private static func pinned(
        _ types: [ObjectType], _ overrides: ConfiguredValue
    ) throws(KubernetesObjectsConfigurationError) -> [ObjectType] {
        var versions: [String: String] = [:]
        for (plural, value) in try overrides.members() {
            guard ObjectType.all.contains(where: { $0.name == plural }) else {
                throw value.refused("unknown object type; expected one of \(ObjectType.all.map(\.name).listed)")
            }
            let version = try value.text("a version such as v1beta1")
            guard CustomResourceName.isLabel(version) else {
                throw value.refused("expected a version such as v1beta1, found \"\(version)\"")
            }
            versions[plural] = version
        }
        return types.map { type in versions[type.name].map(type.pinned) ?? type }
    }

    /// Reads `[{group, apiVersion, plural}]`; also for the list of one cluster, with its own path.
    package static func customResources(
        _ list: JSONValue, path: String
    ) throws(KubernetesObjectsConfigurationError) -> [CustomResourceName] {
        try customResources(ConfiguredValue(list, path))
    }

    private static func customResources(
        _ list: ConfiguredValue
    ) throws(KubernetesObjectsConfigurationError) -> [CustomResourceName] {
        var names: [CustomResourceName] = []
        for element in try list.elements() {
            _ = try element.members()
            let name = CustomResourceName(
                group: try element["group"].text("a group such as argoproj.io"),
                version: try element["apiVersion"].text("a version such as v1alpha1"),
                plural: try element["plural"].text("a plural such as rollouts"))
            if let problem = name.problem { throw element[problem.key].refused(problem.detail) }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// A value of the configuration with its path, for errors.
private struct ConfiguredValue {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue?, _ path: String) {
        self.value = value ?? .null
        self.path = path
    }

    subscript(key: String) -> ConfiguredValue { ConfiguredValue(value[key], "\(path).\(key)") }

    /// Nil when nothing stands there.
    var unlessAbsent: ConfiguredValue? { value.isNull ? nil : self }

    func refused(_ detail: String) -> KubernetesObjectsConfigurationError {
        KubernetesObjectsConfigurationError(path: path, detail: detail)
    }

    private func expected(_ expectation: String) -> KubernetesObjectsConfigurationError {
        let missing = "is missing; expected \(expectation)"
        return refused(value.isNull ? missing : "expected \(expectation), found \(value.typeName)")
    }

    func elements() throws(KubernetesObjectsConfigurationError) -> [ConfiguredValue] {
        guard let values = value.arrayValue else { throw expected("a list") }
        return values.enumerated().map { ConfiguredValue($1, "\(path)[\($0)]") }
    }

    func members() throws(KubernetesObjectsConfigurationError) -> [(key: String, value: ConfiguredValue)] {
        guard let members = value.objectValue else { throw expected("an object") }
        return members.map { ($0.key, self[$0.key]) }
    }

    func text(_ expectation: String) throws(KubernetesObjectsConfigurationError) -> String {
        guard let text = value.stringValue else { throw expected(expectation) }
        return text
    }

    func choice<Choice>(
        of choices: [Choice], called name: (Choice) -> String
    ) throws(KubernetesObjectsConfigurationError) -> Choice {
        let names = choices.map(name).listed
        let text = try text("one of \(names)")
        guard let choice = choices.first(where: { name($0) == text }) else {
            throw refused("expected one of \(names), found \"\(text)\"")
        }
        return choice
    }

    /// What comes from the environment is a string; one that holds a number counts as that.
    func integer(in range: ClosedRange<Int>) throws(KubernetesObjectsConfigurationError) -> Int {
        guard let number = value.intValue.map(Int.init) ?? value.stringValue.flatMap({ Int($0) }),
            range.contains(number)
        else { throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }
}

extension [String] {
    fileprivate var listed: String { joined(separator: ", ") }
}
