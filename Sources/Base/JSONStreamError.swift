/// A JSON body that is not what was expected.
package struct JSONStreamError: Error, CustomStringConvertible, Equatable {
    package enum Code: String, Sendable {
        /// The body ended before the list did.
        case truncated
        /// Not the structure of a list or of an event.
        case malformed
        /// One item or line is longer than any object can be.
        case tooLarge
        /// JSON, but not a list.
        case notAList
    }

    package let code: Code
    package let detail: String

    package init(code: Code, detail: String) { (self.code, self.detail) = (code, detail) }

    package var description: String { "JSON \(code.rawValue): \(detail)" }
}
