/// The way to a cluster could not be read. Never holds the contents of tokens or keys.
package struct ConfigurationError: Error, CustomStringConvertible, Equatable {
    package enum Code: String, Sendable {
        /// A file could not be read.
        case unreadable
        /// A value has a wrong form.
        case invalid
        /// Something that is needed is not there.
        case missing
        /// A way to authenticate that this client does not have.
        case unsupported
    }

    package let code: Code
    /// The file or the environment variable.
    package let source: String
    /// Such as `users[deployer].user.exec`; empty when the whole source is meant.
    package let key: String
    package let detail: String

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "\(source)\(key.isEmpty ? "" : ": \(key)"): \(detail)" }
}
