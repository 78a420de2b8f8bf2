import Base

/// Reads configuration files in Backstage's form: YAML, later files over earlier ones, `${VAR}`, `$env` and `$file`.
struct ConfigurationFile {
    private let environment: (String) -> String?
    private var locations: [String: SourceLocation] = [:]
    /// Variables that a key asks for and that are not set, by the key's path.
    private var missingVariables: [String: String] = [:]

    /// Reads and merges the files: objects are merged key by key, anything else is replaced, as Backstage does.
    static func load(
        _ paths: [String], environment: @escaping (String) -> String? = environmentVariable
    ) throws(ConfigurationError) -> ConfigurationNode {
        var reader = ConfigurationFile(environment: environment)
        var merged = JSONValue.object([:])
        for path in paths { merged = Self.merge(merged, try reader.read(path)) }
        return ConfigurationNode(
            value: merged, path: "", locations: reader.locations, missingVariables: reader.missingVariables)
    }

    private init(environment: @escaping (String) -> String?) { self.environment = environment }

    private mutating func read(_ path: String) throws(ConfigurationError) -> JSONValue {
        let bytes: [UInt8]
        do {
            bytes = try readFile(path, maximumBytes: 1 << 20)
        } catch {
            throw ConfigurationError(path: "", location: path, detail: error.detail)
        }
        let documents = YAML.documents(bytes)
        guard let first = documents.first else { return .object([:]) }
        guard documents.count == 1 else {
            throw ConfigurationError(
                path: "", location: path, detail: "expected one YAML document, found \(documents.count)")
        }
        switch first {
        case .failure(let error):
            let place = SourceLocation(file: path, position: error.position)
            throw ConfigurationError(path: "", location: place.description, detail: error.message)
        case .success(let node):
            guard case .mapping = node.content else {
                throw ConfigurationError(path: "", location: path, detail: "expected an object of configuration keys")
            }
            return try value(node, at: "", in: path) ?? .object([:])
        }
    }

    /// A node's value with its substitutions made; nil when it asks for a variable that is not set.
    private mutating func value(_ node: YAMLNode, at path: String, in file: String) throws(ConfigurationError)
        -> JSONValue?
    {
        locations[path] = SourceLocation(file: file, position: node.position)
        missingVariables[path] = nil
        switch node.content {
        case .scalar(.string(let text)): return substitute(text, at: path).map(JSONValue.string)
        case .scalar(let value): return value
        case .sequence(let nodes):
            var elements: [JSONValue] = []
            for (index, element) in nodes.enumerated() {
                elements.append(try value(element, at: "\(path)[\(index)]", in: file) ?? .null)
            }
            return .array(elements)
        case .mapping(let members):
            if members.count == 1, let member = members.first, let text = member.value.json.stringValue {
                if member.key == "$env" { return variable(text, at: path).map(JSONValue.string) }
                if member.key == "$file" { return .string(try content(of: text, at: path, in: file)) }
            }
            var object = JSONObject()
            for member in members {
                let memberPath = path.isEmpty ? member.key : "\(path).\(member.key)"
                object[member.key] = try value(member.value, at: memberPath, in: file)
            }
            return .object(object)
        }
    }

    private mutating func variable(_ name: String, at path: String) -> String? {
        let value = environment(name)
        if value == nil { missingVariables[path] = name }
        return value
    }

    /// A file's text without the line breaks at its end; a relative path is relative to the configuration file.
    private func content(of target: String, at path: String, in file: String) throws(ConfigurationError) -> String {
        let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
        let resolved = target.hasPrefix("/") ? target : folder + target
        do {
            var bytes = try readFile(resolved, maximumBytes: 1 << 20)
            while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        } catch {
            throw ConfigurationError(path: path, location: locations[path]?.description, detail: "$file: \(error)")
        }
    }

    /// Replaces `${NAME}` and `${NAME:-default}`; `$${` stands for `${`. Nil when a variable is not set and has no default.
    private mutating func substitute(_ text: String, at path: String) -> String? {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
                let parts = Self.variableAndDefault(String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end]))
                guard let value = environment(parts.name) ?? parts.fallback else {
                    missingVariables[path] = parts.name
                    return nil
                }
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                result.append("$")
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func variableAndDefault(_ text: String) -> (name: String, fallback: String?) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix(":-") else { return (text, nil) }
        return (String(text[..<colon]), String(text[colon...].dropFirst(2)))
    }

    private static func merge(_ base: JSONValue, _ over: JSONValue) -> JSONValue {
        guard case .object(var merged) = base, case .object(let more) = over else { return over }
        for (key, value) in more { merged[key] = merged[key].map { merge($0, value) } ?? value }
        return .object(merged)
    }
}
