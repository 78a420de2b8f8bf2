package import Base

/// An object with the one key `$text`, `$json` or `$yaml` in a catalog file: it stands for what that names (Backstage's
/// placeholders). `$servedText` is ours.
package struct Placeholder: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case text = "$text"
        case json = "$json"
        case yaml = "$yaml"
        /// The text of an API's definition that the API's own host serves.
        case servedText = "$servedText"
    }

    package let kind: Kind
    /// A URL or a path; nil when what stands there is no text.
    package let target: String?
    package let position: SourcePosition

    /// Most placeholders in one file.
    package static let maximumCount = 100
    /// Most bytes that all of them stand for.
    package static let maximumTotalBytes = 16 << 20
    /// Most bytes that a placeholder stands for: no entity can be larger.
    package static let maximumBytes = EntityValidator.maximumBytes

    /// What is taken for its value where nothing is read: of the type that an entity has there.
    package var unread: JSONValue { kind == .text || kind == .servedText ? "…" : [:] }

    /// Nil when the node is something else. An object with another key beside it, or with an unknown one, is left as it is.
    init?(_ node: YAMLNode) {
        guard case .mapping(let members) = node.content, members.count == 1, let kind = Kind(rawValue: members[0].key)
        else { return nil }
        self.kind = kind
        if case .scalar(.string(let text)) = members[0].value.content { target = text } else { target = nil }
        position = members[0].keyPosition
    }

    /// What the bytes at the target mean. What they hold is not looked into for placeholders again.
    package func value(of bytes: [UInt8]) -> Result<JSONValue, PlaceholderError> {
        switch kind {
        case .text, .servedText:
            guard let text = String(validating: bytes, as: UTF8.self) else { return .failure("is not UTF-8") }
            let served = kind == .servedText ? target.flatMap(ServedDefinition.init(url:)) : nil
            return .success(.string(served?.repaired(text) ?? text))
        case .json:
            do {
                return .success(try JSONValue(parsing: bytes))
            } catch {
                return .failure(PlaceholderError(description: "is \(error)"))
            }
        case .yaml:
            let documents = YAML.documents(bytes)
            guard documents.count == 1 else {
                return .failure(PlaceholderError(description: "has \(documents.count) YAML documents; expected one"))
            }
            return documents[0].map(\.json).mapError { PlaceholderError(description: "is not YAML: \($0)") }
        }
    }
}

extension Placeholder {
    /// What is left of the bounds of a file.
    package struct Budget {
        private var count = 0
        package private(set) var bytes = 0

        package init() {}

        /// Why nothing more is read; nil when it is.
        package var refusal: PlaceholderError? {
            if count >= maximumCount {
                return PlaceholderError(description: "is one of more than \(maximumCount) in its file")
            }
            guard bytes >= maximumTotalBytes else { return nil }
            return PlaceholderError(
                description: "comes after others in its file that stand for \(maximumTotalBytes) bytes or more")
        }

        /// Something was read.
        package mutating func spend(_ bytes: Int) {
            count += 1
            self.bytes += bytes
        }
    }
}

/// Why a placeholder cannot be filled in, worded to follow what it names.
package struct PlaceholderError: Error, Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    package let description: String

    package init(description: String) { self.description = description }
    package init(stringLiteral value: String) { self.init(description: value) }
}

/// What the placeholders of a file stand for.
package typealias PlaceholderValues = [Placeholder: Result<JSONValue, PlaceholderError>]

extension YAMLNode {
    /// All placeholders in the node, in order.
    var placeholders: [Placeholder] {
        if let placeholder = Placeholder(self) { return [placeholder] }
        return switch content {
        case .scalar: []
        case .sequence(let nodes): nodes.flatMap(\.placeholders)
        case .mapping(let members): members.flatMap(\.value.placeholders)
        }
    }

    /// The node with placeholders replaced by what they stand for. Errors about what is inside point to the placeholder.
    /// One without a value stays, and is an error when it has a reason.
    func filled(
        _ values: PlaceholderValues, _ failures: inout [(Placeholder, PlaceholderError)]
    ) -> YAMLNode {
        if let placeholder = Placeholder(self) {
            switch values[placeholder] {
            case .success(let value): return YAMLNode(value, at: placeholder.position)
            case .failure(let error): failures.append((placeholder, error))
            case nil: break
            }
            return self
        }
        switch content {
        case .scalar: return self
        case .sequence(let nodes):
            return YAMLNode(position: position, content: .sequence(nodes.map { $0.filled(values, &failures) }))
        case .mapping(let members):
            let filled = members.map { ($0.key, $0.keyPosition, $0.value.filled(values, &failures)) }
            return YAMLNode(position: position, content: .mapping(filled))
        }
    }

    /// A value, all of which stands at one place.
    private init(_ value: JSONValue, at position: SourcePosition) {
        switch value {
        case .array(let elements):
            self.init(position: position, content: .sequence(elements.map { YAMLNode($0, at: position) }))
        case .object(let object):
            let members = object.map { ($0.key, position, YAMLNode($0.value, at: position)) }
            self.init(position: position, content: .mapping(members))
        default: self.init(position: position, content: .scalar(value))
        }
    }
}
