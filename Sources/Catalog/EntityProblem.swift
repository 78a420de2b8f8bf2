package import Base

/// Steps from a document's root to a value in it.
package typealias DocumentPath = [YAMLNode.PathComponent]

/// One thing that is wrong with an entity's definition. The source that read it adds file, line and column.
package struct EntityProblem: Sendable, Hashable, CustomStringConvertible {
    /// Which rule is broken.
    package enum Code: String, Sendable {
        /// A field is missing or has the wrong type.
        case envelope
        case unknownField = "unknown_field"
        /// A field's text does not have its form.
        case format
        /// `spec` is not what the kind asks for.
        case kind
        /// No kind of this name and apiVersion is known.
        case unrecognized
        /// Two keys differ only by letter case.
        case duplicateKeys = "duplicate_keys"
        /// A relation names its target wrongly.
        case reference
        /// A value that the database cannot hold.
        case unstorable
        case tooLarge = "too_large"
    }

    package let code: Code
    /// Where in the document; for something that is missing, where it should be.
    package let path: DocumentPath
    /// What is wrong and what was expected, worded as the compatible systems do. Short enough to keep and to show.
    package let message: String

    init(_ code: Code, at path: DocumentPath, _ message: String) {
        self.code = code
        self.path = path
        self.message = message.storable
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { message }
}

/// A document is not an entity. All that is wrong with it is listed.
package struct InvalidEntity: Error, CustomStringConvertible {
    /// Nil when kind and name could not be read.
    package let ref: EntityRef?
    /// In the order of the checks; never empty, at most `EntityValidator.maximumProblems`.
    package let problems: [EntityProblem]

    package var description: String {
        "\(ref?.canonical ?? "document") is not a valid entity: " + problems.map(\.message).joined(separator: "; ")
    }
}

extension DocumentPath {
    /// The path as a JSON pointer (RFC 6901), or `<root>`: how schema messages name a place.
    var pointer: String {
        if isEmpty { return "<root>" }
        return map { component in
            switch component {
            case .index(let index): "/\(index)"
            case .key(let key): "/" + Self.escaped(key)
            }
        }.joined()
    }

    private static func escaped(_ key: String) -> String {
        var result = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
