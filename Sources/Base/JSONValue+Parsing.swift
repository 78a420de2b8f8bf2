/// A text is not JSON, is nested too deeply, or is not UTF-8.
package struct JSONError: Error, CustomStringConvertible, Equatable {
    /// What is wrong, in the parser's words.
    package let message: String
    package var description: String { "not valid JSON: \(message)" }
}

extension JSONValue {
    /// Deepest nesting that is read. Twice what any Kubernetes or Backstage document was seen to need.
    package static let maximumDepth = 128

    /// Parses one JSON document: strict UTF-8, nothing after it, at most `maximumDepth` nested containers.
    ///
    /// - Throws: `JSONError`, also for an integer beyond 64 bits.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        do {
            self = try bytes.withUnsafeBytes { try JSONParser().read($0) { $0.value() } }
        } catch {
            throw error as? JSONError ?? JSONError(message: "\(error)")
        }
    }

    /// Makes sure that `init(parsing:)` would read the bytes, without building a value.
    ///
    /// - Throws: `JSONError`.
    package static func validate(_ bytes: [UInt8]) throws(JSONError) {
        do {
            try bytes.withUnsafeBytes { try JSONParser().read($0) { _ in } }
        } catch {
            throw error as? JSONError ?? JSONError(message: "\(error)")
        }
    }

    /// Parses one JSON document.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }
}
