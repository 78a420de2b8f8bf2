/// Where entities come from, as `<type>:<target>`, such as `url:https://host/path` or `file:/etc/catalog/a.yaml`.
package struct LocationRef: Sendable, Hashable, CustomStringConvertible {
    package let type: String
    package let target: String

    /// From parts that are known to be non-empty.
    package init(type: String, target: String) {
        self.type = type
        self.target = target
    }

    /// Splits at the first `:`; both sides are trimmed.
    ///
    /// - Throws: when a side is blank, when the type is a URL scheme (the `url:` prefix is missing), or when the
    ///   target is a `javascript:` URL.
    package init(parsing text: String) throws(CatalogInputError) {
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let type = colon.map { text[..<$0].trimmed } ?? ""
        let target = colon.map { text[text.utf8.index(after: $0)...].trimmed } ?? ""
        guard !type.isEmpty, !target.isEmpty, !text.hasNUL else {
            throw CatalogInputError(
                .locationRef,
                "Unable to parse location ref '\(text)', expected '<type>:<target>', e.g. 'url:https://host/path'")
        }
        guard type != "http", type != "https" else {
            throw CatalogInputError(
                .locationRef, "Invalid location ref '\(text)', please prefix it with 'url:', e.g. 'url:\(text)'")
        }
        guard !isJavaScriptURL(target) else {
            throw CatalogInputError(.locationRef, "Invalid location ref '\(text)', target is a javascript: URL")
        }
        self.init(type: type, target: target)
    }

    /// `<type>:<target>`.
    package var description: String { "\(type):\(target)" }
}
