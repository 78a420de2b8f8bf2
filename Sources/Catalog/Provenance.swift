/// How the catalog came to a location.
package struct Provenance: Sendable, Hashable {
    /// What the entities there are managed by, `<type>:<target>`; relative paths in them count from here.
    package let location: String
    /// The location of a source from which Location entities led here; the same where a source has it itself.
    package let origin: String
    /// The source that has the origin, `<type>:<target>`.
    package let source: String
    /// Whether a Location entity led here.
    package var isFollowed: Bool

    /// A location that a source has itself.
    package init(location: String, source: String) {
        self.init(location: location, origin: location, source: source, isFollowed: false)
    }

    /// A location that Location entities led to.
    package init(location: String, origin: String, source: String) {
        self.init(location: location, origin: origin, source: source, isFollowed: true)
    }

    private init(location: String, origin: String, source: String, isFollowed: Bool) {
        self.location = location
        self.origin = origin
        self.source = source
        self.isFollowed = isFollowed
    }
}

extension Provenance {
    /// The directory below which what was read here may have files of this machine read; nil: none. Only files that the
    /// operator configured may, and only files below the configured directory, or beside the configured file.
    package var readableDirectory: String? {
        guard location.hasPrefix("file:"), source.hasPrefix("file:") else { return nil }
        let root = source.dropFirst("file:".count)
        guard origin == source else { return String(root) }
        // Beside a file at the very top lies the whole machine.
        guard let slash = root.lastIndex(of: "/"), slash > root.startIndex else { return nil }
        return String(root[..<slash])
    }

    /// Whether a path lies there.
    ///
    /// - Parameter path: absolute, without `..`.
    package func mayRead(file path: String) -> Bool {
        readableDirectory.map { path.hasPrefix($0 == "/" ? "/" : $0 + "/") } ?? false
    }
}
