package import Base

extension CustomWorkload {
    /// Reads a list of declarations: `[{group, version, plural, kind, namespaced?, paths?}]`.
    ///
    /// - Parameter path: where the list stands in the configuration, for errors.
    /// - Throws: `DeclarationError`.
    package static func list(from json: JSONValue, at path: String) throws(DeclarationError) -> [CustomWorkload] {
        guard let items = json.arrayValue else { throw .expected("a list", json, at: path) }
        var declared: [CustomWorkload] = []
        for (index, item) in items.enumerated() {
            let one = try CustomWorkload(from: item, at: "\(path)[\(index)]")
            // The kind alone names a workload's sort in answers, so two of a name could not be told apart.
            if declared.contains(where: { $0.workloadKind.keyName == one.workloadKind.keyName }) {
                throw DeclarationError(
                    path: "\(path)[\(index)].kind", detail: "the kind \(one.kind) is declared before")
            }
            declared.append(one)
        }
        return declared
    }

    /// Reads a declaration. Members that it does not know are passed over.
    ///
    /// - Parameter path: where it stands in the configuration, for errors.
    /// - Throws: `DeclarationError`.
    package init(from json: JSONValue, at path: String) throws(DeclarationError) {
        guard case .object = json else {
            throw .expected("an object with group, version, plural and kind", json, at: path)
        }
        let group = try Self.name(json, "group", at: path, "an API group, such as argoproj.io", Self.isGroup)
        let version = try Self.name(json, "version", at: path, "a version, such as v1alpha1", Self.isLabel)
        let plural = try Self.name(json, "plural", at: path, "a lower-case plural, such as rollouts", Self.isLabel)
        let kind = try Self.name(json, "kind", at: path, "a kind, such as Rollout", Self.isKind)
        if WorkloadKind(builtIn: kind, group: group) != nil {
            throw DeclarationError(
                path: "\(path).kind", detail: "\(kind) of \(group) is built in and need not be declared")
        }
        var isNamespaced = true
        if let value = json["namespaced"], !value.isNull {
            guard let flag = value.boolValue else { throw .expected("true or false", value, at: "\(path).namespaced") }
            isNamespaced = flag
        }
        self.init(
            groupVersion: GroupVersion(group: group, version: version), plural: plural, kind: kind,
            isNamespaced: isNamespaced, paths: try Paths(from: json["paths"], at: "\(path).paths"))
    }

    private static func name(
        _ json: JSONValue, _ key: String, at path: String, _ expectation: String, _ isValid: (String) -> Bool
    ) throws(DeclarationError) -> String {
        guard let text = json[key]?.stringValue, isValid(text) else {
            throw .expected(expectation, json[key], at: "\(path).\(key)")
        }
        return text
    }

    /// RFC 1123: lower-case letters, digits and hyphens, which do not stand at the ends.
    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 63 && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.last != UInt8(ascii: "-")
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    private static func isGroup(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel(String($0)) }
    }

    private static func isKind(_ text: String) -> Bool {
        text.utf8.first.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } == true
            && isLabel(text.lowercased())
    }
}

extension CustomWorkload.Paths {
    /// Reads `{selector?, template?, replicas?, readyReplicas?, workloadRef?}`, each field names joined by points.
    fileprivate init(from json: JSONValue?, at path: String) throws(CustomWorkload.DeclarationError) {
        self.init()
        guard let json, !json.isNull else { return }
        guard case .object = json else {
            throw .expected(
                "an object with selector, template, replicas, readyReplicas or workloadRef", json, at: path)
        }
        selector = try Self.fields(json, "selector", at: path) ?? selector
        template = try Self.fields(json, "template", at: path) ?? template
        replicas = try Self.fields(json, "replicas", at: path) ?? replicas
        readyReplicas = try Self.fields(json, "readyReplicas", at: path) ?? readyReplicas
        workloadRef = try Self.fields(json, "workloadRef", at: path) ?? workloadRef
    }

    private static func fields(
        _ json: JSONValue, _ key: String, at path: String
    ) throws(CustomWorkload.DeclarationError) -> [String]? {
        guard let value = json[key], !value.isNull else { return nil }
        let names = value.stringValue?.split(separator: ".", omittingEmptySubsequences: false).map(String.init) ?? []
        guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else {
            throw .expected("field names joined by points, such as spec.template", value, at: "\(path).\(key)")
        }
        return names
    }
}

extension CustomWorkload.DeclarationError {
    fileprivate static func expected(_ expectation: String, _ found: JSONValue?, at path: String) -> Self {
        let found =
            switch found {
            case nil, .null: "nothing"
            case .string(let text): "\"\(text.prefix(80))\""
            case .some(let other): other.typeName
            }
        return Self(path: path, detail: "expected \(expectation) but found \(found)")
    }
}
