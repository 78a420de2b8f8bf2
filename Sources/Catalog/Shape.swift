internal import Base

/// What a part of a document must look like. A few lines of schema for entities and their kinds, with the messages of
/// the schema engine (Ajv) that users of the compatible systems know.
indirect enum Shape: Sendable {
    case any
    /// At least one character.
    case text
    /// Any string, the empty one too.
    case anyText
    /// A non-empty string of letters, digits and `_`.
    case word
    case oneOf([String])
    case list(of: Shape)
    case object(required: [String], fields: [String: Shape], others: Others)

    /// Keys that `fields` does not name.
    enum Others: Sendable {
        case allowed
        case refused
        /// Allowed with this shape.
        case like(Shape)
    }
}

/// A value does not have its shape.
struct ShapeFault: Hashable {
    let path: DocumentPath
    /// Such as `must be string`.
    let message: String
    /// The schema rule's own value, such as `type: string`.
    let parameter: String
}

extension Shape {
    /// All faults of a value, in document order, missing fields first.
    func faults(in value: JSONValue, at path: DocumentPath = []) -> [ShapeFault] {
        switch self {
        case .any: []
        case .anyText: value.stringValue == nil ? [.type("string", at: path)] : []
        case .text: Self.textFaults(value, at: path)
        case .word: Self.wordFaults(value, at: path)
        case .oneOf(let choices): Self.choiceFaults(value, choices, at: path)
        case .list(let element): Self.listFaults(value, of: element, at: path)
        case .object(let required, let fields, let others):
            Self.objectFaults(value, required: required, fields: fields, others: others, at: path)
        }
    }

    private static func textFaults(_ value: JSONValue, at path: DocumentPath) -> [ShapeFault] {
        guard let text = value.stringValue else { return [.type("string", at: path)] }
        guard text.isEmpty else { return [] }
        return [ShapeFault(path: path, message: "must NOT have fewer than 1 characters", parameter: "limit: 1")]
    }

    private static func wordFaults(_ value: JSONValue, at path: DocumentPath) -> [ShapeFault] {
        let faults = textFaults(value, at: path)
        guard faults.isEmpty, let text = value.stringValue else { return faults }
        let isWord = text.utf8.allSatisfy { isAlpha($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
        return isWord
            ? [] : [ShapeFault(path: path, message: #"must match pattern "^\w+$""#, parameter: #"pattern: ^\w+$"#)]
    }

    private static func choiceFaults(_ value: JSONValue, _ choices: [String], at path: DocumentPath) -> [ShapeFault] {
        guard let text = value.stringValue else { return [.type("string", at: path)] }
        guard !choices.contains(text) else { return [] }
        return [
            ShapeFault(
                path: path, message: "must be equal to one of the allowed values",
                parameter: "allowedValues: " + choices.joined(separator: ","))
        ]
    }

    private static func listFaults(_ value: JSONValue, of element: Shape, at path: DocumentPath) -> [ShapeFault] {
        guard let values = value.arrayValue else { return [.type("array", at: path)] }
        return values.enumerated().flatMap { element.faults(in: $0.element, at: path + [.index($0.offset)]) }
    }

    private static func objectFaults(
        _ value: JSONValue, required: [String], fields: [String: Shape], others: Others, at path: DocumentPath
    ) -> [ShapeFault] {
        guard let object = value.objectValue else { return [.type("object", at: path)] }
        var faults = required.filter { object[$0] == nil }.map { ShapeFault.missing($0, at: path) }
        for (key, value) in object {
            let place = path + [.key(key)]
            switch (fields[key], others) {
            case (let shape?, _), (nil, .like(let shape)): faults += shape.faults(in: value, at: place)
            case (nil, .allowed): break
            case (nil, .refused): faults.append(.unknown(key, at: path))
            }
        }
        return faults
    }
}

extension ShapeFault {
    fileprivate static func type(_ name: String, at path: DocumentPath) -> Self {
        Self(path: path, message: "must be \(name)", parameter: "type: \(name)")
    }

    static func missing(_ key: String, at path: DocumentPath) -> Self {
        Self(path: path, message: "must have required property '\(key)'", parameter: "missingProperty: \(key)")
    }

    fileprivate static func unknown(_ key: String, at path: DocumentPath) -> Self {
        Self(path: path, message: "must NOT have additional properties", parameter: "additionalProperty: \(key)")
    }
}
