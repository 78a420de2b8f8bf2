package import Catalog

/// The canonical files that are configured.
package struct CanonicalFiles: Sendable {
    private let files: [CanonicalSettings]

    package init(_ files: [CanonicalSettings]) { self.files = files }

    /// The one of a name, or the only one.
    ///
    /// - Throws: `ActionError` that says which there are.
    package func settings(of name: String?) throws(ActionError) -> CanonicalSettings {
        if let file = files.first(where: { $0.name == name }) { return file }
        if name == nil, files.count == 1 { return files[0] }
        let names = files.map(\.name).joined(separator: ", ")
        throw ActionError(
            name == nil ? .input : .notFound,
            "No canonical file\(name.map { " \($0)" } ?? " is named"); configured: \(names.isEmpty ? "none" : names)")
    }
}
