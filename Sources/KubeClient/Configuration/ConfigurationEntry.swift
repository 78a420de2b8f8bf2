internal import Base

/// An object of a configuration file that is read with its types checked, such as a cluster or user of a kubeconfig.
struct ConfigurationEntry {
    /// Whether what is read may name files and programs of this machine.
    enum Origin {
        /// A file, to whose directory relative paths are relative.
        case file
        /// Contents that came from elsewhere, such as a Secret's: whoever wrote them must not make us read our files or
        /// run programs.
        case foreign
    }

    /// The file, or what else the contents came from.
    let source: String
    /// Such as `clusters[dev].cluster`; empty for the whole.
    let path: String
    let value: JSONValue
    var origin = Origin.file

    /// The text of a key; nil when it is missing, null or empty.
    func string(_ key: String) throws(ConfigurationError) -> String? {
        guard let member = value[key], !member.isNull else { return nil }
        guard let text = member.stringValue else { throw wrong(key, expected: "a string", found: member) }
        return text.isEmpty ? nil : text
    }

    func bool(_ key: String) throws(ConfigurationError) -> Bool {
        guard let member = value[key], !member.isNull else { return false }
        guard let flag = member.boolValue else { throw wrong(key, expected: "true or false", found: member) }
        return flag
    }

    /// The elements of a list; none when the key is missing or null.
    func list(_ key: String) throws(ConfigurationError) -> [JSONValue] {
        guard let member = value[key], !member.isNull else { return [] }
        guard let items = member.arrayValue else { throw wrong(key, expected: "a list", found: member) }
        return items
    }

    /// The objects of a list; none when the key is missing or null.
    func entries(_ key: String) throws(ConfigurationError) -> [ConfigurationEntry] {
        try list(key).enumerated().map { (index, item) throws(ConfigurationError) in
            guard item.objectValue != nil else { throw wrong("\(key)[\(index)]", expected: "an object", found: item) }
            return child("\(key)[\(index)]", item)
        }
    }

    /// The texts of a list; none when the key is missing or null.
    func strings(_ key: String) throws(ConfigurationError) -> [String] {
        try list(key).enumerated().map { (index, item) throws(ConfigurationError) in
            guard let text = item.stringValue else {
                throw wrong("\(key)[\(index)]", expected: "a string", found: item)
            }
            return text
        }
    }

    func required(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try string(key) else { throw missing(key) }
        return text
    }

    func child(_ key: String, _ value: JSONValue) -> ConfigurationEntry {
        ConfigurationEntry(source: source, path: name(of: key), value: value, origin: origin)
    }

    func missing(_ key: String, expected: String = "a value") -> ConfigurationError {
        error(.missing, key, "expected \(expected), there is none")
    }

    func wrong(_ key: String, expected: String, found: JSONValue) -> ConfigurationError {
        invalid(key, "expected \(expected), found \(found.typeName)")
    }

    func invalid(_ key: String, _ detail: String) -> ConfigurationError { error(.invalid, key, detail) }

    func error(_ code: ConfigurationError.Code, _ key: String, _ detail: String) -> ConfigurationError {
        ConfigurationError(code: code, source: source, key: name(of: key), detail: detail)
    }

    func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The path of a file that a key names, relative to the configuration file.
    ///
    /// - Parameter instead: what to write where no file may be named.
    func file(_ key: String, instead: String) throws(ConfigurationError) -> String? {
        guard let path = try string(key) else { return nil }
        guard origin == .file else {
            throw error(.unsupported, key, "files of this machine are not read from here; expected \(instead)")
        }
        return absolute(path)
    }

    func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = source.lastIndex(of: "/") else { return path }
        return source[...slash] + path
    }

    /// PEM from `<key>-data`, which wins, or from the file that `<key>` names.
    func pem(
        _ key: String, read: ClusterConfiguration.ReadFile
    ) throws(ConfigurationError) -> (bytes: [UInt8], file: String?)? {
        let dataKey = key + "-data"
        if let bytes = try pem(base64: dataKey) { return (bytes, nil) }
        guard let path = try file(key, instead: dataKey) else { return nil }
        return (try ClusterConfiguration.pem(path, key: "\(name(of: key)) in \(source)", read), path)
    }

    /// PEM in Base64; nil when the key is missing.
    func pem(base64 key: String) throws(ConfigurationError) -> [UInt8]? {
        guard let text = try string(key) else { return nil }
        guard let bytes = Base64.decode(text, strict: false), ClusterConfiguration.isPEM(bytes) else {
            throw invalid(key, "expected PEM in Base64")
        }
        return bytes
    }

    /// The URL of an API server, without a slash at its end.
    func server(_ key: String) throws(ConfigurationError) -> String {
        guard let url = ClusterConfiguration.normalized(server: try required(key)) else {
            throw invalid(key, "expected an http or https URL with a host, without user, query and fragment")
        }
        return url
    }
}
