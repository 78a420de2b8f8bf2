/// The configuration cannot be used. Says where, what was found and what was expected.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The key's path, such as `backend.auth.externalAccess[0].options.token`; empty when the file itself is meant.
    let path: String
    /// `file:line:column`, when known.
    let location: String?
    let detail: String

    var description: String {
        [location, path.isEmpty ? nil : path, detail].compactMap { $0 }.joined(separator: ": ")
    }
}
